#include "judge/times.h"

#include <math.h>

#include "judge/claim.h"
#include "stats/interval.h"

#define PER_MILLION 1e6

static void find_avg(const struct objective *o, const struct ranked *r, double half_ns,
                     struct finding *f)
{
    f->at_least = r->dropped > 0;
    if (r->summed == 0) return; /* only dropped: no age at all */
    f->value = r->sum_ns / (double)r->summed;
    if (isnan(half_ns)) return;
    f->lo = fmax(0, f->value - half_ns);
    if (r->dropped == 0) f->hi = f->value + half_ns; /* a dropped one may have taken any time */
    f->verdict = claim_verdict(o, f->lo, f->hi);
}

static void find_max(const struct objective *o, const struct ranked *r, struct finding *f)
{
    f->at_least = r->over + r->cuts > 0;
    f->value = r->known_ns > 0 || r->answered->count > 0 ? (double)r->known_ns : (double)NAN;
    f->lo = r->over > 0 ? (double)INFINITY : f->value; /* those are over every limit */
    f->hi = f->at_least ? (double)NAN : f->value;
    f->verdict = claim_verdict(o, f->lo, f->hi);
    f->lo = f->value;
}

/* The least that the `rank`-th time can have been; INFINITY when it is over every limit. */
static double least_at(const struct ranked *r, uint64_t rank, struct hist *scratch)
{
    const struct hist *seen = r->answered;
    if (r->cuts > 0) { /* a cut one took at least its age */
        *scratch = *r->answered;
        hist_merge(scratch, r->cut_ages);
        seen = scratch;
    }
    if (rank > seen->count) return (double)INFINITY;
    return (double)hist_floor_at_rank(seen, rank);
}

static void find_quantile(const struct objective *o, const struct ranked *r, double design_effect,
                          struct hist *scratch, struct finding *f)
{
    const struct hist *answered = r->answered;
    uint64_t rank = hist_rank(r->total, o->per_million);
    f->at_least = rank > answered->count;
    if (!f->at_least) f->value = (double)hist_at_rank(answered, rank);
    else if (r->known_ns > 0) f->value = (double)r->known_ns;

    struct interval_ranks ranks =
        interval_of_quantile(r->total, o->per_million / PER_MILLION, design_effect);
    double lo = ranks.lo > 0 ? least_at(r, ranks.lo, scratch) : (double)NAN;
    if (ranks.hi > 0 && ranks.hi <= answered->count) {
        f->hi = (double)hist_at_rank(answered, ranks.hi);
    }
    f->verdict = claim_verdict(o, lo, f->hi);
    f->lo = isinf(lo) ? f->value : lo;
    /* Too few for an upper end: what is not surely outside is not settled by this sample. */
    if (ranks.hi == 0 && f->verdict == VERDICT_INCONCLUSIVE) f->verdict = VERDICT_NOT_JUDGED;
}

static bool is_max(const struct objective *o)
{
    return o->metric == METRIC_MAX || o->per_million == 1000000;
}

void times_find(const struct objective *o, const struct ranked *r,
                const struct times_spread *spread, struct hist *scratch, struct finding *out)
{
    double none = (double)NAN;
    *out = (struct finding){VERDICT_NOT_JUDGED, none, none, none, false, r->total};
    if (r->total == 0) return;
    if (o->metric == METRIC_AVG) find_avg(o, r, spread->avg_half_ns, out);
    else if (is_max(o)) find_max(o, r, out);
    else find_quantile(o, r, spread->design_effect, scratch, out);
}

double times_needed(const struct objective *o, const struct ranked *r,
                    const struct times_spread *spread, const struct finding *f)
{
    if (r->total == 0 || f->at_least) return (double)NAN;
    if (o->metric == METRIC_AVG) {
        double half = spread->avg_half_ns / (f->value - o->value);
        return half * half;
    }
    if (is_max(o)) return (double)NAN;
    uint64_t limit_ns = o->value < 0x1p63 ? (uint64_t)o->value : UINT64_MAX;
    double p = o->per_million / PER_MILLION;
    double within = (double)tally_ranked_within(r, limit_ns) / (double)r->total;
    double trials = (double)interval_least_count(p); /* enough where none is over the limit */
    if (within < 1) trials = fmax(trials, interval_needed_trials(within, p));
    double times = trials * spread->design_effect / (double)r->total;
    return isfinite(times) && times > 1 ? times : (double)NAN;
}
