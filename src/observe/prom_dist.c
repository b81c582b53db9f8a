#include "observe/prom_dist.h"

#include <math.h>

/* False: a bucket was not there before, so that its growth is not known. */
static bool add_bucket(struct prom_dist *out, const struct prom_bucket *b, bool anew)
{
    if (!b->has) return true;
    if (!anew && !b->had) return false;
    double grown = anew ? b->now : fmax(0, b->now - b->before);
    double below = out->bucket_count > 0 ? out->upto[out->bucket_count - 1] : 0;
    out->le[out->bucket_count] = b->le;
    out->upto[out->bucket_count++] = fmax(grown, below); /* a page is not made in one instant */
    return true;
}

void prom_dist_grow(struct prom_dist *out, const struct prom_page *p, const struct prom_entry *e,
                    double before)
{
    bool anew = !e->had || before < e->before || before > e->before;
    out->bucket_count = 0;
    out->count = e->now - before;
    out->sum = (double)NAN;
    if (isnan(out->count)) return;
    if (e->has_sum && anew) out->sum = e->sum;
    if (e->has_sum && e->had_sum && !anew) out->sum = e->sum - e->sum_before;
    for (uint32_t at = e->first; at > 0; at = p->buckets[at - 1].next) {
        if (add_bucket(out, &p->buckets[at - 1], anew)) continue;
        out->bucket_count = 0;
        return;
    }
    uint32_t n = out->bucket_count;
    if (n == 0 || isinf(out->le[n - 1])) return;
    out->le[n] = (double)INFINITY;
    out->upto[n] = fmax(out->count, out->upto[n - 1]);
    out->bucket_count++;
}

double prom_dist_quantile(const struct prom_dist *d, double share)
{
    uint32_t n = d->bucket_count;
    if (n < 2 || d->upto[n - 1] <= 0) return (double)NAN;
    double rank = share * d->upto[n - 1];
    uint32_t i = 0;
    while (i + 1 < n && d->upto[i] < rank) i++;
    if (i + 1 == n) return d->le[n - 2];
    if (i == 0 && d->le[0] <= 0) return d->le[0];
    double lo = i > 0 ? d->le[i - 1] : 0;
    double below = i > 0 ? d->upto[i - 1] : 0;
    double within = d->upto[i] - below;
    return within > 0 ? lo + (d->le[i] - lo) * (rank - below) / within : d->le[i];
}
