#include "stats/interval.h"

#include <math.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"
#include "stats/beta.h"
#include "stats/hist.h"

enum { SEEDS = 2000 };

static void beta_matches_known_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double a, b, x, want;
    } cases[] = {
        {"uniform", 1, 1, 0.3, 0.3},
        {"power", 5, 1, 0.5, 0.03125},
        {"symmetric", 7, 7, 0.5, 0.5},
        {"arcsine law", 0.5, 0.5, 0.25, 1.0 / 3},
        {"P(B >= 8), 10 trials of 1/2: 56/1024", 8, 3, 0.5, 0.0546875},
        {"P(B >= 1), 3 trials of 0.1: 1 - 0.9^3", 1, 3, 0.1, 0.271},
        {"left end", 2, 3, 0, 0},
        {"right end", 2, 3, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double got = beta_regularized(cases[i].a, cases[i].b, cases[i].x);
        CHECK(cases[i].name, fabs(got - cases[i].want) < 1e-12);
    }
}

static void student_matches_the_tables(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t degrees;
        double want;
    } cases[] = {{"1", 1, 12.7062},    {"9", 9, 2.26216},   {"10", 10, 2.22814},
                 {"14", 14, 2.14479},  {"30", 30, 2.04227}, {"60", 60, 2.00030},
                 {"120", 120, 1.97993}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double got = interval_student(cases[i].degrees);
        CHECK(cases[i].name, fabs(got / cases[i].want - 1) < 1e-4);
    }
    /* By the distribution itself: P(|T| > t) = I_{v / (v + t^2)}(v / 2, 1 / 2). */
    for (uint64_t v = 1; v < 200; v++) {
        double d = (double)v, t = interval_student(v);
        double outside = beta_regularized(d / 2, 0.5, d / (d + t * t));
        CHECK("5 % lie outside", fabs(outside - 0.05) < 5e-5);
    }
}

/* P(B >= from) of a binomial, term by term. */
static double binomial_tail(uint64_t n, double p, uint64_t from)
{
    double sum = 0;
    for (uint64_t k = from; k <= n; k++) {
        double d = (double)n, i = (double)k;
        sum += exp(lgamma(d + 1) - lgamma(i + 1) - lgamma(d - i + 1) + i * log(p)
                   + (d - i) * log1p(-p));
    }
    return sum;
}

static void ranks_are_the_binomial_ones(void **state)
{
    (void)state;
    static const double quantiles[] = {0.5, 0.9, 0.95, 0.99, 0.999};
    static const uint64_t counts[] = {1, 2, 3, 10, 25, 26, 72, 100, 368, 500, 1000, 3000};
    for (size_t q = 0; q < COUNT_OF(quantiles); q++) {
        for (size_t c = 0; c < COUNT_OF(counts); c++) {
            uint64_t n = counts[c];
            double p = quantiles[q];
            struct interval_ranks ranks = interval_of_quantile(n, p, 1);
            if (ranks.lo > 0) {
                CHECK("P(B < lo) <= 2.5 %", 1 - binomial_tail(n, p, ranks.lo) <= 0.025 + 1e-9);
                CHECK("the largest such", 1 - binomial_tail(n, p, ranks.lo + 1) > 0.025 - 1e-9);
            }
            if (ranks.hi > 0) {
                CHECK("P(B >= hi) <= 2.5 %", binomial_tail(n, p, ranks.hi) <= 0.025 + 1e-9);
                CHECK("the smallest such", binomial_tail(n, p, ranks.hi - 1) > 0.025 - 1e-9);
            } else {
                CHECK("even the largest is too likely", binomial_tail(n, p, n) > 0.025);
            }
        }
    }
}

/* Whatever a run may come to: as few values, and as dependent, as can be. */
static void any_sample_has_its_ranks(void **state)
{
    (void)state;
    static const double quantiles[] = {0.001, 0.5, 0.9, 0.99, 0.999, 0.999999};
    static const double effects[] = {1, 1.01, 3.7, 20, 999};
    for (size_t q = 0; q < COUNT_OF(quantiles); q++) {
        for (size_t e = 0; e < COUNT_OF(effects); e++) {
            for (uint64_t n = 1; n < 3000; n++) {
                struct interval_ranks r = interval_of_quantile(n, quantiles[q], effects[e]);
                CHECK("within the sample", r.lo <= n && r.hi <= n);
                CHECK("in order", r.hi == 0 || r.lo <= r.hi);
            }
        }
    }
}

static void least_counts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double p;
        uint64_t least;
    } cases[] = {{"p50", 0.5, 6},
                 {"p90", 0.9, 36},
                 {"p95", 0.95, 72},
                 {"p99", 0.99, 368},
                 {"p99.9", 0.999, 3688}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t least = cases[i].least;
        CHECK_U64(cases[i].name, interval_least_count(cases[i].p), least);
        CHECK(cases[i].name, interval_of_quantile(least, cases[i].p, 1).hi > 0);
        CHECK(cases[i].name, interval_of_quantile(least - 1, cases[i].p, 1).hi == 0);
        /* 2.5 times the design effect needs 2.5 times as many. */
        uint64_t more = (uint64_t)ceil(2.5 * (double)least);
        CHECK(cases[i].name, interval_of_quantile(more, cases[i].p, 2.5).hi > 0);
        CHECK(cases[i].name, interval_of_quantile(more - 3, cases[i].p, 2.5).hi == 0);
    }
}

