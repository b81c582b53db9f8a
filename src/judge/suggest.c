#include "judge/suggest.h"

#include <math.h>

#include "base/attr.h"

#define SPARE 1.5         /* a third of the limit is left */
#define LEAST_SHARE 0.001 /* nobody asks for less than 0.1 % of errors */
#define MOST_SHARE 0.75   /* half of it measured: that is no service to set limits for */
#define MOST_TIMES 10     /* a limit further from what was measured says nothing */
#define FAR_NS 1e18       /* beyond every time: asks only what was measured */
#define STEPS_OF_DECADE 10

static const struct {
    enum metric metric;
    uint32_t per_million;
} asked[SUGGESTED_COUNT] = {
    [SUGGESTED_P95] = {METRIC_QUANTILE, 950000},
    [SUGGESTED_P99] = {METRIC_QUANTILE, 990000},
    [SUGGESTED_ERRORS] = {METRIC_ERRORS, 0},
};

/* `value` raised to a figure that people write: 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of 10.
 */
static double round_up(double value)
{
    static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
    double unit = pow(10, floor(log10(value)));
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        if (steps[i] * unit >= value * 0.999999) return steps[i] * unit;
    }
    return 10 * unit;
}

void suggest_open(struct suggest *s, const struct books *books, struct arena *arena)
{
    const struct plan *plan = books->header->plan;
    *s = (struct suggest){0};
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        if (!plan->objectives[i].implicit) return;
    }
    for (uint32_t i = 0; i < SUGGESTED_COUNT; i++) {
        s->sentences[i] = (struct objective){.metric = asked[i].metric,
                                             .per_million = asked[i].per_million,
                                             .op = OP_LT,
                                             .value = FAR_NS};
    }
    rows_open_for(&s->rows, books, s->sentences, SUGGESTED_COUNT, arena);
}

void suggest_take(struct suggest *s, const struct tick *tick)
{
    if (s->rows.count > 0) rows_take(&s->rows, tick);
}

/* What the judge would say with that limit. */
static struct objective_result judged_by(struct suggest *s, const struct limits_desk *desk,
                                         uint32_t which, double limit)
{
    double none = (double)NAN;
    struct row *row = &s->rows.rows[which];
    struct objective_result out = {.objective = &s->sentences[which],
                                   .value = none,
                                   .lo = none,
                                   .hi = none,
                                   .needed_s = none,
                                   .stage = PLAN_NO_INDEX};
    rows_set_limit(row, &s->sentences[which], limit);
    for (uint32_t stage = 0; stage < desk->books->stage_count; stage++) {
        if (desk->books->stages[stage].cut) rows_forget(row, stage);
        if (rows_apply(row, desk->books, stage)) limits_find(desk, row, stage);
    }
    limits_conclude(desk, row, &out);
    return out;
}

static double limit_of(struct suggest *s, const struct limits_desk *desk, uint32_t which)
{
    bool is_share = asked[which].metric == METRIC_ERRORS;
    struct objective_result seen = judged_by(s, desk, which, is_share ? 1 : FAR_NS);
    if (isnan(seen.value) || seen.at_least || (!is_share && seen.value <= 0)) return 0;
    double least = seen.value * SPARE;
    if (is_share) least = fmax(least, LEAST_SHARE);
    double most = is_share ? fmin(least * MOST_TIMES, MOST_SHARE) : least * MOST_TIMES;
    double limit = round_up(least);
    for (uint32_t step = 0; step < STEPS_OF_DECADE && limit <= most; step++) {
        struct objective_result said = judged_by(s, desk, which, limit);
        if (said.verdict == VERDICT_HOLDS && !isnan(said.hi)) return limit;
        limit = round_up(limit * 1.01);
    }
    return 0;
}

void suggest_find(struct suggest *s, const struct limits_desk *desk, struct suggestion *out)
{
    for (uint32_t i = 0; i < SUGGESTED_COUNT; i++) {
        out->limits[i] = s->rows.count > 0 ? limit_of(s, desk, i) : 0;
    }
}
