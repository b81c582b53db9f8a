#include "stats/steady.h"

#include <math.h>

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"

#define SEEDS 200
#define PER_STEP 0.005 /* of the logarithm */
#define IN_ALL 0.2

/* Two values of the standard normal distribution (G. E. P. Box, M. E. Muller, 1958). */
static double normal(struct rng_stream *s)
{
    double radius = sqrt(-2 * log(rng_unit(rng_next(s))));
    return radius * cos(2 * 3.14159265358979 * rng_unit(rng_next(s)));
}

/* A series as a warm-up has: log times that start `above` and come down, and a drift. */
struct law {
    double noise, above, tau, drift;
    uint32_t step_at; /* with `above` and no tau: where it comes down at once */
};

static double value_at(const struct law *law, uint32_t i, struct rng_stream *s)
{
    double extra = law->tau > 0       ? law->above * exp(-(double)i / law->tau)
                   : i < law->step_at ? law->above
                                      : 0;
    return extra + law->drift * i + law->noise * normal(s);
}

static bool is_steady(const double *values, uint32_t count, struct steady_trend *t)
{
    return steady_trend(values, count, t) && steady_within(t, PER_STEP, IN_ALL);
}

/* The first length at which the series counts as steady; 0: it never does. */
static uint32_t first_steady(const struct law *law, uint64_t seed, struct steady_trend *t)
{
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = seed}, 0);
    double values[STEADY_MOST];
    for (uint32_t i = 0; i < STEADY_MOST; i++) {
        values[i] = value_at(law, i, &s);
        if (is_steady(values, i + 1, t)) return i + 1;
    }
    return 0;
}

/* What is told too early: the rest that is still to come down is more than 5 %. */
static bool too_early(const struct law *law, uint32_t cut)
{
    double rest = law->tau > 0 ? law->above * exp(-(double)cut / law->tau) : 0;
    if (law->tau <= 0) return cut < law->step_at && law->above > 0;
    return rest > 0.05 + 2 * law->noise;
}

static void ends_when_it_has_come_to_rest(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct law law;
        double least, most; /* share that is steady within STEADY_MOST */
        double early;       /* share at most that was told so before it was */
        uint32_t by;        /* steps within which half of those that are steady are */
    } cases[] = {
        {"flat, 2 % of noise", {.noise = 0.02}, 1, 1, 0, 20},
        {"flat, 10 % of noise", {.noise = 0.1}, 0.99, 1, 0, 40},
        {"a step at 8", {.noise = 0.05, .above = 1, .step_at = 8}, 1, 1, 0, 40},
        {"a decay, tau 5", {.noise = 0.05, .above = 1, .tau = 5}, 0.99, 1, 0.02, 60},
        {"a decay, tau 60", {.noise = 0.05, .above = 1, .tau = 60}, 0, 0.05, 0.05, 120},
        {"a drift of 1 % a step", {.noise = 0.02, .drift = 0.01}, 0, 0, 0, 120},
        {"a drift of -1 % a step", {.noise = 0.02, .drift = -0.01}, 0, 0, 0, 120},
        {"noise that hides any trend", {.noise = 5}, 0, 0.01, 0, 120},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t steady = 0;
        uint32_t early = 0;
        uint32_t in_time = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct steady_trend t;
            uint32_t at = first_steady(&cases[i].law, seed, &t);
            steady += at > 0;
            in_time += at > 0 && at <= cases[i].by;
            early += at > 0 && too_early(&cases[i].law, t.from);
        }
        double share = (double)steady / SEEDS;
        bool ok = share >= cases[i].least && share <= cases[i].most
                  && (double)early / SEEDS <= cases[i].early && 2 * in_time >= steady;
        if (!ok)
            print_error("%s: %u steady, %u early, %u in time\n", cases[i].name, steady, early,
                        in_time);
        CHECK(cases[i].name, ok);
    }
}

static void slope_by_hand(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double values[14];
        uint32_t count;
        bool told;
        uint32_t from;
        double slope;
    } cases[] = {
        {"nine are too few", {0, 1, 0, 1, 0, 1, 0, 1, 0}, 9, false, 0, 0},
        {"all the same", {3, 3, 3, 3, 3, 3, 3, 3, 3, 3}, 10, true, 0, 0},
        {"one far out moves nothing", {1, 1, 1, 1, 1, 1, 1, 1, 99, 1, 1, 1}, 12, true, 0, 0},
        {"the start is cut off", {9, 9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}, 14, true, 2, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct steady_trend t = {.from = 77};
        bool told = steady_trend(cases[i].values, cases[i].count, &t);
        CHECK(cases[i].name, told == cases[i].told);
        if (!told) CHECK(cases[i].name, t.from == 77);
        if (!told) continue;
        CHECK(cases[i].name,
              t.settled && t.from == cases[i].from && t.count == cases[i].count - t.from);
        CHECK(cases[i].name, fabs(t.slope - cases[i].slope) < 1e-12);
        CHECK(cases[i].name, t.slope90.lo <= t.slope && t.slope <= t.slope90.hi);
    }
}

static void unsettled(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double values[20];
        uint32_t count;
    } cases[] = {
        {"too few behind the cut", {9, 9, 1, 2, 1, 2, 1, 2, 1, 2}, 10},
        {"still coming down",
         {20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1},
         20},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct steady_trend t;
        CHECK(cases[i].name, steady_trend(cases[i].values, cases[i].count, &t));
        CHECK(cases[i].name, !t.settled && !steady_within(&t, 1e9, 1e9));
    }
}

/* Of independent values without a trend, nine in ten of the intervals contain 0. */
static void interval_covers(void **state)
{
    (void)state;
    uint32_t covered = 0;
    uint32_t told = 0;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct rng_stream s = rng_stream_at((struct rng_key){.seed = seed}, 0);
        double values[30];
        for (uint32_t i = 0; i < 30; i++) values[i] = normal(&s);
        struct steady_trend t;
        if (!steady_trend(values, 30, &t) || t.from > 0) continue; /* a cut was chosen by them */
        told++;
        covered += t.slope90.lo <= 0 && 0 <= t.slope90.hi;
    }
    double share = (double)covered / told;
    if (share < 0.88 || share > 0.96) print_error("%u of %u: %.3f\n", covered, told, share);
    assert_true(share >= 0.88 && share <= 0.96);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slope_by_hand),
        cmocka_unit_test(unsettled),
        cmocka_unit_test(interval_covers),
        cmocka_unit_test(ends_when_it_has_come_to_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
