#include "judge/figures.h"

#include <math.h>

#include "check.h"
#include "scene.h"

/* A largest value of 0 ns is a value; only where none has a time there is no largest. */
static void largest(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t ok, ok_ns, dropped, timeouts, timeout_ns;
        double want_ns; /* NAN: none */
        bool at_least;
    } cases[] = {
        {"all at once", 5, 0, 0, 0, 0, 0, false},
        {"usual", 5, 300, 0, 0, 0, 300, false},
        {"a timeout above", 5, 300, 0, 1, 900, 900, true},
        {"only dropped", 0, 0, 3, 0, 0, (double)NAN, true},
        {"dropped above zero", 5, 0, 3, 0, 0, 0, true},
        {"nothing", 0, 0, 0, 0, 0, (double)NAN, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct hist ok;
        hist_init(&ok);
        for (uint64_t k = 0; k < cases[i].ok; k++) hist_record(&ok, cases[i].ok_ns);
        struct tally t = {.ok = &ok,
                          .outcomes = {[OUTCOME_OK] = cases[i].ok,
                                       [OUTCOME_DROPPED] = cases[i].dropped,
                                       [OUTCOME_TIMEOUT] = cases[i].timeouts},
                          .timeouts = {cases[i].timeouts, cases[i].timeouts * cases[i].timeout_ns,
                                       cases[i].timeout_ns}};
        struct ranked r = tally_ranked(&t, false, true);
        struct latency l = figures_ranked(&r);
        double max_ns = l.ns[FIGURE_MAX];
        CHECK(cases[i].name, isnan(max_ns) == isnan(cases[i].want_ns));
        if (!isnan(max_ns)) CHECK(cases[i].name, fabs(max_ns - cases[i].want_ns) < 0.5);
        CHECK(cases[i].name, (l.at_least >> FIGURE_MAX & 1) == cases[i].at_least);
    }
}

/* The wait row of a run whose connections were always ready. */
static void histogram_of_zeroes(void **state)
{
    (void)state;
    static struct hist zeroes;
    hist_init(&zeroes);
    for (int i = 0; i < 9; i++) hist_record(&zeroes, 0);
    struct latency l = figures_latency(&zeroes);
    for (int i = 0; i < FIGURE_COUNT; i++) assert_true(fabs(l.ns[i]) < 0.5);
    assert_int_equal(l.n, 9);
}

/* An open stage sends a, a closed one b (c is of no scenario that is known): each is counted over
 * its own stages, and users over the closed one. */
static void over_the_stages_where_it_can_occur(void **state)
{
    (void)state;
    static struct step steps[2] = {{.name_index = 0}, {.name_index = 1}};
    static double mixes[2][2] = {{1, 0}, {0, 1}};
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "open", MODEL_OPEN, true)->mix = mixes[0];
    scene_stage(&s, "closed", MODEL_CLOSED, true)->mix = mixes[1];
    for (int i = 0; i < 2; i++) {
        s.scenarios[i].steps = &steps[i];
        s.scenarios[i].step_count = 1;
    }
    scene_objective(&s, "errors < 50%");
    scene_begin(&s);
    for (uint32_t t = 0; t < 8; t++) { /* 6 s, then 2 s */
        uint32_t stage = t < 6 ? 0 : 1;
        scene_tick(&s, stage, 1000);
        scene_requests(&s, stage, OUTCOME_OK, 100, 20 * MS);
        scene_requests(&s, 2, OUTCOME_OK, 10, 20 * MS);
        scene_iterations(&s, stage, OUTCOME_OK, 100, 20 * MS);
        scene_levels(&s, stage == 1 ? 12 : 0, stage == 0 ? 3 : 0, stage == 1 ? 5 : 0);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    const struct result *r = scene_result(&s);
    const double none = (double)NAN;
    const struct {
        const char *name;
        const struct figures *f;
        double seconds, offered_per_s, done_per_s, users, in_flight;
    } cases[] = {
        {"a", &r->requests[0], 6, 100, 100, none, 3},
        {"b", &r->requests[1], 2, none, 100, 12, 0},
        {"c", &r->requests[2], 8, none, 10, 12, 0},
        {"read", &r->scenarios[SCENE_READ], 6, 100, 100, none, 0},
        {"job", &r->scenarios[SCENE_JOB], 2, none, 100, 12, 5},
        {"all", &r->totals, 8, none, 110, 12, 18.0 / 8},
        {"open", &r->stages[0].figures, 6, 110, 110, none, 3},
        {"closed", &r->stages[1].figures, 2, none, 110, 12, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const double got[] = {cases[i].f->seconds, cases[i].f->offered_per_s,
                              cases[i].f->done_per_s, cases[i].f->users, cases[i].f->in_flight};
        const double want[] = {cases[i].seconds, cases[i].offered_per_s, cases[i].done_per_s,
                               cases[i].users, cases[i].in_flight};
        for (size_t k = 0; k < COUNT_OF(want); k++) {
            CHECK(cases[i].name, isnan(got[k]) == isnan(want[k]));
            if (!isnan(want[k])) CHECK(cases[i].name, fabs(got[k] - want[k]) < 1e-9);
        }
    }
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(largest),
        cmocka_unit_test(histogram_of_zeroes),
        cmocka_unit_test(over_the_stages_where_it_can_occur),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
