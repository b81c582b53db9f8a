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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bursts_are_few_witnesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
