#include "show/spread.h"

#include <math.h>

struct values {
    double items[SPREAD_RUNS_MOST];
    uint32_t count;
    bool at_least;
};

static void add(struct values *v, double value, bool at_least)
{
    if (!isfinite(value) || v->count == SPREAD_RUNS_MOST) return;
    v->items[v->count++] = value;
    v->at_least = v->at_least || at_least;
}

static void sum_up(struct spread *out, const struct values *v, struct bytes unit)
{
    double none = (double)NAN;
    *out = (struct spread){.count = v->count,
                           .at_least = v->at_least,
                           .unit = unit,
                           .mean = none,
                           .deviation = none,
                           .range = {none, none},
                           .least = none,
                           .most = none};
    if (v->count == 0) return;
    double sum = 0;
    out->least = out->most = v->items[0];
    for (uint32_t i = 0; i < v->count; i++) {
        sum += v->items[i];
        out->least = fmin(out->least, v->items[i]);
        out->most = fmax(out->most, v->items[i]);
    }
    out->mean = sum / v->count;
    if (v->count < 2) return;
    double squares = 0;
    for (uint32_t i = 0; i < v->count; i++) squares += pow(v->items[i] - out->mean, 2);
    out->deviation = sqrt(squares / (v->count - 1));
    out->range = interval_of_mean(v->items, v->count);
    out->range.lo = fmax(out->range.lo, 0); /* nothing here is below 0 */
    if (v->at_least) out->range.hi = none;
}

void spread_of_row(struct spread *out, const struct beside *b, const struct beside_row *row)
{
    struct values v = {.count = 0};
    struct bytes unit = {0};
    for (uint32_t i = 0; i < b->run_count; i++) {
        const struct run_goal *goal = beside_goal(&b->runs[i], row);
        if (!goal) continue;
        unit = goal->unit;
        if (b->runs[i].entry.sound) add(&v, goal->at.value, goal->at.at_least);
    }
    sum_up(out, &v, unit);
}

void spread_of_figure(struct spread *out, const struct beside *b, enum spread_figure figure)
{
    static const enum figure figures[] = {
        [SPREAD_P50] = FIGURE_P50, [SPREAD_P95] = FIGURE_P95, [SPREAD_P99] = FIGURE_P99};
    struct values v = {.count = 0};
    for (uint32_t i = 0; i < b->run_count; i++) {
        const struct beside_run *run = &b->runs[i];
        if (!run->entry.sound) continue;
        if (figure == SPREAD_DONE) {
            add(&v, run->done_per_s, false);
        } else {
            enum figure at = figures[figure];
            add(&v, run->response.ns[at] / 1e6, run->response.at_least >> at & 1);
        }
    }
    sum_up(out, &v, figure == SPREAD_DONE ? BYTES_LIT("/s") : BYTES_LIT("ms"));
}

const char *spread_figure_name(enum spread_figure figure)
{
    static const char *const names[SPREAD_FIGURES] = {
        [SPREAD_P50] = "p50", [SPREAD_P95] = "p95", [SPREAD_P99] = "p99", [SPREAD_DONE] = "done"};
    return names[figure];
}

double spread_share(const struct spread *s)
{
    return s->mean > 0 ? s->deviation / s->mean : (double)NAN;
}
