#include "judge/seen.h"

#include <math.h>

#include "check.h"
#include "scene.h"
#include "tick/window.h"

#define MIB 1048576.0

/* Stages of 4 s: "low", "high" with a second of settle time, and "after", which is not judged. */
static void open(struct scene *s)
{
    scene_open(s);
    scene_stage(s, "low", MODEL_OPEN, true)->length_ns = 4 * SECOND;
    scene_stage(s, "high", MODEL_OPEN, true)->length_ns = 4 * SECOND;
    s->stages[1].settle_ns = SECOND;
    scene_stage(s, "after", MODEL_OPEN, false)->length_ns = 4 * SECOND;
}

/* The second that ends at `end_s`, with replies in it; its samples are still to come. */
static void second(struct scene *s, uint32_t end_s)
{
    uint32_t stage = (end_s - 1) / 4;
    scene_tick(s, stage, 1000);
    if (stage == 1 && end_s == 5) s->tick.judged = false; /* settles */
    struct scene_part part = {.stage = stage, .outcome = OUTCOME_OK, .count = 10, .ns = 20 * MS};
    part.settle = stage == 1 && end_s == 5;
    scene_add(s, &part);
}

/* `values[i]` is that of the second that ends at i + 1, and comes `late` ticks later; below 0:
 * none.
 */