static void large_samples_join_smoothly(void **state)
{
    (void)state;
    /* Around a variance of 400 the exact and the approximate branch meet. */
    for (uint64_t n = 8000; n < 9000; n++) {
        struct interval_ranks a = interval_of_quantile(n, 0.95, 1);
        struct interval_ranks b = interval_of_quantile(n + 1, 0.95, 1);
        CHECK("lo rises by at most one", b.lo >= a.lo && b.lo - a.lo <= 1);
        CHECK("hi rises by at most one", b.hi >= a.hi && b.hi - a.hi <= 1);
    }
    struct interval_ranks ranks = interval_of_quantile(1000000, 0.99, 1);
    CHECK("n p - z sqrt(n p q)", fabs((double)ranks.lo - (990000 - 195.0)) < 2);
    CHECK("n p + z sqrt(n p q)", fabs((double)ranks.hi - (990000 + 195.0)) < 2);
    struct interval_ranks wide = interval_of_quantile(1000000, 0.99, 4);
    CHECK("twice as wide", fabs((double)(wide.hi - wide.lo) - 2 * 390.0) < 12);
}

static void covers_the_true_quantile(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t count, per_million;
    } cases[] = {{"p95 of 72", 72, 950000},
                 {"p95 of 600", 600, 950000},
                 {"p99 of 368", 368, 990000},
                 {"p99 of 1500", 1500, 990000},
                 {"median of 200", 200, 500000}};
    static struct hist h;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double p = cases[c].per_million / 1e6;
        double truth = -log(1 - p) * 1e7; /* exponential, mean 10 ms */
        uint32_t covered = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct rng_stream s = rng_stream_at((struct rng_key){seed, 0, RNG_THINK}, c);
            hist_init(&h);
            for (uint32_t i = 0; i < cases[c].count; i++) {
                hist_record(&h, (uint64_t)(-log(rng_unit(rng_next(&s))) * 1e7));
            }
            struct interval_ranks ranks = interval_of_quantile(h.count, p, 1);
            double lo = (double)hist_floor_at_rank(&h, ranks.lo);
            double hi = (double)hist_at_rank(&h, ranks.hi);
            covered += lo <= truth && truth <= hi;
        }
        CHECK(cases[c].name, covered >= SEEDS * 0.93);
    }
}

static void shares(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double hits, count, effect, lo, hi;
    } cases[] = {
        {"none of 100", 0, 100, 1, 0, 0.0369935},
        {"all of 100", 100, 100, 1, 0.9630065, 1},
        {"half of 100", 50, 100, 1, 0.403832, 0.596168},
        {"one of 10", 1, 10, 1, 0.017876, 0.404150},
        {"half of 400 that are worth 100", 200, 400, 4, 0.403832, 0.596168},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct interval got = interval_of_share(cases[i].hits, cases[i].count, cases[i].effect);
        CHECK(cases[i].name, fabs(got.lo - cases[i].lo) < 1e-6);
        CHECK(cases[i].name, fabs(got.hi - cases[i].hi) < 1e-6);
    }
}

/* With just as many trials as it says the limit lies at the end of the interval. */
static void needed_trials_settle(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double share, limit;
    } cases[] = {{"above", 0.02, 0.01}, {"below", 0.005, 0.01}, {"none at all", 0, 0.001}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double share = cases[i].share, limit = cases[i].limit;
        double n = interval_needed_trials(share, limit);
        struct interval at = interval_of_share(share * n, n, 1);
        CHECK(cases[i].name, fabs((share > limit ? at.lo : at.hi) - limit) < 1e-9);
    }
    CHECK("never", isinf(interval_needed_trials(0.01, 0.01)));
}

static void means(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double values[5];
        uint32_t count;
        double lo, hi;
    } cases[] = {
        {"two", {1, 3}, 2, 2 - 12.7062, 2 + 12.7062},
        {"three: t(2) = 4.3027, s = 1", {1, 2, 3}, 3, 2 - 2.48414, 2 + 2.48414},
        {"five: t(4) = 2.7764", {10, 12, 14, 16, 18}, 5, 14 - 3.92649, 14 + 3.92649},
        {"all the same", {7, 7, 7}, 3, 7, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct interval got = interval_of_mean(cases[i].values, cases[i].count);
        CHECK(cases[i].name, fabs(got.lo - cases[i].lo) < 0.002);
        CHECK(cases[i].name, fabs(got.hi - cases[i].hi) < 0.002);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beta_matches_known_values),
        cmocka_unit_test(student_matches_the_tables),
        cmocka_unit_test(ranks_are_the_binomial_ones),
        cmocka_unit_test(any_sample_has_its_ranks),
        cmocka_unit_test(least_counts),
        cmocka_unit_test(large_samples_join_smoothly),
        cmocka_unit_test(covers_the_true_quantile),
        cmocka_unit_test(shares),
        cmocka_unit_test(needed_trials_settle),
        cmocka_unit_test(means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
