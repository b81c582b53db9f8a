#include "load/takeups.h"

#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/ns.h"
#include "check.h"
#include "little_plan.h"
#include "load/schedule.h"
#include "stats/anderson.h"

enum { ARRIVALS_MOST = 200000, SAMPLE_MOST = 4000, SEEDS = 40, WORKERS_MOST = 8 };

#define CHANCE 1e-4 /* of one seed of a right sample being called wrong; all of them are asked */
#define SIGMAS 5.0
#define WHOLE 1000000u /* millionths of the mean gap */

struct scene {
    struct little_plan plan;
    struct arena arena;
    struct timeline timeline;
};

static void open_scene(struct scene *s, const char *stages, uint64_t tick_ns)
{
    char yaml[1000];
    int len = snprintf(yaml, sizeof yaml,
                       "plan: 1\ntarget: http://127.0.0.1:1\n"
                       "scenarios: { s: { steps: [ GET /a ] } }\nload: { stages: [ %s ] }\n",
                       stages);
    assert_true(len > 0 && (size_t)len < sizeof yaml);
    little_plan_open(&s->plan, yaml, NULL);
    assert_true(arena_open(&s->arena, 1 << 16, NULL));
    timeline_init(&s->timeline, &s->plan.plan, tick_ns, &s->arena);
}

static void close_scene(struct scene *s)
{
    arena_close(&s->arena);
    little_plan_close(&s->plan);
}

static void of_which_stages_a_sample_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *stage;
        uint64_t tick_ns;
        double share;
    } cases[] = {
        {"{ rate: 5/s, for: 9s, arrivals: poisson }", NS_PER_S, 1},
        {"{ rate: 64/s, for: 9s, arrivals: poisson }", NS_PER_S, 1},
        {"{ rate: 640/s, for: 9s, arrivals: poisson }", NS_PER_S, 0.1},
        {"{ rate: 640/s, for: 9s, arrivals: poisson }", 2 * NS_PER_S, 0.05},
        {"{ rate: 10/s..1280/s, for: 9s, arrivals: poisson }", NS_PER_S, 0.05},
        {"{ rate: 1280/s..0/s, for: 9s, arrivals: poisson }", NS_PER_S, 0.05},
        {"{ rate: 640/s, for: 9s, arrivals: exact }", NS_PER_S, 0},
        {"{ rate: 640/s, for: 9s, arrivals: even }", NS_PER_S, 0},
        {"{ users: 5, for: 9s }", NS_PER_S, 0},
        {"{ users: 5, requests: 100 }", NS_PER_S, 0},
        {"{ rate: 640/s, requests: 100 }", NS_PER_S, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        open_scene(&s, cases[i].stage, cases[i].tick_ns);
        double share = takeups_share(&s.plan.plan.stages[0], cases[i].tick_ns);
        CHECK(cases[i].stage, fabs(share - cases[i].share) < 1e-12);
        close_scene(&s);
    }
}

static struct rng_key key_of(uint64_t seed)
{
    return (struct rng_key){.seed = seed, .use = RNG_TAKEUP};
}

static void the_sample_has_its_share(void **state)
{
    (void)state;
    static const double shares[] = {0.9, 0.5, 0.1, 0.01, 0.0032};
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        double p = shares[i];
        double taken = 0, squares = 0;
        uint64_t before = 0;
        struct takeups t;
        takeups_enter(&t, p, key_of(i), 3);
        for (uint64_t k = 1; k <= ARRIVALS_MOST; k++) {
            if (!takeups_wants(&t)) continue;
            squares += (double)(k - before) * (double)(k - before);
            before = k;
            taken++;
        }
        double n = ARRIVALS_MOST;
        assert_true(fabs(taken - n * p) < SIGMAS * sqrt(n * p * (1 - p)));
        /* A geometric law, and no even steps: E(k^2) = (2 - p) / p^2, its own variance < 20 / p^4.
         */
        double mean_square = squares / taken;
        assert_true(fabs(mean_square - (2 - p) / (p * p)) < SIGMAS * sqrt(20 / taken) / (p * p));
    }
}

static void all_or_none(void **state)
{
    (void)state;
    struct takeups all, none;
    takeups_enter(&all, 1, key_of(1), 0);
    takeups_enter(&none, 0, key_of(1), 0);
    for (int i = 0; i < 10000; i++) {
        assert_true(takeups_wants(&all));
        assert_false(takeups_wants(&none));
    }
}

