#include "judge/times.h"

#include <math.h>

#include "judge/claim.h"
#include "stats/interval.h"

#define PER_MILLION 1e6

/* Of a mean of times, which can't be below nothing and now and then are very long, the logarithm is
 * much nearer to a normal distribution than the mean itself. */
static void find_avg(const struct objective *o, const struct ranked *r, double half_ns,
                     struct finding *f)
{
    f->at_least = r->dropped > 0;
    if (r->summed == 0) return; /* only dropped: no age at all */
    f->value = r->sum_ns / (double)r->summed;
    if (isnan(half_ns)) { /* too short to say, but nothing holds where this was seen */
        if (!claim_met(o, f->value)) f->verdict = VERDICT_INCONCLUSIVE;
        return;
    }
    double stretch = f->value > 0 ? exp(half_ns / f->value) : 1;
    f->lo = f->value / stretch;
    if (r->dropped == 0) f->hi = f->value * stretch; /* a dropped one may have taken any time */
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

/* -- percentiles ---------------------------------------------------------------------------- */

#define STEPS_MAX 8             /* outward, of an end */
#define FLOOR_PER_MILLION 10000 /* the shortest times: one in a hundred is shorter */

struct search {
    const struct ranked *r;
    const struct times_spread *spread;
    struct hist *scratch;
    double p;
};

/* The least that the `rank`-th time can have been; INFINITY when it is over every limit. */
static double least_at(const struct search *s, uint64_t rank)
{
    const struct hist *seen = s->r->answered;
    if (s->r->cuts > 0) { /* a cut one took at least its age */
        *s->scratch = *s->r->answered;
        hist_merge(s->scratch, s->r->cut_ages);
        seen = s->scratch;
    }
    if (rank > seen->count) return (double)INFINITY;
    return (double)hist_floor_at_rank(seen, rank);
}

/* The most that it can have been; INFINITY when it is over every limit, or a cut one. */
static double most_at(const struct search *s, uint64_t rank)
{
    if (rank > s->r->answered->count) return (double)INFINITY;
    return (double)hist_at_rank(s->r->answered, rank);
}

/* Of the share of times that are `time_ns` or longer. */
static double effect_from(const struct search *s, double time_ns)
{
    uint64_t limit_ns = UINT64_MAX;
    if (time_ns < 0x1p63) limit_ns = time_ns >= 1 ? (uint64_t)time_ns - 1 : 0;
    return s->spread->effect(s->spread->of, limit_ns);
}

/* At the percentile itself; of all that take just as long where nothing takes longer. */
static double effect_at(const struct search *s, uint64_t rank)
{
    double value = most_at(s, rank);
    if (isinf(value)) return effect_from(s, value);
    double beyond = s->spread->effect(s->spread->of, (uint64_t)value);
    return fmax(beyond, effect_from(s, least_at(s, rank)));
}

/* A few bursts tell little of how long bursts are: an end needs two on the percentile's side of it,
 * itself among them. */
static bool has_bursts(uint64_t count, double effect)
{
    return (double)count >= 2 * (effect - 1);
}

/* If the percentile were the lower end, times beyond it would come in such bursts as they do there:
 * the end lies where that is what it was found with. */
static uint64_t lower_rank(const struct search *s, double effect)
{
    uint64_t rank = interval_of_quantile(s->r->total, s->p, effect).lo;
    for (uint32_t i = 0; i < STEPS_MAX && rank > 0; i++) {
        double there = effect_from(s, least_at(s, rank));
        if (!(there > effect)) break;
        effect = there;
        rank = interval_of_quantile(s->r->total, s->p, effect).lo;
    }
    return has_bursts(s->r->total - rank + 1, effect) ? rank : 0;
}

/* On the far side of an upper end times are few, and where by chance their bursts are short the end
 * would lie too low just there: it takes the effect at the median if that is more, and at least one
 * burst beyond it. docs/method.md, "Dependence: the design effect". */
static uint64_t upper_rank(const struct search *s, double effect)
{
    effect = fmax(effect, effect_from(s, most_at(s, (s->r->total + 1) / 2)));
    uint64_t rank = interval_of_quantile(s->r->total, s->p, effect).hi;
    for (uint32_t i = 0; i < STEPS_MAX && rank > 0; i++) {
        double there = effect_from(s, most_at(s, rank));
        if (!(there > effect)) break;
        effect = there;
        rank = interval_of_quantile(s->r->total, s->p, effect).hi;
    }
    double beyond = (double)(s->r->total - rank + 1);
    return has_bursts(rank, effect) && beyond >= effect - 1 ? rank : 0;
}

/* Does the share beyond that limit alone say that the percentile is below it, or (`above`) above?
 */
static bool is_beside(const struct search *s, double limit_ns, bool above)
{
    double effect = effect_from(s, limit_ns);
    struct interval_ranks ranks =
        interval_of_quantile(s->r->total, s->p, isnan(effect) ? 1 : effect);
    if (above) return ranks.lo > 0 && least_at(s, ranks.lo) >= limit_ns;
    return ranks.hi > 0 && most_at(s, ranks.hi) < limit_ns;
}

/* Would it be missed if each time were a witness of its own? */
static bool seems_missed(const struct search *s, const struct objective *o)
{
    struct interval_ranks ranks = interval_of_quantile(s->r->total, s->p, 1);
    if (claim_is_below(o)) return ranks.lo > 0 && !claim_met(o, least_at(s, ranks.lo));
    return ranks.hi > 0 && !claim_met(o, most_at(s, ranks.hi));
}

/* Does all but nothing take longer than an eighth of the way from the shortest times to the limit?
 * A quarter of the limit says nothing of a service whose work takes 100 ms whatever happens. */
static bool is_near_floor(const struct search *s, double limit_ns)
{
    double floor_ns = least_at(s, hist_rank(s->r->total, FLOOR_PER_MILLION));
    double near_ns = floor_ns + (limit_ns - floor_ns) / TIMES_CLOSELY;
    return near_ns > floor_ns && is_beside(s, near_ns, false);
}

/* An interval that reaches across the limit. Where that is because it lacks an end, times that are
 * nowhere near the limit still are on one side of it; what is not is not settled by this sample. */
static enum verdict verdict_across(const struct search *s, const struct objective *o,
                                   const struct interval_ranks *ends, bool known)
{
    bool below = claim_is_below(o);
    if (below && ends->hi == 0 && is_beside(s, o->value / TIMES_CLEARLY, false))
        return VERDICT_HOLDS;
    if (below && ends->hi == 0 && known && is_near_floor(s, o->value)) return VERDICT_HOLDS;
    if (below && ends->lo == 0 && is_beside(s, o->value * TIMES_CLEARLY, true))
        return VERDICT_MISSED;
    /* Too small to say, and so of no account; but never held where so much was seen against it. */
    return ends->hi == 0 && !seems_missed(s, o) ? VERDICT_NOT_JUDGED : VERDICT_INCONCLUSIVE;
}

static void find_quantile(const struct objective *o, const struct search *s, struct finding *f)
{
    const struct ranked *r = s->r;
    uint64_t rank = hist_rank(r->total, o->per_million);
    f->at_least = rank > r->answered->count;
    if (!f->at_least) f->value = (double)hist_at_rank(r->answered, rank);
    else if (r->known_ns > 0) f->value = (double)r->known_ns;

    double effect = effect_at(s, rank);
    struct interval_ranks ends = {0, 0};
    if (!isnan(effect)) ends.lo = lower_rank(s, effect);
    if (!isnan(effect)) ends.hi = upper_rank(s, effect);
    double lo = ends.lo > 0 ? least_at(s, ends.lo) : (double)NAN;
    if (ends.hi > 0 && ends.hi <= r->answered->count) f->hi = most_at(s, ends.hi);
    f->verdict = claim_verdict(o, lo, f->hi);
    f->lo = isinf(lo) ? f->value : lo;
    if (f->verdict == VERDICT_INCONCLUSIVE)
        f->verdict = verdict_across(s, o, &ends, !isnan(effect));
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
    else {
        struct search s = {r, spread, scratch, o->per_million / PER_MILLION};
        find_quantile(o, &s, out);
    }
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
    double effect = spread->effect(spread->of, (uint64_t)f->value);
    double times = trials * (isnan(effect) ? 1 : effect) / (double)r->total;
    return isfinite(times) && times > 1 ? times : (double)NAN;
}
