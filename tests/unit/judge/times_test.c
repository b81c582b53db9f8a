#include "judge/times.h"

#include <math.h>
#include <stdbool.h>

#include "base/attr.h"
#include "check.h"
#include "judge/figures.h"

#define MS UINT64_C(1000000)

/* Times of which some were not seen to their end. */
struct mix {
    uint32_t fast;                 /* answered in 10 ms */
    uint32_t slow;                 /* answered in 400 ms */
    uint32_t timeouts;             /* given up after 2 s */
    uint32_t dropped;              /* never sent */
    uint32_t young_cuts, old_cuts; /* cut after 50 ms, after 900 ms */
    uint32_t failed;               /* status 500 at once */
};

static struct hist ok, cut_ages, scratch;

/* The same design effect at every limit. */
static double same(const void *of, uint64_t limit_ns)
{
    (void)limit_ns;
    return *(const double *)of;
}

static struct times_spread spread_of(const double *effect, double avg_half_ns)
{
    return (struct times_spread){.effect = same, .of = effect, .avg_half_ns = avg_half_ns};
}

static const double independent = 1;

static struct tally tally_of(const struct mix *m)
{
    hist_init(&ok);
    hist_init(&cut_ages);
    for (uint32_t i = 0; i < m->fast; i++) hist_record(&ok, 10 * MS);
    for (uint32_t i = 0; i < m->slow; i++) hist_record(&ok, 400 * MS);
    for (uint32_t i = 0; i < m->young_cuts; i++) hist_record(&cut_ages, 50 * MS);
    for (uint32_t i = 0; i < m->old_cuts; i++) hist_record(&cut_ages, 900 * MS);
    struct tally t = {
        .ok = &ok,
        .cut_ages = &cut_ages,
        .timeouts = {m->timeouts, m->timeouts * 2000 * MS, m->timeouts > 0 ? 2000 * MS : 0},
        .cuts = {cut_ages.count, cut_ages.sum_ns, cut_ages.max_ns}};
    t.outcomes[OUTCOME_OK] = ok.count;
    t.outcomes[OUTCOME_TIMEOUT] = m->timeouts;
    t.outcomes[OUTCOME_DROPPED] = m->dropped;
    t.outcomes[OUTCOME_CUT] = cut_ages.count;
    t.outcomes[OUTCOME_STATUS] = m->failed;
    return t;
}

static struct objective limit(enum metric metric, uint32_t per_million, double limit_ms)
{
    return (struct objective){
        .metric = metric, .per_million = per_million, .op = OP_LT, .value = limit_ms * 1e6};
}

/* A limit in ms; verdicts in short. */
#define P95(ms) METRIC_QUANTILE, 950000, ms
#define MAX(ms) METRIC_MAX, 0, ms
#define AVG(ms) METRIC_AVG, 0, ms
#define HOLDS VERDICT_HOLDS
#define MISSED VERDICT_MISSED
#define OPEN VERDICT_INCONCLUSIVE
#define NONE VERDICT_NOT_JUDGED