static void each_worker_and_stage_draws_for_itself(void **state)
{
    (void)state;
    struct takeups t[4];
    uint32_t alike[4] = {0};
    struct rng_key other = key_of(7);
    other.stage = 1;
    takeups_enter(&t[0], 0.1, key_of(7), 0);
    takeups_enter(&t[1], 0.1, key_of(7), 0); /* the same once more */
    takeups_enter(&t[2], 0.1, key_of(7), 1);
    takeups_enter(&t[3], 0.1, other, 0);
    for (uint32_t k = 0; k < 10000; k++) {
        bool wanted = takeups_wants(&t[0]);
        for (int i = 1; i < 4; i++) alike[i] += takeups_wants(&t[i]) == wanted;
    }
    assert_int_equal(alike[1], 10000);
    for (int i = 2; i < 4; i++) assert_in_range(alike[i], 8000, 8400); /* 0.1^2 + 0.9^2 = 0.82 */
}

/* The sample of a whole stage as its workers take it: each k-th arrival is of worker k mod count,
 * and `late_ns` is the lump in which they wake. */
static uint32_t sample_of(const struct scene *s, uint64_t seed, uint32_t workers, uint64_t lump_ns,
                          struct takeup *out)
{
    static uint64_t dues[ARRIVALS_MOST];
    const struct stage *stage = &s->plan.plan.stages[0];
    struct takeups takeups[WORKERS_MOST];
    struct schedule schedule;
    struct arrival arrival;
    uint32_t count = 0;
    for (uint32_t i = 0; i < workers; i++) {
        takeups_enter(&takeups[i], takeups_share(stage, NS_PER_S), key_of(seed), i);
    }
    schedule_open(&schedule, stage, 0, seed, dues, schedule_block_limit(stage));
    while (schedule_next(&schedule, &arrival)) {
        if (!takeups_wants(&takeups[arrival.index % workers])) continue;
        assert_true(count < SAMPLE_MOST);
        uint64_t at_ns = arrival.due_ns;
        if (lump_ns > 0) at_ns = (at_ns + lump_ns - 1) / lump_ns * lump_ns;
        out[count++] = (struct takeup){.at_ns = at_ns, .stage = 0};
    }
    return count;
}

static int by_share(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The chance of gaps as unlike the exponential law as these; their mean in units of what it should
 * be. */
static double chance_of(const struct takeup_gap *gaps, uint32_t count, double *mean)
{
    static double shares[SAMPLE_MOST];
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        double gap = (gaps[i].millionths + 0.5) / WHOLE;
        sum += gap;
        shares[i] = -expm1(-gap);
    }
    *mean = sum / count;
    qsort(shares, count, sizeof shares[0], by_share);
    return anderson_tail(count, anderson_statistic(shares, count));
}

/* Handed over in ticks of a second, as the collector does. */
static uint32_t gaps_of(const struct scene *s, const struct takeup *all, uint32_t count,
                        struct takeup_gap *gaps)
{
    struct takeups_chain chain = {0};
    uint32_t gap_count = 0;
    for (uint32_t from = 0; from < count;) {
        uint32_t to = from;
        uint64_t second = all[from].at_ns / NS_PER_S;
        while (to < count && all[to].at_ns / NS_PER_S == second) to++;
        gap_count += takeups_gaps(&chain, &s->timeline, all + from, to - from, gaps + gap_count);
        from = to;
    }
    return gap_count;
}

static void gaps_of_a_poisson_stage_are_exponential(void **state)
{
    (void)state;
    static const char *const stages[] = {
        "{ rate: 30/s, for: 30s, arrivals: poisson }",
        "{ rate: 2000/s, for: 30s, arrivals: poisson }",
        "{ rate: 0/s..2000/s, for: 30s, arrivals: poisson }",
        "{ rate: 3000/s..10/s, for: 30s, arrivals: poisson }",
    };
    static struct takeup sample[SAMPLE_MOST];
    static struct takeup_gap gaps[SAMPLE_MOST];
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        struct scene s;
        open_scene(&s, stages[i], NS_PER_S);
        double least = 1, sum = 0, total = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            uint32_t count = sample_of(&s, seed, 1 + seed % WORKERS_MOST, 0, sample);
            uint32_t gap_count = gaps_of(&s, sample, count, gaps);
            CHECK_U64(stages[i], gap_count, count - 1);
            double mean;
            double chance = chance_of(gaps, gap_count, &mean);
            if (chance < least) least = chance;
            sum += mean * gap_count;
            total += gap_count;
        }
        CHECK(stages[i], least > CHANCE);
        CHECK(stages[i], fabs(sum / total - 1) < SIGMAS / sqrt(total));
        close_scene(&s);
    }
}

