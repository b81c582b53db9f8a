#include "judge/leak.h"

#include <math.h>

#include "check.h"
#include "scene.h"

#define MIB 1048576.0
#define RATE 50 /* requests a second */

/* `hold` for 60 s, in which memory grows by so much a second, then `rest` for 10 s. */
struct course {
    const char *series;
    double grows;            /* bytes a second */
    double until_s;          /* 0: to the end */
    double falls;            /* bytes, when the load is over */
    double in_flight, piles; /* requests, and more each second */
    double coarse;           /* another series of the same, which grows so */
    uint32_t seconds;
};

static void second(struct scene *s, const struct course *c, uint32_t at, uint32_t ids[2])
{
    bool rest = at >= c->seconds;
    double grown_s = c->until_s > 0 && at > c->until_s ? c->until_s : at;
    double value = 50 * MIB + c->grows * (rest ? c->seconds : grown_s) - (rest ? c->falls : 0);
    scene_tick(s, rest, 1000);
    if (at == 0) {
        ids[0] = scene_series(s, "api", "memory", "");
        ids[1] = scene_series(s, "api", c->series, "");
    }
    scene_sample(s, ids[0], at + 1, at + 1, 80 * MIB + c->coarse * at);
    scene_sample(s, ids[1], at + 1, at + 1, value);
    scene_levels(s, 0, c->in_flight + c->piles * at, 0);
    scene_requests(s, 0, OUTCOME_OK, RATE, 20 * MS);
    scene_put(s);
}

static void play(struct scene *s, const struct course *c)
{
    uint32_t ids[2] = {0, 0};
    scene_begin(s);
    for (uint32_t at = 0; at < c->seconds + 10; at++) second(s, c, at, ids);
    scene_end(s, RUN_COMPLETE);
}

static void open(struct scene *s)
{
    scene_open(s);
    scene_stage(s, "hold", MODEL_OPEN, true);
    scene_stage(s, "rest", MODEL_OPEN, false);
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(1, fabs(b));
}

static const struct {
    const char *name, *sentence;
    struct course course;
    enum verdict verdict;
    double per_s; /* NAN: none; INFINITY: not asked */
    const char *note;
} growth_rows[] = {
    {"a leak",
     "leak of api < 1MiB/m",
     {"memory.anon", MIB, .seconds = 60},
     VERDICT_MISSED,
     MIB,
     "grows evenly: +59 MiB in 59 s, 20 KiB a request"},
    {"allowed",
     "leak of api < 2MiB/s",
     {"memory.anon", MIB, .seconds = 60},
     VERDICT_HOLDS,
     MIB,
     ""},
    {"none", "leak of api < 1MiB/m", {"memory.anon", 0, .seconds = 60}, VERDICT_HOLDS, 0, ""},
    {"so little can't be seen in a minute",
     "leak of api < 1MiB/h",
     {"memory.anon", 0, .seconds = 60},
     VERDICT_INCONCLUSIVE,
     0,
     ""},
    {"a cache that is full",
     "leak of api < 1MiB/m",
     {"memory.anon", MIB, .until_s = 35, .seconds = 60},
     VERDICT_HOLDS,
     0,
     "a warm-up or a cache: its growth slows"},
    {"a cache that is full at the end only",
     "leak of api < 1MiB/m",
     {"memory.anon", MIB, .until_s = 50, .seconds = 60},
     VERDICT_INCONCLUSIVE,
     (double)INFINITY,
     "a warm-up or a cache: its growth slows"},
    {"given back",
     "leak of api < 1MiB/m",
     {"memory.anon", MIB, .falls = 50 * MIB, .seconds = 60},
     VERDICT_INCONCLUSIVE,
     MIB,
     "given back when the load ended: in use, not lost; +59 MiB in 59 s, 20 KiB a request"},
    {"gone is not given back",
     "leak of api < 1MiB/m",
     {"memory.anon", MIB, .falls = 110 * MIB, .seconds = 60},
     VERDICT_MISSED,
     MIB,
     "grows evenly: +59 MiB in 59 s, 20 KiB a request"},
    {"requests pile up",
     "leak of api < 1MiB/m",
     {"memory.anon", MIB, .in_flight = 3, .piles = 2, .seconds = 60},
     VERDICT_INCONCLUSIVE,
     (double)NAN,
     "1 of 1 steady stages left out: requests pile up"},
    {"the better series counts",
     "leak of api < 1MiB/m",
     {"memory.anon", 0, .coarse = MIB, .seconds = 60},
     VERDICT_HOLDS,
     0,
     ""},
    {"pages of its own are the next best",
     "leak of api < 1MiB/m",
     {"memory.uss", MIB, .seconds = 60},
     VERDICT_MISSED,
     MIB,
     "grows evenly: +59 MiB in 59 s, 20 KiB a request"},
    {"what there is, else",
     "leak of api < 1MiB/m",
     {"threads", 0, .coarse = MIB, .seconds = 60},
     VERDICT_MISSED,
     MIB,
     "grows evenly: +59 MiB in 59 s, 20 KiB a request"},
    {"too short",
     "leak of api < 1MiB/m",
     {"memory.anon", MIB, .seconds = 10},
     VERDICT_INCONCLUSIVE,
     (double)NAN,
     "too short to say"},
};