static const struct {
    const char *name;
    struct mix mix;
    enum metric metric;
    uint32_t per_million;
    double limit_ms;
    bool with_cuts;
    enum verdict verdict;
    double value_ms;
    bool at_least;
} unseen[] = {
    /* fast, slow, timeouts, dropped, young and old cuts, failed */
    {"all seen", {1000, 0, 0, 0, 0, 0, 0}, P95(100), true, HOLDS, 10, false},
    {"a tenth timed out", {900, 0, 100, 0, 0, 0, 0}, P95(100), true, MISSED, 2000, true},
    {"over every limit", {900, 0, 100, 0, 0, 0, 0}, P95(60000), true, MISSED, 2000, true},
    {"a tenth dropped", {900, 0, 0, 100, 0, 0, 0}, P95(100), true, MISSED, 10, true},
    {"few don't reach p95", {990, 0, 10, 0, 0, 0, 0}, P95(100), true, HOLDS, 10, false},
    {"failed: not in it", {1000, 0, 0, 0, 0, 0, 900}, P95(100), true, HOLDS, 10, false},
    {"failed: no flattery", {900, 100, 0, 0, 0, 0, 9000}, P95(100), true, MISSED, 400, false},
    {"cut over the limit", {900, 0, 0, 0, 0, 100, 0}, P95(100), true, MISSED, 900, true},
    {"cut, nobody knows", {900, 0, 0, 0, 100, 0, 0}, P95(100), true, OPEN, 50, true},
    {"an interruption's cuts", {900, 0, 0, 0, 100, 0, 0}, P95(100), false, HOLDS, 10, false},
    {"max of a timeout", {999, 0, 1, 0, 0, 0, 0}, MAX(5000), true, MISSED, 2000, true},
    {"max of a drop", {999, 0, 0, 1, 0, 0, 0}, MAX(5000), true, MISSED, 10, true},
    {"max of a young cut", {999, 0, 0, 0, 1, 0, 0}, MAX(5000), true, OPEN, 50, true},
    {"max of an old cut", {999, 0, 0, 0, 0, 1, 0}, MAX(500), true, MISSED, 900, true},
    {"avg: timeouts by age", {999, 0, 1, 0, 0, 0, 0}, AVG(100), true, HOLDS, 11.99, false},
    {"avg, dropped: no hold", {999, 0, 0, 1, 0, 0, 0}, AVG(100), true, OPEN, 10, true},
    {"but it can miss", {0, 999, 0, 1, 0, 0, 0}, AVG(100), true, MISSED, 400, true},
    {"nothing at all", {0, 0, 0, 0, 0, 0, 5}, P95(100), true, NONE, NAN, false},
    {"too few to hold", {71, 0, 0, 0, 0, 0, 0}, P95(100), true, NONE, 10, false},
    {"just enough", {72, 0, 0, 0, 0, 0, 0}, P95(100), true, HOLDS, 10, false},
    {"few, but they miss", {0, 20, 0, 0, 0, 0, 0}, P95(100), true, MISSED, 400, false},
};

static void unseen_ends_rank_above_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unseen); i++) {
        struct tally t = tally_of(&unseen[i].mix);
        struct ranked r = tally_ranked(&t, false, unseen[i].with_cuts);
        struct objective o = limit(unseen[i].metric, unseen[i].per_million, unseen[i].limit_ms);
        struct times_spread spread = spread_of(&independent, 0.5e6);
        struct finding f;
        times_find(&o, &r, &spread, &scratch, &f);
        CHECK_STR(unseen[i].name, result_verdict_name(f.verdict),
                  result_verdict_name(unseen[i].verdict));
        CHECK(unseen[i].name, f.at_least == unseen[i].at_least);
        bool none = isnan(unseen[i].value_ms) && isnan(f.value);
        CHECK(unseen[i].name, none || fabs(f.value / 1e6 / unseen[i].value_ms - 1) < 0.008);
    }
}

static void the_interval_ends(void **state)
{
    (void)state;
    struct mix mix = {950, 50, 0, 0, 0, 0, 0};
    struct tally t = tally_of(&mix);
    struct ranked r = tally_ranked(&t, false, true);
    struct objective o = limit(METRIC_QUANTILE, 950000, 100);
    double effect = 1;
    struct times_spread spread = spread_of(&effect, (double)NAN);
    struct finding f;
    times_find(&o, &r, &spread, &scratch, &f);
    assert_int_equal(f.verdict, VERDICT_INCONCLUSIVE);
    assert_true(f.lo <= 10e6 && f.lo > 9.9e6); /* the bottom of its bucket */
    assert_true(f.hi == 400e6);
    assert_true(isnan(times_needed(&o, &r, &spread, &f))); /* just 5 %: no sample is enough */
    effect = 20; /* 1,000 values worth 50 have no upper end */
    times_find(&o, &r, &spread, &scratch, &f);
    assert_int_equal(f.verdict, VERDICT_NOT_JUDGED);
    assert_true(isnan(f.hi));
}

