#include "stats/batches.h"

#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "check.h"
#include "stats/hist.h"
#include "stats/interval.h"

enum { SEEDS = 2000 };

static double gauss(struct rng_stream *s)
{
    double u = rng_unit(rng_next(s)), v = rng_unit(rng_next(s));
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979 * v); /* Box and Muller */
}

static void few_ticks_say_nothing(void **state)
{
    (void)state;
    struct batches b = {0};
    assert_true(isnan(batches_ratio(&b)));
    batches_add(&b, 3, 10);
    batches_add(&b, 5, 10);
    assert_true(batches_ratio(&b) == 0.4);
    assert_true(isnan(batches_half_width(&b)));
    assert_true(batches_design_effect(&b) == 1);
    batches_add(&b, 4, 10);
    assert_true(!isnan(batches_half_width(&b)));
    assert_int_equal(batches_count(&b), 3);
}

/* By hand: 1, 2, 3, 4, 5 have mean 3, deviation sqrt(2.5), t(4) = 2.776. Their first
 * autocorrelation is 0.4, no more than chance (1 / sqrt(5)). */
static void one_known_interval(void **state)
{
    (void)state;
    struct batches b = {0};
    for (int i = 1; i <= 5; i++) batches_add(&b, i, 1);
    assert_true(fabs(batches_half_width(&b) - 2.776445 * sqrt(2.5 / 5)) < 1e-6);
}

static void constant_has_no_width(void **state)
{
    (void)state;
    struct batches b = {0};
    for (int i = 0; i < 100; i++) batches_add(&b, 550, 1);
    assert_true(batches_ratio(&b) == 550);
    assert_true(batches_half_width(&b) < 1e-6);
}

static void independent_trials_have_no_effect(void **state)
{
    (void)state;
    double sum = 0;
    uint32_t large = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct rng_stream s = rng_stream_at((struct rng_key){seed, 3, RNG_THINK}, 0);
        struct batches b = {0};
        for (int t = 0; t < 30; t++) {
            double hits = 0;
            for (int i = 0; i < 50; i++) hits += rng_unit(rng_next(&s)) < 0.1;
            batches_add(&b, hits, 50);
        }
        double effect = batches_design_effect(&b);
        assert_true(effect >= 1);
        sum += effect;
        large += effect > 4;
    }
    assert_true(sum / SEEDS < 2); /* the price of never being below 1, and of Student's t */
    assert_true(large < 0.05 * SEEDS);
}

static void whole_ticks_together_are_one_trial(void **state)
{
    (void)state;
    struct batches b = {0};
    for (int t = 0; t < 1000; t++) {
        bool bad = rng_unit(rng_at((struct rng_key){1, 4, RNG_THINK}, (uint64_t)t, 0).a) < 0.3;
        batches_add(&b, bad ? 50 : 0, 50);
    }
    double effect = batches_design_effect(&b);
    assert_true(effect > 45 && effect < 75); /* 50 requests that stand and fall together */
}

/* Latencies whose logarithm has a part that a whole second shares, and that goes on from second to
 * second: x = share^0.5 a_t + (1 - share)^0.5 e, a_t = rho a_(t-1) + (1 - rho^2)^0.5 e'. */
struct bursts {
    const char *name;
    int ticks, each;
    double rho, share;
    double covers; /* at least */
};

static bool covers_quantile(const struct bursts *c, uint64_t seed, bool with_effect)
{
    static struct hist h;
    const double truth = exp(1.6448536) * 1e6; /* p95 of e^x ms */
    struct rng_stream s = rng_stream_at((struct rng_key){seed, 5, RNG_THINK}, 0);
    struct batches b = {0};
    hist_init(&h);
    double a = gauss(&s);
    for (int t = 0; t < c->ticks; t++) {
        double over = 0;
        for (int i = 0; i < c->each; i++) {
            double x = exp(sqrt(c->share) * a + sqrt(1 - c->share) * gauss(&s)) * 1e6;
            hist_record(&h, (uint64_t)x);
            over += x > truth;
        }
        batches_add(&b, over, c->each);
        a = c->rho * a + sqrt(1 - c->rho * c->rho) * gauss(&s);
    }
    double effect = with_effect ? batches_design_effect(&b) : 1;
    struct interval_ranks ranks = interval_of_quantile(h.count, 0.95, effect);
    bool below = ranks.lo == 0 || (double)hist_floor_at_rank(&h, ranks.lo) <= truth;
    bool above = ranks.hi == 0 || (double)hist_at_rank(&h, ranks.hi) >= truth;
    return below && above;
}

static uint32_t covered(const struct bursts *c, bool with_effect)
{
    uint32_t count = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) count += covers_quantile(c, seed, with_effect);
    return count;
}

static void quantile_of_bursts_is_covered(void **state)
{
    (void)state;
    static const struct bursts cases[] = {
        {"seconds of their own, 15 s", 15, 20, 0, 0.2, 0.93},
        {"neighbours go together, 60 s", 60, 10, 0.5, 0.2, 0.93},
        {"stalls of several seconds, 240 s", 240, 5, 0.8, 0.2, 0.93},
        {"stalls of several seconds, only 60 s", 60, 10, 0.8, 0.2, 0.88},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(cases[i].name, covered(&cases[i], true) >= cases[i].covers * SEEDS);
    }
    CHECK("without it the same bursts are not", covered(&cases[1], false) < 0.85 * SEEDS);
}

static void mean_is_covered(void **state)
{
    (void)state;
    static const struct bursts cases[] = {
        {"independent, 15 ticks", 15, 20, 0, 0, 0.93},
        {"neighbours go together, 60 ticks", 60, 10, 0.5, 0.3, 0.92},
        {"stalls of several seconds, 240 ticks", 240, 5, 0.8, 0.3, 0.93},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint32_t count = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct rng_stream s = rng_stream_at((struct rng_key){seed, 6, RNG_THINK}, c);
            struct batches b = {0};
            double a = gauss(&s), rho = cases[c].rho, share = cases[c].share;
            for (int t = 0; t < cases[c].ticks; t++) {
                double sum = 0;
                for (int i = 0; i < cases[c].each; i++) {
                    sum += 100 + sqrt(share) * a + sqrt(1 - share) * gauss(&s);
                }
                batches_add(&b, sum, cases[c].each);
                a = rho * a + sqrt(1 - rho * rho) * gauss(&s);
            }
            count += fabs(batches_ratio(&b) - 100) <= batches_half_width(&b);
        }
        CHECK(cases[c].name, count >= cases[c].covers * SEEDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_ticks_say_nothing),
        cmocka_unit_test(one_known_interval),
        cmocka_unit_test(constant_has_no_width),
        cmocka_unit_test(independent_trials_have_no_effect),
        cmocka_unit_test(whole_ticks_together_are_one_trial),
        cmocka_unit_test(quantile_of_bursts_is_covered),
        cmocka_unit_test(mean_is_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
