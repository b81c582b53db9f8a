#include "judge/figures.h"

#include <math.h>

static const struct {
    enum figure figure;
    uint32_t per_million;
} quantiles[] = {{FIGURE_P50, 500000},
                 {FIGURE_P90, 900000},
                 {FIGURE_P95, 950000},
                 {FIGURE_P99, 990000},
                 {FIGURE_P999, 999000}};

double figures_ratio(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

struct latency figures_ranked(const struct ranked *r)
{
    struct latency l = {.n = r->total};
    for (uint32_t i = 0; i < FIGURE_COUNT; i++) l.ns[i] = (double)NAN;
    if (r->total == 0) return l;

    uint64_t ranks[COUNT_OF(quantiles)];
    uint64_t values[COUNT_OF(quantiles)];
    uint32_t known = 0; /* ranks are rising: those from here on lie among the unseen ends */
    for (uint32_t i = 0; i < COUNT_OF(quantiles); i++) {
        ranks[i] = hist_rank(r->total, quantiles[i].per_million);
        if (ranks[i] <= r->answered->count) known = i + 1;
    }
    hist_at_ranks(r->answered, ranks, known, values);
    /* 0 is a time like any other; none is known where all that there is was dropped. */
    double known_ns = r->summed > 0 ? (double)r->known_ns : (double)NAN;
    for (uint32_t i = 0; i < COUNT_OF(quantiles); i++) {
        l.ns[quantiles[i].figure] = i < known ? (double)values[i] : known_ns;
        if (i >= known) l.at_least |= 1u << quantiles[i].figure;
    }
    l.ns[FIGURE_AVG] = figures_ratio(r->sum_ns, (double)r->summed);
    if (r->dropped > 0) l.at_least |= 1u << FIGURE_AVG;
    l.ns[FIGURE_MAX] = known_ns;
    if (r->over + r->cuts > 0) l.at_least |= 1u << FIGURE_MAX;
    return l;
}

struct latency figures_latency(const struct hist *h)
{
    static const struct hist none;
    const struct hist *values = h ? h : &none;
    struct ranked r = {.answered = values,
                       .cut_ages = &none,
                       .total = values->count,
                       .known_ns = values->max_ns,
                       .sum_ns = (double)values->sum_ns,
                       .summed = values->count};
    return figures_ranked(&r);
}

void figures_of(struct figures *out, const struct tally *t, const struct figures_time *time,
                bool with_cuts)
{
    *out = (struct figures){
        .in_part = time->in_part, .offered = tally_ended(t->outcomes, true), .done = t->done};
    uint64_t asked = time->in_part ? t->begun : out->offered;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) out->outcomes[i] = t->outcomes[i];
    out->seconds = time->seconds;
    out->offered_per_s = time->closed ? (double)NAN : figures_ratio((double)asked, time->seconds);
    out->done_per_s = figures_ratio((double)time->done, time->seconds);
    out->in_flight = figures_ratio(time->in_flight, time->seconds);
    out->users = figures_ratio(time->users, time->closed_seconds);
    struct ranked response = tally_ranked(t, false, with_cuts);
    out->response = figures_ranked(&response);
    out->service = figures_latency(t->service);
    out->ttfb = figures_latency(t->ttfb);
    out->lag = out->wait = out->connect = out->tls = out->rtt = figures_latency(NULL);
}
