/* prom_dist.h - what the buckets of a distribution grew by, and the percentiles of that.
 *
 * Why: percentiles since the service began say nothing of this second; the growth of each bucket
 * does. How values lie within a bucket is not known: evenly is what everybody assumes, so that a
 * figure here is the one that a dashboard shows.
 * Source: Prometheus, histogram_quantile().  Deviation: one beyond the last bound is not known to
 * be the bound: it is said as at least that much, by the bound itself.
 * Thread: the source's.  Memory: in place. */
#pragma once

#include "observe/prom_page.h"

struct prom_dist {
    uint32_t bucket_count; /* 0: not known; the last bound is +Inf */
    double le[PROM_PAGE_BUCKETS_EACH + 1];
    double upto[PROM_PAGE_BUCKETS_EACH + 1]; /* how many more are at most as large as the bound */
    double count, sum;                       /* NAN: not known */
};

/* Of `e` since its count was `before`; NAN: not known, and then nothing is. */
void prom_dist_grow(struct prom_dist *out, const struct prom_page *p, const struct prom_entry *e,
                    double before);
/* NAN: it has none, or nobody knows. `share` 0 to 1. */
double prom_dist_quantile(const struct prom_dist *d, double share);