/* Of times of 1 to 1,000 ms, once each: 4 at the p95, more or less (by that power) beyond it. */
static double by_length(const void *of, uint64_t limit_ns)
{
    return fmax(1, 4 * pow((double)limit_ns / 950e6, *(const double *)of));
}

static void each_end_has_its_own_design_effect(void **state)
{
    (void)state;
    hist_init(&ok);
    for (uint32_t i = 1; i <= 1000; i++) hist_record(&ok, i * MS);
    struct tally t = {.ok = &ok, .outcomes[OUTCOME_OK] = 1000};
    struct ranked r = tally_ranked(&t, false, true);
    struct objective o = limit(METRIC_QUANTILE, 950000, 5000);
    static const struct {
        const char *name;
        double power;
        bool lower, higher; /* which end lies further out than with 4 everywhere */
    } cases[] = {{"the same", 0, false, false},
                 {"the long ones in bursts", 10, false, true},
                 /* so at the median, too, and the upper end takes that: there is none */
                 {"the short ones in waves", -10, true, true}};
    struct finding flat = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct times_spread spread = {by_length, &cases[i].power, (double)NAN};
        struct finding f;
        times_find(&o, &r, &spread, &scratch, &f);
        if (i == 0) flat = f;
        CHECK(cases[i].name, (f.lo < flat.lo) == cases[i].lower);
        CHECK(cases[i].name, !(f.hi <= flat.hi) == cases[i].higher);
        CHECK(cases[i].name, f.lo <= flat.lo && !(f.hi < flat.hi));
        CHECK(cases[i].name, isnan(f.hi) == (cases[i].power < 0));
    }
}

/* Known at the times that came (10 and 400 ms), but not where hardly any did. */
static double at_ten(const void *of, uint64_t limit_ns)
{
    bool came = limit_ns == UINT64_MAX || (limit_ns > 9 * MS && limit_ns < 11 * MS)
                || (limit_ns > 390 * MS && limit_ns < 410 * MS);
    return came ? *(const double *)of : 1;
}

/* What depends on each other too much for an interval is told where it is nowhere near the limit.
 */
static void far_from_the_limit_is_told_without_an_end(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct mix mix;
        double limit_ms, effect;
        enum verdict verdict;
        bool has_lo, has_hi;
    } cases[] = {
        {"near, and independent", {1000, 0, 0, 0, 0, 0, 0}, 11, 1, VERDICT_HOLDS, true, true},
        {"near the shortest", {1000, 0, 0, 0, 0, 0, 0}, 30, 600, VERDICT_HOLDS, false, false},
        {"a quarter is kept", {1000, 0, 0, 0, 0, 0, 0}, 50, 600, VERDICT_HOLDS, false, false},
        {"but not by enough", {960, 40, 0, 0, 0, 0, 0}, 50, 600, VERDICT_NOT_JUDGED, false, false},
        {"over", {0, 1000, 0, 0, 0, 0, 0}, 300, 600, VERDICT_INCONCLUSIVE, false, false},
        {"and few of many over", {995, 5, 0, 0, 0, 0, 0}, 30, 600, VERDICT_HOLDS, false, false},
        {"but not few enough", {960, 40, 0, 0, 0, 0, 0}, 30, 600, VERDICT_NOT_JUDGED, false, false},
        {"too few, and one over", {29, 1, 0, 0, 0, 0, 0}, 300, 1, VERDICT_NOT_JUDGED, true, false},
        {"too few, and half over",
         {5, 5, 0, 0, 0, 0, 0},
         300,
         600,
         VERDICT_INCONCLUSIVE,
         false,
         false},
        {"four times over", {0, 1000, 0, 0, 0, 0, 0}, 90, 600, VERDICT_MISSED, false, false},
        {"all dropped", {0, 0, 0, 1000, 0, 0, 0}, 90, 600, VERDICT_MISSED, false, false},
        {"too few whatever they are",
         {71, 0, 0, 0, 0, 0, 0},
         5000,
         1,
         VERDICT_NOT_JUDGED,
         true,
         false},
        {"nothing known of it",
         {1000, 0, 0, 0, 0, 0, 0},
         30,
         NAN,
         VERDICT_NOT_JUDGED,
         false,
         false},
        {"nothing known, and far", {1000, 0, 0, 0, 0, 0, 0}, 50, NAN, VERDICT_HOLDS, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tally t = tally_of(&cases[i].mix);
        struct ranked r = tally_ranked(&t, false, true);
        struct objective o = limit(METRIC_QUANTILE, 950000, cases[i].limit_ms);
        struct times_spread spread = {at_ten, &cases[i].effect, (double)NAN};
        struct finding f;
        times_find(&o, &r, &spread, &scratch, &f);
        CHECK_STR(cases[i].name, result_verdict_name(f.verdict),
                  result_verdict_name(cases[i].verdict));
        CHECK(cases[i].name, isnan(f.lo) == !cases[i].has_lo);
        CHECK(cases[i].name, isnan(f.hi) == !cases[i].has_hi);
    }
}

