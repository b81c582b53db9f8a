#include "load/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/rng.h"
#include "check.h"
#include "stats/anderson.h"

enum { DUES = 1 << 16 };

static uint64_t dues_ns[3][DUES];

static struct stage open_stage(double from, double to, uint64_t length_ns, enum arrivals arrivals)
{
    return (struct stage){.model = MODEL_OPEN,
                          .rate_from = from,
                          .rate_to = to,
                          .length_ns = length_ns,
                          .arrivals = arrivals};
}

/* All arrivals of the stage into `out`; checks on the way what holds of every schedule. */
static uint32_t walk(const struct stage *stage, uint64_t seed, uint64_t *out, uint32_t size)
{
    struct schedule s;
    struct arrival a;
    uint32_t count = 0;
    uint64_t before = 0;
    uint32_t limit = schedule_block_limit(stage);
    CHECK("the array holds a block", limit <= DUES);
    schedule_open(&s, stage, 3, seed, dues_ns[0], limit);
    while (schedule_next(&s, &a)) {
        CHECK_U64("indexes have no gap", a.index, count);
        CHECK("times do not fall", a.due_ns >= before);
        CHECK("within the stage", a.due_ns < stage->length_ns);
        CHECK("a block fits its limit", s.due_count <= limit);
        assert_true(count < size);
        out[count++] = before = a.due_ns;
    }
    CHECK("stays at the end", !schedule_next(&s, &a));
    return count;
}

static void counted_schedules_have_their_count(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double from, to;
        uint64_t length_ns, requests;
        enum arrivals arrivals;
        uint32_t want;
    } cases[] = {
        {"exact, flat", 200, 200, 10 * NS_PER_S, 0, ARRIVALS_EXACT, 2000},
        {"exact, rising", 0, 200, 10 * NS_PER_S, 0, ARRIVALS_EXACT, 1000},
        {"exact, falling to nothing", 300, 0, 7 * NS_PER_S, 0, ARRIVALS_EXACT, 1050},
        {"exact, short last block", 100, 100, 2500 * NS_PER_MS, 0, ARRIVALS_EXACT, 250},
        {"exact, one arrival", 1, 1, NS_PER_S, 0, ARRIVALS_EXACT, 1},
        {"exact, under a second", 1000, 1000, 137 * NS_PER_MS, 0, ARRIVALS_EXACT, 137},
        {"exact, rarer than blocks", 0.1, 0.1, 100 * NS_PER_S, 0, ARRIVALS_EXACT, 10},
        {"even, flat", 200, 200, 10 * NS_PER_S, 0, ARRIVALS_EVEN, 2000},
        {"even, rising", 10, 50, 9 * NS_PER_S, 0, ARRIVALS_EVEN, 270},
        {"even, a rate with a fraction", 3.3, 3.3, 10 * NS_PER_S, 0, ARRIVALS_EVEN, 33},
        {"even, by count", 7, 7, 142857142857, 1000, ARRIVALS_EVEN, 1000},
        {"Poisson by count", 500, 500, 2 * NS_PER_S, 1000, ARRIVALS_POISSON, 1000},
        {"Poisson by count, length rounded", 300, 300, 3333333333, 1000, ARRIVALS_POISSON, 1000},
        {"exact by count, rising", 100, 300, 5 * NS_PER_S, 1000, ARRIVALS_EXACT, 1000},
        {"by count, one", 0.01, 0.01, 100 * NS_PER_S, 1, ARRIVALS_POISSON, 1},
        {"nothing", 0, 0, 3 * NS_PER_S, 0, ARRIVALS_POISSON, 0},
    };
    static uint64_t times[4096];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage =
            open_stage(cases[i].from, cases[i].to, cases[i].length_ns, cases[i].arrivals);
        stage.requests = cases[i].requests;
        for (uint64_t seed = 0; seed < 25; seed++) {
            CHECK_U64(cases[i].name, walk(&stage, seed, times, COUNT_OF(times)), cases[i].want);
        }
    }
}

/* Mean and variance of the number of arrivals in each block, over many seeds, against those of the
 * law; bounds are five standard errors. */
