/* Requests that are slow together: what a percentile that rests on them may claim. */
#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "scene.h"

/* A minute of 100/s at 20 ms; in one second of it all took 400 ms, in another (of `bursts`) too. */
static void bursts_are_few_witnesses(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint32_t seconds, bursts;
        enum verdict verdict;
        bool has_hi;
        const char *note;
    } cases[] = {
        {"no burst", "p99 < 25ms", 60, 0, VERDICT_HOLDS, true, ""},
        {"one burst", "p99 < 1s", 60, 1, VERDICT_INCONCLUSIVE, false,
         "too few bursts or seconds for an interval"},
        {"one burst, far from the limit", "p99 < 2s", 60, 1, VERDICT_HOLDS, false,
         "too few bursts or seconds for an interval, but 1/4 of the limit is kept"},
        {"nine of them tell of a p80", "p80 < 1s", 60, 9, VERDICT_HOLDS, true, ""},
        {"the middle does not know of it", "p50 < 25ms", 60, 1, VERDICT_HOLDS, true, ""},
        {"two seconds", "p95 < 50ms", 2, 0, VERDICT_INCONCLUSIVE, false,
         "too few bursts or seconds for an interval"},
        {"two seconds, far", "p95 < 100ms", 2, 0, VERDICT_HOLDS, false,
         "too few bursts or seconds for an interval, but 1/4 of the limit is kept"},
        {"two seconds, far over it", "p95 < 4ms", 2, 0, VERDICT_MISSED, false,
         "too few bursts or seconds for an interval, but it is over 4 times the limit"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_objective(&s, cases[i].sentence);
        scene_begin(&s);
        for (uint32_t t = 0; t < cases[i].seconds; t++) {
            bool slow = t % 6 == 3 && t / 6 < cases[i].bursts;
            scene_second(&s, 0, 100, slow ? 400 * MS : 20 * MS);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct objective_result *said = scene_said(&s, 0);
        CHECK_STR(cases[i].name, result_verdict_name(said->verdict),
                  result_verdict_name(cases[i].verdict));
        CHECK(cases[i].name, isnan(said->hi) == !cases[i].has_hi);
        CHECK_STR(cases[i].name, said->note, cases[i].note);
        bool short_of_ticks = said->verdict == VERDICT_INCONCLUSIVE && cases[i].seconds < 3;
        if (short_of_ticks) CHECK(cases[i].name, fabs(said->needed_s - 3) < 1e-9);
        scene_close(&s);
    }
}

/* A service whose work takes 100 ms whatever happens, give or take one, in waves of ten seconds:
 * two witnesses, and nobody doubts that it keeps 150 ms. */
static void narrow_times_are_far_from_their_limit(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        enum verdict verdict;
        const char *note;
    } cases[] = {
        {"far for what they differ by", "p95 < 150ms", VERDICT_HOLDS,
         "too few bursts or seconds for an interval, but 1/8 of the way to the limit is kept"},
        {"near", "p95 < 104ms", VERDICT_INCONCLUSIVE, "too few bursts or seconds for an interval"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_CLOSED, true);
        scene_objective(&s, cases[i].sentence);
        scene_begin(&s);
        for (uint32_t t = 0; t < 20; t++) scene_second(&s, 0, 97, t < 10 ? 100 * MS : 102 * MS);
        scene_end(&s, RUN_COMPLETE);
        CHECK_STR(cases[i].name, result_verdict_name(scene_said(&s, 0)->verdict),
                  result_verdict_name(cases[i].verdict));
        CHECK_STR(cases[i].name, scene_said(&s, 0)->note, cases[i].note);
        scene_close(&s);
    }
}

/* Where a stall was seen in the stage it is named: it is why they are few. */
static void a_stall_is_one_of_them(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t stage, stalls;
        const char *note;
    } cases[] = {
        {"none", 0, 0, "too few bursts or seconds for an interval"},
        {"one", 0, 1,
         "too few bursts or seconds for an interval: a stall is one burst (see STALLS)"},
        {"two", 0, 2,
         "too few bursts or seconds for an interval: 2 stalls are so many bursts (see STALLS)"},
        {"elsewhere", 1, 1, "too few bursts or seconds for an interval"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_open(&s);
        s.header.threads = 1;
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_stage(&s, "after", MODEL_OPEN, false);
        scene_objective(&s, "p99 < 1s");
        scene_begin(&s);
        struct stall stalls[2];
        for (uint32_t t = 0; t < 60; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, t == 9 ? 400 * MS : 20 * MS);
            for (uint32_t k = 0; t == 10 && k < cases[i].stalls; k++) {
                stalls[k] = (struct stall){.start_ns = (8 + k) * SECOND,
                                           .end_ns = (8 + k) * SECOND + 900 * MS,
                                           .stage = cases[i].stage,
                                           .held = 30,
                                           .open = 32};
            }
            s.tick.stalls = stalls;
            s.tick.stall_count = t == 10 ? cases[i].stalls : 0;
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        CHECK_STR(cases[i].name, scene_said(&s, 0)->note, cases[i].note);
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bursts_are_few_witnesses),
        cmocka_unit_test(narrow_times_are_far_from_their_limit),
        cmocka_unit_test(a_stall_is_one_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