static void avg_needs_ticks(void **state)
{
    (void)state;
    struct mix mix = {1000, 0, 0, 0, 0, 0, 0};
    struct tally t = tally_of(&mix);
    struct ranked r = tally_ranked(&t, false, true);
    struct objective o = limit(METRIC_AVG, 0, 12);
    struct times_spread unknown = spread_of(&independent, (double)NAN);
    struct times_spread wide = spread_of(&independent, 4e6);
    struct times_spread narrow = spread_of(&independent, 1e6);
    struct finding f;
    times_find(&o, &r, &unknown, &scratch, &f);
    assert_int_equal(f.verdict, VERDICT_NOT_JUDGED);
    struct objective missed = limit(METRIC_AVG, 0, 9);
    times_find(&missed, &r, &unknown, &scratch, &f);
    assert_int_equal(f.verdict, VERDICT_INCONCLUSIVE); /* what was seen is not forgotten */
    times_find(&o, &r, &narrow, &scratch, &f);
    assert_int_equal(f.verdict, VERDICT_HOLDS);
    assert_true(fabs(f.lo / 10e6 - exp(-0.1)) < 1e-9); /* as far below as above, by ratio */
    assert_true(fabs(f.hi / 10e6 - exp(0.1)) < 1e-9);
    times_find(&o, &r, &wide, &scratch, &f);
    assert_int_equal(f.verdict, VERDICT_INCONCLUSIVE);
    assert_true(fabs(times_needed(&o, &r, &wide, &f) - 4) < 1e-9); /* half of the width: 4 times */
}

static void figures_mark_lower_bounds(void **state)
{
    (void)state;
    struct mix mix = {940, 0, 60, 0, 0, 0, 100};
    struct tally t = tally_of(&mix);
    struct ranked r = tally_ranked(&t, false, true);
    struct latency l = figures_ranked(&r);
    assert_int_equal(l.n, 1000);
    static const struct {
        const char *name;
        enum figure figure;
        double ms;
        bool at_least;
    } want[] = {{"avg", FIGURE_AVG, 129.4, false}, {"p50", FIGURE_P50, 10, false},
                {"p90", FIGURE_P90, 10, false},    {"p95", FIGURE_P95, 2000, true},
                {"p99", FIGURE_P99, 2000, true},   {"p99.9", FIGURE_P999, 2000, true},
                {"max", FIGURE_MAX, 2000, true}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        CHECK(want[i].name, fabs(l.ns[want[i].figure] / 1e6 / want[i].ms - 1) < 0.008);
        CHECK(want[i].name, (l.at_least >> want[i].figure & 1) == want[i].at_least);
    }
    struct latency none = figures_latency(NULL);
    assert_int_equal(none.n, 0);
    for (uint32_t i = 0; i < FIGURE_COUNT; i++) assert_true(isnan(none.ns[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unseen_ends_rank_above_all),
        cmocka_unit_test(the_interval_ends),
        cmocka_unit_test(each_end_has_its_own_design_effect),
        cmocka_unit_test(far_from_the_limit_is_told_without_an_end),
        cmocka_unit_test(avg_needs_ticks),
        cmocka_unit_test(figures_mark_lower_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