static void counts_per_block_follow_their_law(void **state)
{
    (void)state;
    enum { SEEDS = 2000, BLOCKS = 5 };
    static const struct {
        const char *name;
        double from, to;
        enum arrivals arrivals;
    } cases[] = {
        {"rare", 0.4, 0.4, ARRIVALS_POISSON},
        {"few", 3, 3, ARRIVALS_POISSON},
        {"under the change of method", 9.9, 9.9, ARRIVALS_POISSON},
        {"over the change of method", 10.1, 10.1, ARRIVALS_POISSON},
        {"many", 400, 400, ARRIVALS_POISSON},
        {"rising", 0, 60, ARRIVALS_POISSON},
        {"falling", 50, 2, ARRIVALS_POISSON},
        {"exact, few", 4, 4, ARRIVALS_EXACT},
        {"exact, many", 300, 300, ARRIVALS_EXACT},
        {"exact, rising", 4, 84, ARRIVALS_EXACT},
    };
    static uint64_t times[4096];
    /* The last block is half as long. */
    uint64_t length_ns = BLOCKS * NS_PER_S - NS_PER_S / 2;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage = open_stage(cases[i].from, cases[i].to, length_ns, cases[i].arrivals);
        double sum[BLOCKS] = {0}, squares[BLOCKS] = {0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            uint32_t in_block[BLOCKS] = {0}, count = walk(&stage, seed, times, COUNT_OF(times));
            for (uint32_t k = 0; k < count; k++) in_block[times[k] / NS_PER_S]++;
            for (uint32_t b = 0; b < BLOCKS; b++) {
                sum[b] += in_block[b];
                squares[b] += (double)in_block[b] * in_block[b];
            }
        }
        double all = schedule_expected(&stage, length_ns);
        for (uint32_t b = 0; b < BLOCKS; b++) {
            uint64_t end = b + 1 == BLOCKS ? length_ns : (b + 1) * NS_PER_S;
            double mean = schedule_expected(&stage, end) - schedule_expected(&stage, b * NS_PER_S);
            double variance = cases[i].arrivals == ARRIVALS_EXACT ? mean * (1 - mean / all) : mean;
            double got = sum[b] / SEEDS, spread = squares[b] / SEEDS - got * got;
            CHECK(cases[i].name, fabs(got - mean) < 5 * sqrt(variance / SEEDS));
            /* Var(s^2) of a Poisson: (2 l^2 + l) / n. */
            double error = sqrt((2 * variance * variance + variance) / SEEDS);
            CHECK(cases[i].name, fabs(spread - variance) < 5 * error);
        }
    }
}

/* Chi-square of the counts of one block against the Poisson probabilities. */
static void counts_have_the_poisson_shape(void **state)
{
    (void)state;
    enum { SEEDS = 20000, CELLS = 40 };
    static const struct {
        const char *name;
        double mean;
    } cases[] = {{"by products", 6}, {"by rejection", 14}};
    static uint64_t times[256];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage = open_stage(cases[i].mean, cases[i].mean, NS_PER_S, ARRIVALS_POISSON);
        double seen[CELLS] = {0}, chance = exp(-cases[i].mean), chi = 0;
        uint32_t cells = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            uint32_t count = walk(&stage, seed, times, COUNT_OF(times));
            seen[count < CELLS ? count : CELLS - 1]++;
        }
        for (uint32_t k = 0; k < CELLS; chance *= cases[i].mean / ++k) {
            double want = chance * SEEDS;
            if (want < 5) continue;
            chi += (seen[k] - want) * (seen[k] - want) / want;
            cells++;
        }
        /* Mean `cells`, standard deviation sqrt(2 cells). */
        CHECK(cases[i].name, chi < cells + 5 * sqrt(2.0 * cells));
    }
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of values that are sorted here. Critical values: 2.49 at 5 %, 3.86 at 1 %, 6.0 at 0.1 %. */
static double anderson_darling(double *u, uint32_t count)
{
    qsort(u, count, sizeof u[0], by_value);
    return anderson_statistic(u, count);
}

