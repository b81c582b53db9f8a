#include "judge/warming.h"

#include <math.h>

#include "base/ns.h"

#define TAIL_PER_MILLION 950000

/* How much a series may move and still count as steady. A tail is noisier, and less is asked of it
 * so that it does not decide alone how long a warm-up takes. */
static const struct {
    const char *name;
    double per_second, in_all;
} series[WARMING_SERIES] = {
    [WARMING_MIDDLE] = {"the response time", 0.005, 0.2},
    [WARMING_TAIL] = {"its p95", 0.02, 0.4},
    [WARMING_FLOW] = {"the throughput", 0.005, 0.2},
};

void warming_open(struct warming *w, const struct run_header *header, struct arena *arena)
{
    const struct plan *plan = header->plan;
    *w = (struct warming){0};
    if (plan->stage_count == 0 || !plan->stages[0].until_steady) return;
    w->times = ARENA_NEW(arena, struct hist);
    if (w->times) w->stage = &plan->stages[0];
}

/* The three values of a tick; false: nothing was answered in it. */
static bool read_tick(struct warming *w, const struct tick *tick, double values[WARMING_SERIES])
{
    uint64_t ok = 0;
    uint64_t begun = 0;
    double logs = 0;
    hist_init(w->times);
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (cell->kind != CELL_REQUEST || cell->stage != 0) continue;
        const struct hist_sparse *times = &cell->measures[MEASURE_OK];
        for (uint32_t k = 0; k < times->pair_count; k++) {
            uint32_t bucket = times->pairs[k].bucket;
            uint64_t ns = bucket < HIST_BUCKETS ? hist_bucket_top(bucket) : times->max_ns;
            logs += times->pairs[k].count * log((double)(ns > 0 ? ns : 1));
        }
        hist_merge_sparse(w->times, times);
        hist_merge_sparse(w->times, &cell->measures[MEASURE_TIMEOUT_AGE]);
        ok += cell->outcomes[OUTCOME_OK];
        begun += cell->begun;
    }
    uint64_t tail_ns;
    if (ok == 0 || begun == 0 || !hist_quantile(w->times, TAIL_PER_MILLION, &tail_ns)) return false;
    bool closed = w->stage->model == MODEL_CLOSED;
    double of = closed ? (double)(tick->end_ns - tick->start_ns) / (double)NS_PER_S : (double)begun;
    values[WARMING_MIDDLE] = logs / (double)ok;
    values[WARMING_TAIL] = log((double)(tail_ns > 0 ? tail_ns : 1));
    values[WARMING_FLOW] = log((double)ok / of);
    return true;
}

static void keep(struct warming *w, const double values[WARMING_SERIES])
{
    bool full = w->count == STEADY_MOST;
    for (uint32_t s = 0; s < WARMING_SERIES; s++) {
        if (full) {
            memmove(w->values[s], w->values[s] + 1, (STEADY_MOST - 1) * sizeof values[0]);
        }
        w->values[s][full ? STEADY_MOST - 1 : w->count] = values[s];
    }
    if (!full) w->count++;
}

/* `steady: the response time moved by +0.1 %, its p95 by -0.3 % and ... by 0.0 % a second over the
 * last 14 s`. */
static void say_steady(const struct warming *w, struct text *why)
{
    uint32_t least = STEADY_MOST;
    text_adds(why, ": steady, ");
    for (uint32_t s = 0; s < WARMING_SERIES; s++) {
        const char *link = s == 0 ? "" : s + 1 == WARMING_SERIES ? " and " : ", ";
        text_addf(why, "%s%s%s by %+.2f %%", link, series[s].name, s == 0 ? " moved" : "",
                  w->trends[s].slope * 100);
        if (w->trends[s].count < least) least = w->trends[s].count;
    }
    text_addf(why, " a second over the last %u s", least);
}

bool warming_take(struct warming *w, const struct tick *tick, struct text *why)
{
    double values[WARMING_SERIES];
    bool whole = tick->end_ns - tick->start_ns >= NS_PER_S;
    if (!w->stage || w->steady || tick->stage != 0 || !whole) return false;
    if (!read_tick(w, tick, values)) {
        w->count = 0; /* of before a second without any answer nothing can be told */
        return false;
    }
    keep(w, values);
    bool steady = true;
    for (uint32_t s = 0; s < WARMING_SERIES; s++) {
        struct steady_trend *t = &w->trends[s];
        w->told[s] = steady_trend(w->values[s], w->count, t);
        steady = steady && w->told[s] && steady_within(t, series[s].per_second, series[s].in_all);
    }
    if (steady) say_steady(w, why);
    w->steady = steady;
    return steady;
}

double warming_unrest(const struct warming *w, struct text *what)
{
    double most = 0;
    uint32_t at = WARMING_SERIES;
    for (uint32_t s = 0; s < WARMING_SERIES; s++) {
        const struct steady_trend *t = &w->trends[s];
        if (!w->told[s] || steady_within(t, series[s].per_second, series[s].in_all)) continue;
        double out = fmax(fabs(t->slope90.lo), fabs(t->slope90.hi)) / series[s].per_second;
        if (out <= most) continue;
        most = out;
        at = s;
    }
    if (at == WARMING_SERIES) {
        text_adds(what, "too little was answered to tell");
        return 0;
    }
    const struct steady_trend *t = &w->trends[at];
    double lo = t->slope90.lo * 100;
    double hi = t->slope90.hi * 100;
    if (lo < 0 && hi > 0) { /* it may well be at rest */
        text_addf(what, "%s cannot be told to be at rest (%+.2f to %+.2f %% a second)",
                  series[at].name, lo, hi);
    } else {
        text_addf(what, "%s still moves by %+.2f %% a second (%+.2f to %+.2f)", series[at].name,
                  t->slope * 100, lo, hi);
    }
    return t->slope;
}
