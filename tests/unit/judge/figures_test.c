#include "judge/figures.h"

#include <math.h>

#include "check.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(largest),
        cmocka_unit_test(histogram_of_zeroes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