static void gaps_are_exponential(void **state)
{
    (void)state;
    static uint64_t times[8192];
    static double gaps[8192];
    static const struct {
        const char *name;
        double from, to;
    } cases[] = {{"flat", 150, 150}, {"one a block", 1, 1}, {"rising", 10, 300}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage =
            open_stage(cases[i].from, cases[i].to, 20 * NS_PER_S, ARRIVALS_POISSON);
        uint32_t count = 0, high = 0;
        for (uint64_t seed = 1; seed <= 20; seed++) {
            uint32_t n = walk(&stage, seed, times, COUNT_OF(times));
            double before = 0;
            /* Time in units of the cumulative rate: gaps are then exponential with mean 1. */
            for (uint32_t k = 0; k < n; k++) {
                double at = schedule_expected(&stage, times[k]);
                gaps[k] = 1 - exp(before - at);
                before = at;
            }
            count += n;
            double a2 = anderson_darling(gaps, n);
            CHECK(cases[i].name, a2 < 6);
            high += a2 > 2.49;
        }
        CHECK(cases[i].name, count > 0);
        CHECK(cases[i].name, high <= 4); /* one in twenty is expected at 5 % */
    }
    /* And the yardstick sees what is not exponential. */
    struct stage even = open_stage(150, 150, 20 * NS_PER_S, ARRIVALS_EVEN);
    uint32_t n = walk(&even, 1, times, COUNT_OF(times));
    for (uint32_t k = 1; k < n; k++) {
        gaps[k - 1] = 1 - exp(-150.0 * (double)(times[k] - times[k - 1]) / 1e9);
    }
    assert_true(anderson_darling(gaps, n - 1) > 100);
}

static void times_follow_the_cumulative_rate(void **state)
{
    (void)state;
    static uint64_t times[8192];
    static double share[8192];
    static const struct {
        const char *name;
        double from, to;
        uint64_t length_ns;
        enum arrivals arrivals;
    } cases[] = {
        {"flat", 200, 200, 10 * NS_PER_S, ARRIVALS_POISSON},
        {"up from nothing", 0, 400, 12 * NS_PER_S, ARRIVALS_POISSON},
        {"down to nothing", 400, 0, 12 * NS_PER_S, ARRIVALS_POISSON},
        {"up, exact", 20, 500, 9300 * NS_PER_MS, ARRIVALS_EXACT},
        {"down, exact", 500, 20, 9300 * NS_PER_MS, ARRIVALS_EXACT},
        {"nearly flat", 200, 200.0000001, 10 * NS_PER_S, ARRIVALS_POISSON},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage =
            open_stage(cases[i].from, cases[i].to, cases[i].length_ns, cases[i].arrivals);
        double all = schedule_expected(&stage, stage.length_ns);
        uint32_t high = 0;
        for (uint64_t seed = 100; seed < 120; seed++) {
            uint32_t n = walk(&stage, seed, times, COUNT_OF(times));
            for (uint32_t k = 0; k < n; k++) {
                share[k] = schedule_expected(&stage, times[k]) / all;
            }
            double a2 = anderson_darling(share, n);
            CHECK(cases[i].name, a2 < 6);
            high += a2 > 2.49;
        }
        CHECK(cases[i].name, high <= 4);
    }
}