static void play(struct scene *s, const char *of, const char *name, const double *values,
                 bool level, uint32_t late)
{
    uint32_t id = 0;
    for (uint32_t end_s = 1; end_s <= 12; end_s++) {
        second(s, end_s);
        if (end_s == 1) id = scene_series(s, of, name, "");
        double to_s = (double)end_s - late;
        if (to_s > 0 && values[end_s - late - 1] >= 0)
            scene_sample(s, id, level ? to_s : to_s - 1, to_s, values[end_s - late - 1]);
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static void memory_is_the_largest(void **state)
{
    (void)state;
    /* Outside what is judged it was larger: in settle time, and after. */
    static const double mib[12] = {100, 110, 120, 130, 900, 300, 250, 240, 800, 800, 800, 800};
    static const struct {
        const char *name, *sentence;
        uint32_t late;
        enum verdict verdict;
        uint32_t stage, missed;
        double value;
    } cases[] = {
        {"kept", "memory of api < 301MiB", 0, VERDICT_HOLDS, 1, 0, 300},
        {"not kept in one", "memory of api < 300MiB", 0, VERDICT_MISSED, 1, 1, 300},
        {"nor in any", "memory of api <= 129MiB", 0, VERDICT_MISSED, 1, 2, 300},
        {"of one stage", "memory of api in low < 131MiB", 0, VERDICT_HOLDS, 0, 0, 130},
        {"of one that is not judged", "memory of api in after < 1GiB", 0, VERDICT_HOLDS, 2, 0, 800},
        {"come late", "memory of api < 301MiB", 1, VERDICT_HOLDS, 1, 0, 300},
        {"later still", "memory of api < 300MiB", 3, VERDICT_MISSED, 1, 1, 300},
    };
    double bytes[12];
    for (size_t i = 0; i < 12; i++) bytes[i] = mib[i] * MIB;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        open(&s);
        scene_objective(&s, cases[i].sentence);
        scene_begin(&s);
        play(&s, "api", "memory", bytes, true, cases[i].late);
        const struct objective_result *said = scene_said(&s, 0);
        CHECK_U64(cases[i].name, said->verdict, cases[i].verdict);
        CHECK_U64(cases[i].name, said->stage, cases[i].stage);
        CHECK_U64(cases[i].name, said->missed_stages, cases[i].missed);
        CHECK(cases[i].name, near(said->value, cases[i].value * MIB));
        CHECK(cases[i].name, near(said->lo, said->value) && near(said->hi, said->value));
        CHECK(cases[i].name, said->stage == PLAN_NO_INDEX || said->n > 0);
        scene_close(&s);
    }
}

static void means_have_intervals(void **state)
{
    (void)state;
    static const double steady[12] = {2, 2, 2, 2, 9, 2, 2, 2, 9, 9, 9, 9};
    static const double waves[12] = {1, 3, 1, 3, 9, 3, 1, 2, 9, 9, 9, 9};
    static const double gone[12] = {1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1};
    static const double few[12] = {1, 1, -1, -1, 9, -1, -1, 1, 9, 9, 9, 9};
    static const struct {
        const char *name, *sentence;
        const double *values;
        enum verdict verdict;
        const char *note;
    } cases[] = {
        {"steady, under", "run_queue of api < 2.1", steady, VERDICT_HOLDS, ""},
        {"steady, over", "run_queue of api < 1.9", steady, VERDICT_MISSED, ""},
        {"it may be a lower limit", "run_queue of api > 1.9", steady, VERDICT_HOLDS, ""},
        {"that is not reached", "run_queue of api > 2.1", steady, VERDICT_MISSED, ""},
        {"waves, across", "run_queue of api < 2.1", waves, VERDICT_INCONCLUSIVE, ""},
        {"waves, well under", "run_queue of api < 20", waves, VERDICT_HOLDS, ""},
        {"not seen to the end", "run_queue of api < 2", gone, VERDICT_HOLDS,
         "nothing was seen of it in 1 of 2 stages"},
        {"too few", "run_queue of api < 2", few, VERDICT_INCONCLUSIVE, "stages too short to say"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        open(&s);
        scene_objective(&s, cases[i].sentence);
        scene_begin(&s);
        play(&s, "api", "run_queue", cases[i].values, false, 1);
        const struct objective_result *said = scene_said(&s, 0);
        CHECK_U64(cases[i].name, said->verdict, cases[i].verdict);
        CHECK_STR(cases[i].name, said->note, cases[i].note);
        scene_close(&s);
    }
}

static void cpu_is_a_share_of_what_it_may_use(void **state)
{
    (void)state;
    struct scene s;
    open(&s);
    scene_objective(&s, "cpu of api < 80%");
    scene_objective(&s, "cpu of api < 50%");
    scene_objective(&s, "cpu of db < 80%"); /* whose capacity nobody saw */
    scene_begin(&s);
    uint32_t cpu = 0;
    uint32_t capacity = 0;
    uint32_t other = 0;
    for (uint32_t end_s = 1; end_s <= 12; end_s++) {
        second(&s, end_s);
        if (end_s == 1) {
            cpu = scene_series(&s, "api", "cpu", "");
            capacity = scene_series(&s, "api", "cpu.capacity", "");
            other = scene_series(&s, "db", "cpu", "");
        }
        scene_sample(&s, cpu, end_s - 1, end_s, 1.5);
        scene_sample(&s, other, end_s - 1, end_s, 0.5);
        scene_sample(&s, capacity, end_s, end_s, end_s <= 4 ? 4 : 2); /* its quota was cut */
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    const struct objective_result *held = scene_said(&s, 0);
    assert_int_equal(held->verdict, VERDICT_HOLDS);
    assert_true(near(held->stages[0].value, 0.375));
    assert_true(near(held->stages[1].value, 0.75));
    assert_int_equal(held->stage, 1);
    assert_true(near(held->margin, 0.0625));
    assert_int_equal(scene_said(&s, 1)->verdict, VERDICT_MISSED);
    assert_int_equal(scene_said(&s, 1)->missed_stages, 1);
    assert_int_equal(scene_said(&s, 2)->verdict, VERDICT_INCONCLUSIVE);
    assert_string_equal(scene_said(&s, 2)->note, "nothing was seen of it");
    scene_close(&s);
}

/* Of one name there are several: by label they are one, together a sum or the worst. */
static void labels_join(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        double value;
    } cases[] = {
        {"waiting of api < 100", 4},          {"waiting \"disk\" of api < 100", 3},
        {"waiting \"lock\" of api < 100", 1}, {"host.pressure < 100%", 0.3},
        {"host.pressure > 1%", 0.2},          {"host.pressure \"io\" < 100%", 0.2},
        {"host.disk.read.time < 10s", 2e9},   {"metrics.depth of api < 100", 7},
    };
    struct scene s;
    open(&s);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        scene_objective(&s, cases[i].sentence);
    scene_begin(&s);
    static const struct {
        const char *of, *name, *label;
        double value;
    } series[] = {{"api", "waiting", "disk", 3},        {"api", "waiting", "lock", 1},
                  {"db", "waiting", "disk", 50},        {"host", "host.pressure", "cpu", 0.3},
                  {"host", "host.pressure", "io", 0.2}, {"host", "host.disk.read.time", "sda", 2},
                  {"api", "metrics.depth", "", 7}};
    enum { SERIES_COUNT = sizeof series / sizeof series[0] };
    uint32_t ids[SERIES_COUNT];
    for (uint32_t end_s = 1; end_s <= 12; end_s++) {
        second(&s, end_s);
        for (uint32_t i = 0; i < SERIES_COUNT; i++) {
            if (end_s == 1)
                ids[i] = scene_series(&s, series[i].of, series[i].name, series[i].label);
            scene_sample(&s, ids[i], end_s - 1, end_s, series[i].value);
        }
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(cases[i].sentence, near(scene_said(&s, (uint32_t)i)->value, cases[i].value));
        CHECK_U64(cases[i].sentence, scene_said(&s, (uint32_t)i)->verdict, VERDICT_HOLDS);
    }
    scene_close(&s);
}

static void nothing_seen_settles_nothing(void **state)
{
    (void)state;
    static const double mib[12] = {-1, -1, -1, -1, 1, -1, -1, -1, 1, 1, 1, 1};
    struct scene s;
    open(&s);
    scene_objective(&s, "memory of api < 1GiB"); /* seen in settle time and after only */
    scene_objective(&s, "memory of db < 1GiB");
    scene_begin(&s);
    play(&s, "api", "memory", mib, true, 0);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(scene_said(&s, i)->verdict, VERDICT_INCONCLUSIVE);
        assert_string_equal(scene_said(&s, i)->note, "nothing was seen of it");
        assert_true(isnan(scene_said(&s, i)->value));
    }
    assert_int_equal(scene_result(&s)->verdict, VERDICT_INCONCLUSIVE);
    scene_close(&s);
}

/* Its time decides, also where a tick tells of what lies ahead of it. */
static void a_sample_ahead_of_its_tick_waits(void **state)
{
    (void)state;
    struct scene s;
    open(&s);
    scene_objective(&s, "memory of api in low < 1GiB");
    scene_objective(&s, "memory of api in high < 1GiB");
    scene_begin(&s);
    for (uint32_t end_s = 1; end_s <= 8; end_s++) {
        second(&s, end_s);
        uint32_t id = end_s == 1 ? scene_series(&s, "api", "memory", "") : 0;
        if (end_s < 4) scene_sample(&s, id, end_s, end_s, 5 * MIB);
        if (end_s == 4) scene_sample(&s, id, 5.5, 5.5, 7 * MIB);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    assert_true(near(scene_said(&s, 0)->value, 5 * MIB));
    assert_true(near(scene_said(&s, 1)->value, 7 * MIB));
    scene_close(&s);
}

/* Whatever became of requests, and however late prony was, it says nothing of the memory. */
static void nothing_is_pardoned(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "low", MODEL_OPEN, true);
    scene_objective(&s, "memory of api < 1MiB");
    scene_objective(&s, "throughput > 5/s");
    scene_begin(&s);
    for (uint32_t end_s = 1; end_s <= 6; end_s++) {
        scene_tick(&s, 0, 1000);
        if (end_s == 1) scene_series(&s, "api", "memory", "");
        scene_requests(&s, 0, OUTCOME_OK, 10, 20 * MS);
        scene_unsent(&s, 5);
        scene_lag(&s, 10, 500 * MS);
        scene_sample(&s, 0, end_s, end_s, 5 * MIB);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_MISSED);
    assert_null(scene_reason(&s, "lag-decides"));
    assert_null(scene_reason(&s, "shortage-decides"));
    /* A capacity is none where a limit of the service is broken. */
    assert_int_equal(scene_said(&s, 1)->verdict, VERDICT_MISSED);
    scene_close(&s);
}

static void a_window_has_its_own(void **state)
{
    (void)state;
    static const double mib[12] = {5, 9, 6, 6, 20, 8, 8, 8, 30, 30, 30, 30};
    double bytes[12];
    for (size_t i = 0; i < 12; i++) bytes[i] = mib[i] * MIB;
    struct window_span span = {
        .stage = 0, .settled_ns = 0, .from_ns = 2 * SECOND, .to_ns = 4 * SECOND};
    span.ticks = 2;
    span.to_end = true;
    const struct run_window window = {.asked = BYTES_LIT("2s..4s"),
                                      .spans = &span,
                                      .span_count = 1,
                                      .ticks = 2,
                                      .length_ns = 2 * SECOND};
    struct scene s;
    open(&s);
    scene_objective(&s, "memory of api < 7MiB");
    s.header.window = &window;
    scene_begin(&s);
    play(&s, "api", "memory", bytes, true, 1);
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_HOLDS);
    assert_true(near(scene_said(&s, 0)->value, 6 * MIB));
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_the_largest),
        cmocka_unit_test(means_have_intervals),
        cmocka_unit_test(cpu_is_a_share_of_what_it_may_use),
        cmocka_unit_test(labels_join),
        cmocka_unit_test(nothing_seen_settles_nothing),
        cmocka_unit_test(a_sample_ahead_of_its_tick_waits),
        cmocka_unit_test(nothing_is_pardoned),
        cmocka_unit_test(a_window_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
