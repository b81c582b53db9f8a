#include "stats/anderson.h"

#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"

static int by_value(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of few values by hand: -n - 1/n sum (2i - 1) ln(u_i (1 - u_(n+1-i))). */
static void statistics_of_few(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t count;
        double values[3], want;
    } cases[] = {
        {"one in the middle", 1, {0.5}, 2 * 0.6931471805599453 - 1},
        {"two", 2, {0.25, 0.75}, 0.24934057847523317},
        {"three", 3, {0.1, 0.5, 0.7}, 0.32520609288748226},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double got = anderson_statistic(cases[i].values, cases[i].count);
        CHECK(cases[i].name, fabs(got - cases[i].want) < 1e-12);
    }
    const double ends[] = {0, 0.5, 1};
    assert_true(isfinite(anderson_statistic(ends, COUNT_OF(ends))));
}

/* Of ever so many values: found by inverting the law of the weighted chi-squares that the statistic
 * then follows. */
static void tails_that_are_known(void **state)
{
    (void)state;
    static const struct {
        double statistic, tail, within;
    } cases[] = {
        {0, 1, 0},
        {1.9330, 0.10, 2e-5},
        {2.4924, 0.05, 2e-5},
        {3.0775, 0.025, 2e-5},
        {3.8781, 0.01, 2e-5},
        {5.9670, 0.001, 3e-6},
        {8.0000, 1.12e-4, 3e-6},
        {1000, 0, 1e-6},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double tail = anderson_tail(1000000, cases[i].statistic);
        CHECK("known", fabs(tail - cases[i].tail) <= cases[i].within);
    }
    for (double z = 0; z < 40; z += 0.01) {
        CHECK("falls", anderson_tail(500, z) >= anderson_tail(500, z + 0.01) - 2e-5);
    }
}

/* Values that follow their law: the tail of what they make is itself uniform, whatever their
 * number; one in a thousand is beyond a thousandth. */
static void chances_are_kept(void **state)
{
    (void)state;
    enum { RUNS = 20000 };
    static const uint32_t counts[] = {10, 50, 200};
    static double values[200];
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        uint32_t beyond[3] = {0};
        static const double chances[3] = {0.5, 0.05, 0.001};
        for (uint64_t run = 0; run < RUNS; run++) {
            struct rng_stream s = rng_stream_at((struct rng_key){11, counts[i], RNG_THINK}, run);
            for (uint32_t k = 0; k < counts[i]; k++) values[k] = rng_unit(rng_next(&s));
            qsort(values, counts[i], sizeof values[0], by_value);
            double tail = anderson_tail(counts[i], anderson_statistic(values, counts[i]));
            for (uint32_t c = 0; c < 3; c++) beyond[c] += tail < chances[c];
        }
        for (uint32_t c = 0; c < 3; c++) {
            double want = RUNS * chances[c];
            CHECK("as many as it says", fabs(beyond[c] - want) < 4 * sqrt(want) + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_of_few),
        cmocka_unit_test(tails_that_are_known),
        cmocka_unit_test(chances_are_kept),
    };
    return cmocka_run_group_tests_name("anderson", tests, NULL, NULL);
}
