/* hist.h - latency histogram: fixed size, one writer, mergeable.
 *
 * Why our own: the hot path may not allocate, fail or lock, and two runs can be compared only if
 * their buckets are the same. So the bucket layout is a constant, not an argument. Values under
 * 128 ns are exact; above, each power of two is cut in 128 equal buckets, so a reported quantile
 * is >= the true one and exceeds it by at most 1/128 (0.8 %).
 *
 * Source: G. Tene, HdrHistogram (the log-linear scheme; constants and code are ours).
 * Thread: one writer.  Memory: 36 KiB, in place; untouched pages of a fresh mapping cost nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define HIST_SUB_BITS 7  /* 2^7 buckets per power of two */
#define HIST_MAX_BITS 42 /* bucketed range: values < 2^42 ns, about 73 min */
#define HIST_BUCKETS ((HIST_MAX_BITS - HIST_SUB_BITS + 1) << HIST_SUB_BITS)
#define HIST_OVER HIST_BUCKETS /* index that a sparse histogram uses for values over the range */

struct hist {
    uint64_t count;  /* values recorded, over-range ones included */
    uint64_t over;   /* of those, values >= 2^HIST_MAX_BITS ns */
    uint64_t sum_ns; /* exact */
    uint64_t max_ns; /* exact, over-range values included */
    uint64_t buckets[HIST_BUCKETS];
}; /* invariant: sum(buckets) + over == count */

/* A histogram at rest: its non-empty buckets in rising order. What a tick carries. */
struct hist_pair {
    uint32_t bucket; /* 0..HIST_BUCKETS-1, or HIST_OVER */
    uint32_t count;  /* > 0 */
};

struct hist_sparse {
    uint64_t count, sum_ns, max_ns;
    const struct hist_pair *pairs;
    uint32_t pair_count;
};

/* Bucket of a value: the value itself below 128, then (exponent, top bits). HIST_OVER beyond. */
static inline uint32_t hist_bucket(uint64_t value_ns)
{
    if (value_ns < (1u << HIST_SUB_BITS)) return (uint32_t)value_ns;
    if (value_ns >> HIST_MAX_BITS) return HIST_OVER;
    uint32_t shift = 63u - (uint32_t)__builtin_clzll(value_ns) - HIST_SUB_BITS;
    uint32_t low = (uint32_t)(value_ns >> shift) & ((1u << HIST_SUB_BITS) - 1);
    return ((shift + 1) << HIST_SUB_BITS) + low;
}

/* Largest value in a bucket: the inverse of hist_bucket(). bucket < HIST_BUCKETS. */
uint64_t hist_bucket_top(uint32_t bucket);

/* Empties `h`. */
void hist_init(struct hist *h);
/* Counts one value. Cannot fail: an over-range value is counted in `over`, `sum_ns`, `max_ns`. */
void hist_record(struct hist *h, uint64_t value_ns);
/* Adds `from` into `into`. Commutes, so the order of workers cannot change a report. */
void hist_merge(struct hist *into, const struct hist *from);
void hist_merge_sparse(struct hist *into, const struct hist_sparse *from);
/* Values above `limit_ns`, by whole buckets: a bucket counts when its top is above the limit. */
uint64_t hist_count_above(const struct hist *h, uint64_t limit_ns);
uint64_t hist_sparse_count_above(const struct hist_sparse *h, uint64_t limit_ns);
/* Nearest rank of a quantile among `count` > 0 values: rounded up, so p99 of ten is the tenth. */
uint64_t hist_rank(uint64_t count, uint32_t per_million);
/* Value of the `rank`-th smallest (1-based, <= count), in ns: the top of its bucket, at most max.
 */
uint64_t hist_at_rank(const struct hist *h, uint64_t rank);
/* The same for several rising ranks in one walk: ranks[rank_count] -> values_ns[rank_count]. */
void hist_at_ranks(const struct hist *h, const uint64_t *ranks, uint32_t rank_count,
                   uint64_t *values_ns);
/* The least that value can have been: the bottom of its bucket. hist_at_rank() is the most. */
uint64_t hist_floor_at_rank(const struct hist *h, uint64_t rank);
/* Nearest-rank quantile in ns; `per_million` in (0, 1000000], so p99.9 is 999000.
 * False: `h` is empty and `*out_ns` is untouched. */
MUST_USE bool hist_quantile(const struct hist *h, uint32_t per_million, uint64_t *out_ns);