/* What a clock that wakes prony every 20 ms makes of them is seen, so the test above can fail. */
static void lumps_are_no_poisson_stage(void **state)
{
    (void)state;
    static struct takeup sample[SAMPLE_MOST];
    static struct takeup_gap gaps[SAMPLE_MOST];
    struct scene s;
    open_scene(&s, "{ rate: 2000/s, for: 30s, arrivals: poisson }", NS_PER_S);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        double mean;
        uint32_t count = sample_of(&s, seed, 1, 20 * NS_PER_MS, sample);
        uint32_t gap_count = gaps_of(&s, sample, count, gaps);
        assert_true(chance_of(gaps, gap_count, &mean) < CHANCE);
    }
    close_scene(&s);
}

/* Stages of 10/s and 20/s, of one of 60/s that is long, and of the drain behind them: what a gap is
 * and what is none. */
static void where_gaps_begin_and_end(void **state)
{
    (void)state;
#define MS(n) ((uint64_t)(n)*NS_PER_MS)
    static const struct {
        const char *name;
        struct takeup all[4];
        uint32_t count, gap_count;
        struct takeup_gap gaps[3];
    } cases[] = {
        {"none", {{0}}, 0, 0, {{0}}},
        {"the first has no gap", {{MS(10), 0}}, 1, 0, {{0}}},
        {"as many as should be", {{MS(10), 0}, {MS(110), 0}}, 2, 1, {{0, WHOLE}}},
        {"at once", {{MS(10), 0}, {MS(10), 0}}, 2, 1, {{0, 0}}},
        {"half as many, twice",
         {{MS(10), 0}, {MS(210), 0}, {MS(410), 0}},
         3,
         2,
         {{0, 2 * WHOLE}, {0, 2 * WHOLE}}},
        {"not across an edge", {{MS(900), 0}, {MS(1010), 1}, {MS(1060), 1}}, 3, 1, {{1, WHOLE}}},
        {"taken up when its stage is over", /* and the chain goes on without it */
         {{MS(900), 0}, {MS(1001), 0}, {MS(1010), 1}, {MS(1110), 1}},
         4,
         1,
         {{1, 2 * WHOLE}}},
        {"the last instant of a stage", {{MS(899), 0}, {MS(1000) - 1, 0}}, 2, 1, {{0, 1009999}}},
        {"before its stage", {{MS(990), 1}, {MS(1010), 1}}, 2, 0, {{0}}},
        {"beyond what a gap can say", {{MS(2010), 2}, {MS(200010), 2}}, 2, 1, {{2, UINT32_MAX}}},
    };
    struct scene s;
    open_scene(&s,
               "{ rate: 10/s, for: 1s, arrivals: poisson }, { rate: 20/s, for: 1s, arrivals:"
               " poisson }, { rate: 60/s, for: 200s, arrivals: poisson }",
               NS_PER_S);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct takeups_chain chain = {0}, parts = {0};
        struct takeup_gap gaps[4];
        uint32_t count = takeups_gaps(&chain, &s.timeline, cases[i].all, cases[i].count, gaps);
        CHECK_U64(cases[i].name, count, cases[i].gap_count);
        for (uint32_t k = 0; k < count; k++) {
            CHECK_U64(cases[i].name, gaps[k].stage, cases[i].gaps[k].stage);
            int64_t off = (int64_t)gaps[k].millionths - cases[i].gaps[k].millionths;
            CHECK(cases[i].name, off >= -1 && off <= 0); /* rounded down */
        }
        /* One by one, as in ticks that have one each, it is the same. */
        uint32_t sum = 0;
        for (uint32_t k = 0; k < cases[i].count; k++) {
            sum += takeups_gaps(&parts, &s.timeline, &cases[i].all[k], 1, gaps);
        }
        CHECK_U64(cases[i].name, sum, cases[i].gap_count);
    }
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_which_stages_a_sample_is_taken),
        cmocka_unit_test(the_sample_has_its_share),
        cmocka_unit_test(all_or_none),
        cmocka_unit_test(each_worker_and_stage_draws_for_itself),
        cmocka_unit_test(gaps_of_a_poisson_stage_are_exponential),
        cmocka_unit_test(lumps_are_no_poisson_stage),
        cmocka_unit_test(where_gaps_begin_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