static void growth_becomes_a_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof growth_rows / sizeof growth_rows[0]; i++) {
        struct scene s;
        open(&s);
        scene_objective(&s, growth_rows[i].sentence);
        play(&s, &growth_rows[i].course);
        const struct objective_result *said = scene_said(&s, 0);
        CHECK_U64(growth_rows[i].name, said->verdict, growth_rows[i].verdict);
        CHECK(growth_rows[i].name,
              isnan(growth_rows[i].per_s)
                  ? isnan(said->value)
                  : isinf(growth_rows[i].per_s) || near(said->value, growth_rows[i].per_s));
        CHECK_STR(growth_rows[i].name, said->note, growth_rows[i].note);
        CHECK_U64(growth_rows[i].name, said->stage, PLAN_NO_INDEX);
        bool open = said->verdict == VERDICT_INCONCLUSIVE && !isnan(said->value);
        CHECK(growth_rows[i].name, said->verdict == VERDICT_INCONCLUSIVE || isnan(said->needed_s));
        if (open && growth_rows[i].course.falls <= 0)
            CHECK(growth_rows[i].name, said->needed_s > 60);
        scene_close(&s);
    }
}

static void only_a_steady_load_is_looked_at(void **state)
{
    (void)state;
    static const struct course course = {"memory.anon", MIB, .seconds = 60};
    struct scene s;
    open(&s);
    s.stages[0].rate_to = 10;
    scene_objective(&s, "leak of api < 1MiB/m");
    scene_objective(&s, "leak of db in hold < 1MiB/m");
    play(&s, &course);
    CHECK_U64("a ramp", scene_said(&s, 0)->verdict, VERDICT_NOT_JUDGED);
    CHECK_STR("a ramp", scene_said(&s, 0)->note, "no judged stage has a steady load");
    scene_close(&s);
    open(&s);
    scene_objective(&s, "leak of db in hold < 1MiB/m");
    play(&s, &course);
    CHECK_U64("nobody looked", scene_said(&s, 0)->verdict, VERDICT_INCONCLUSIVE);
    CHECK_STR("nobody looked", scene_said(&s, 0)->note, "nothing was seen of it");
    scene_close(&s);
}

/* What is needed is what it takes: so long a run of the same settles it. */
static void the_time_it_asks_for_is_enough(void **state)
{
    (void)state;
    struct course course = {"memory.anon", 0, .seconds = 60};
    struct scene s;
    open(&s);
    scene_objective(&s, "leak of api < 1MiB/h");
    play(&s, &course);
    double needed_s = scene_said(&s, 0)->needed_s;
    scene_close(&s);
    CHECK("minutes", needed_s > 400 && needed_s < 900);
    course.seconds = (uint32_t)needed_s + 1;
    open(&s);
    scene_objective(&s, "leak of api < 1MiB/h");
    play(&s, &course);
    CHECK_U64("enough", scene_said(&s, 0)->verdict, VERDICT_HOLDS);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_becomes_a_verdict),
        cmocka_unit_test(only_a_steady_load_is_looked_at),
        cmocka_unit_test(the_time_it_asks_for_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