static void even_arrivals_stand_where_the_rate_says(void **state)
{
    (void)state;
    static uint64_t times[8192];
    static const struct {
        const char *name;
        double from, to;
        uint64_t length_ns;
    } cases[] = {
        {"flat", 100, 100, 5 * NS_PER_S},
        {"up", 10, 300, 8500 * NS_PER_MS},
        {"down to nothing", 300, 0, 6 * NS_PER_S},
        {"slower than blocks", 0.25, 0.25, 40 * NS_PER_S},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stage =
            open_stage(cases[i].from, cases[i].to, cases[i].length_ns, ARRIVALS_EVEN);
        uint32_t n = walk(&stage, 9, times, COUNT_OF(times));
        double scale = schedule_expected(&stage, stage.length_ns) / n;
        for (uint32_t k = 0; k < n; k++) {
            double at = schedule_expected(&stage, times[k]);
            CHECK(cases[i].name, fabs(at - (k + 0.5) * scale) < 1e-4);
        }
    }
    /* A flat rate of 100/s in whole numbers: 5 ms, 15 ms, ... to the nanosecond. */
    struct stage flat = open_stage(100, 100, NS_PER_S, ARRIVALS_EVEN);
    CHECK_U64("count", walk(&flat, 1, times, COUNT_OF(times)), 100);
    for (uint64_t k = 0; k < 100; k++) {
        uint64_t want = k * 10 * NS_PER_MS + 5 * NS_PER_MS;
        CHECK("to the nanosecond", times[k] + 1 >= want && times[k] <= want);
    }
}

/* Any number of workers, each taking its own k, sees one schedule; nothing but (plan, seed, stage)
 * moves it. */
static void workers_share_one_schedule(void **state)
{
    (void)state;
    static uint64_t times[1 << 15];
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct rng_stream r = rng_stream_at((struct rng_key){seed, 0, RNG_DATA}, 0);
        struct stage stage = open_stage((double)rng_between(rng_next(&r), 0, 900),
                                        (double)rng_between(rng_next(&r), 1, 900),
                                        (uint64_t)rng_between(rng_next(&r), 1, 12 * NS_PER_S),
                                        (enum arrivals)(rng_next(&r) % 3));
        uint32_t n = walk(&stage, seed, times, COUNT_OF(times));
        for (uint32_t workers = 1; workers <= 3; workers++) {
            uint32_t served = 0;
            for (uint32_t w = 0; w < workers; w++) {
                struct schedule s;
                struct arrival a;
                schedule_open(&s, &stage, 3, seed, dues_ns[w], schedule_block_limit(&stage));
                while (schedule_next(&s, &a)) {
                    if (a.index % workers != w) continue;
                    assert_true(a.index < n);
                    CHECK_U64("the same instant", a.due_ns, times[a.index]);
                    served++;
                }
            }
            CHECK_U64("each once", served, n);
        }
    }
}

static void seed_and_stage_give_other_schedules(void **state)
{
    (void)state;
    static uint64_t first[4096], other[4096];
    struct stage stage = open_stage(100, 100, 10 * NS_PER_S, ARRIVALS_EXACT);
    uint32_t n = walk(&stage, 1, first, COUNT_OF(first));
    CHECK_U64("again", walk(&stage, 1, other, COUNT_OF(other)), n);
    CHECK("the same again", memcmp(first, other, n * sizeof first[0]) == 0);
    walk(&stage, 2, other, COUNT_OF(other));
    CHECK("another seed", memcmp(first, other, n * sizeof first[0]) != 0);
    struct schedule s;
    struct arrival a;
    schedule_open(&s, &stage, 4, 1, dues_ns[0], schedule_block_limit(&stage));
    assert_true(schedule_next(&s, &a));
    CHECK("another stage", a.due_ns != first[0]);
}

static void closed_stages_have_no_arrivals(void **state)
{
    (void)state;
    struct stage closed = {.model = MODEL_CLOSED, .users_from = 10, .users_to = 10};
    CHECK_U64("closed", schedule_block_limit(&closed), 0);
    struct stage open = open_stage(100, 400, NS_PER_S, ARRIVALS_POISSON);
    CHECK("twelve deviations over the peak", schedule_block_limit(&open) >= 400 + 12 * 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_schedules_have_their_count),
        cmocka_unit_test(counts_per_block_follow_their_law),
        cmocka_unit_test(counts_have_the_poisson_shape),
        cmocka_unit_test(gaps_are_exponential),
        cmocka_unit_test(times_follow_the_cumulative_rate),
        cmocka_unit_test(even_arrivals_stand_where_the_rate_says),
        cmocka_unit_test(workers_share_one_schedule),
        cmocka_unit_test(seed_and_stage_give_other_schedules),
        cmocka_unit_test(closed_stages_have_no_arrivals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
