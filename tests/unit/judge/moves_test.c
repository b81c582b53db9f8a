#include "judge/moves.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "scene.h"

/* Twenty seconds in which all is well and twenty in which the route is slow. */
enum { GOOD = 20, BAD = 20, ALL = GOOD + BAD };

/* How a series goes: its value in the second `at`. */
struct story {
    const char *of, *name, *label;
    double (*at)(uint32_t at);
};

/* Small steps that repeat, so that no two values are alike for long. */
static double ripple(uint32_t at)
{
    return (double)(at * 7 % 5) / 10;
}

static double rises(uint32_t at)
{
    return at < GOOD ? 1 + ripple(at) : 8 + ripple(at) + at * 0.1;
}

static double falls(uint32_t at)
{
    return 20 - rises(at);
}

static double idles(uint32_t at)
{
    return 3 + (double)(at * 13 % 8);
}

static double stays(uint32_t at)
{
    UNUSED(at);
    return 5;
}

static void play(struct scene *s, const struct story *stories, uint32_t count)
{
    uint32_t ids[SCENE_SERIES];
    for (uint32_t i = 0; i < ALL; i++) {
        scene_tick(s, i < GOOD ? 0 : 1, 1000);
        uint64_t ns = (uint64_t)((i < GOOD ? 20 : 300) + i * 11 % 7) * MS;
        scene_requests(s, 0, OUTCOME_OK, 50, ns);
        s->tick.generator_cpu_ns = 50 * MS;
        for (uint32_t k = 0; k < count; k++) {
            if (i == 0) ids[k] = scene_series(s, stories[k].of, stories[k].name, stories[k].label);
            double at_s = (double)(i + 1);
            scene_sample(s, ids[k], at_s - 1, at_s, (float)stories[k].at(i));
        }
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
}

static void open(struct scene *s)
{
    scene_open(s);
    scene_stage(s, "good", MODEL_OPEN, true);
    scene_stage(s, "bad", MODEL_OPEN, true);
}

static bool is(const struct signal_row *row, const char *of, const char *name)
{
    return bytes_is(row->series.of, of) && bytes_is(row->series.name, name);
}

static void what_moves_is_found(void **state)
{
    (void)state;
    static const struct story stories[] = {
        {"api", "memory", "", stays},
        {"api", "waiting", "lock", rises},
        {"api", "threads", "", idles},
        {"db", "db.hit.share", "", falls},
        {"host", "host.cpu", "user", rises},
        {"host", "host.cpu", "idle", falls},
        {"prony", "observe.cpu", "db", rises},
        {"api", "cpu.capacity", "", rises},
        {"db", "db.connections.limit", "", rises},
    };
    struct scene s;
    open(&s);
    scene_objective(&s, "errors < 50%");
    scene_objective(&s, "p95 < 100ms");
    scene_begin(&s);
    play(&s, stories, COUNT_OF(stories));
    const struct signals *found = scene_result(&s)->signals;
    assert_non_null(found);
    assert_ptr_equal(found->with, scene_said(&s, 1));
    /* One of each kind, the first met of those that move alike, what time is spent on before
     * shares; limits and our own are none. */
    assert_int_equal(found->count, 3);
    assert_true(is(&found->rows[0], "api", "waiting"));
    assert_true(is(&found->rows[1], "host", "host.cpu"));
    assert_true(bytes_is(found->rows[1].series.label, "user"));
    assert_true(is(&found->rows[2], "db", "db.hit.share"));
    assert_true(found->rows[0].rho > 0.7 && found->rows[2].rho < -0.7);
    const struct signal_row *lock = &found->rows[0];
    assert_true(lock->usual > 0.9 && lock->usual < 1.5 && lock->at_worst > 9);
    assert_true(lock->left_s == GOOD && lock->above);
    assert_true(found->rows[2].left_s == GOOD && !found->rows[2].above);
    assert_int_equal(found->point_count, ALL + 1); /* and the drain's tick */
    assert_true(lock->points[0] == (float)rises(0));
    assert_true(lock->points[ALL - 1] == (float)rises(ALL - 1));
    assert_true(found->figure[0] >= 20e6F && isnan(found->figure[ALL]));
    assert_true(fabs((double)found->own.points[3] - 0.05) < 1e-6 && isnan(found->own.rho));
    scene_close(&s);
}

static void which_objective_is_worst(void **state)
{
    (void)state;
    static const struct story stories[] = {{"api", "waiting", "lock", rises}};
    static const struct {
        const char *name;
        const char *sentences[3];
        int worst; /* -1: p95 of all */
    } cases[] = {
        {"none was given", {NULL}, -1},
        {"missed before tight", {"avg < 330ms", "p50 < 200ms", NULL}, 1},
        {"missed by more", {"avg < 250ms", "p95 < 100ms", NULL}, 1},
        {"a warning comes later", {"p95 < 290ms", "avg < 299ms", NULL}, 0},
        {"times before shares", {"errors < 0.1%", "p95 < 1s", NULL}, 1},
        {"what can't be told from ticks", {"availability by time > 1%", "p95 < 1s", NULL}, 1},
        {"of a name that never came", {"p95 of b < 1s", "errors < 1%", NULL}, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        open(&s);
        for (uint32_t k = 0; cases[i].sentences[k]; k++)
            scene_objective(&s, cases[i].sentences[k])->warn = k == 1 && i == 3;
        scene_begin(&s);
        play(&s, stories, COUNT_OF(stories));
        const struct signals *found = scene_result(&s)->signals;
        const struct objective_result *want =
            cases[i].worst < 0 ? NULL : scene_said(&s, (uint32_t)cases[i].worst);
        CHECK(cases[i].name, found && found->with == want);
        scene_close(&s);
    }
}

/* It is no news that an objective about memory moves with that memory. */
static void itself_is_no_signal(void **state)
{
    (void)state;
    static const struct story stories[] = {{"api", "run_queue", "", rises},
                                           {"db", "db.sessions", "Lock", rises}};
    struct scene s;
    open(&s);
    scene_objective(&s, "run_queue of api < 1");
    scene_begin(&s);
    play(&s, stories, COUNT_OF(stories));
    const struct signals *found = scene_result(&s)->signals;
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_MISSED);
    assert_ptr_equal(found->with, scene_said(&s, 0));
    assert_int_equal(found->count, 1);
    assert_true(is(&found->rows[0], "db", "db.sessions"));
    scene_close(&s);
}

static void without_series_there_are_none(void **state)
{
    (void)state;
    struct scene s;
    open(&s);
    scene_objective(&s, "p95 < 100ms");
    scene_begin(&s);
    play(&s, NULL, 0);
    assert_null(scene_result(&s)->signals);
    scene_close(&s);
}

/* Ten times as long as there are points: each stands for sixteen ticks, and their means are kept.
 */
static void a_long_run_has_no_more_points(void **state)
{
    (void)state;
    struct arena arena;
    struct strips s;
    uint32_t ticks = SIGNALS_POINTS * 10;
    assert_true(arena_open(&arena, (size_t)1 << 20, NULL));
    strips_open(&s, &arena, 2, SECOND);
    for (uint32_t i = 0; i < ticks; i++) {
        strips_reach(&s, i * SECOND);
        const struct sample sample = {
            .series = 0, .from_ns = i * SECOND, .to_ns = (i + 1) * SECOND, .value = i};
        if (i % 3 != 1) strips_put(&s, &sample);
    }
    const float *points = strips_of(&s, 0);
    assert_null(strips_of(&s, 1));
    assert_true(strips_point_s(&s) == 16);
    assert_int_equal(s.points, ticks / 16);
    for (uint32_t i = 0; i < s.points; i++) {
        double sum = 0;
        uint32_t count = 0;
        for (uint32_t k = i * 16; k < (i + 1) * 16; k++) {
            if (k % 3 != 1) sum += k, count++;
        }
        assert_true(fabs((double)points[i] - sum / count) < 1e-3);
    }
    for (uint32_t i = s.points; i < SIGNALS_POINTS; i++) assert_true(isnan(points[i]));
    arena_close(&arena);
}

/* Where on the axis a sample stands, in ticks of a second. */
static void places(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double from_s, to_s;
        uint64_t from, to;
    } cases[] = {
        {"a second", 3, 4, 3, 4},
        {"one that is late", 3.3, 4.3, 3, 4},
        {"half a second", 3.5, 4, 3, 4},
        {"less, without a middle", 3.6, 4.2, 3, 4},
        {"three seconds", 3, 6, 3, 6},
        {"an instant", 3.2, 3.2, 3, 4},
        {"an instant at its edge", 4, 4, 3, 4},
        {"the very first", 0, 0, 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct sample s = {.from_ns = (uint64_t)(cases[i].from_s * 1e9),
                                 .to_ns = (uint64_t)(cases[i].to_s * 1e9)};
        uint64_t from;
        uint64_t to;
        sample_places(&s, SECOND, &from, &to);
        CHECK_U64(cases[i].name, from, cases[i].from);
        CHECK_U64(cases[i].name, to, cases[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_moves_is_found),
        cmocka_unit_test(which_objective_is_worst),
        cmocka_unit_test(itself_is_no_signal),
        cmocka_unit_test(without_series_there_are_none),
        cmocka_unit_test(a_long_run_has_no_more_points),
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
