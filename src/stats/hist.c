#include "stats/hist.h"

#include <string.h>

#define SUB_COUNT (1u << HIST_SUB_BITS)
static_assert(HIST_BUCKETS == 4608, "stored runs depend on the bucket count");

uint64_t hist_bucket_top(uint32_t bucket)
{
    assert(bucket < HIST_BUCKETS);
    if (bucket < SUB_COUNT) return bucket;
    uint32_t shift = (bucket >> HIST_SUB_BITS) - 1;
    return ((uint64_t)((bucket & (SUB_COUNT - 1)) + SUB_COUNT + 1) << shift) - 1;
}

void hist_init(struct hist *h)
{
    memset(h, 0, sizeof *h);
}

void hist_record(struct hist *h, uint64_t value_ns)
{
    h->count++;
    h->sum_ns += value_ns;
    if (value_ns > h->max_ns) h->max_ns = value_ns;
    uint32_t bucket = hist_bucket(value_ns);
    if (bucket == HIST_OVER) h->over++;
    else h->buckets[bucket]++;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    if (from->count == 0) return;
    into->count += from->count;
    into->over += from->over;
    into->sum_ns += from->sum_ns;
    if (from->max_ns > into->max_ns) into->max_ns = from->max_ns;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) into->buckets[i] += from->buckets[i];
}

void hist_merge_sparse(struct hist *into, const struct hist_sparse *from)
{
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    if (from->max_ns > into->max_ns) into->max_ns = from->max_ns;
    for (uint32_t i = 0; i < from->pair_count; i++) {
        struct hist_pair pair = from->pairs[i];
        assert(pair.bucket <= HIST_OVER);
        if (pair.bucket == HIST_OVER) into->over += pair.count;
        else into->buckets[pair.bucket] += pair.count;
    }
}

/* The first bucket that counts as above `limit_ns`: its top is beyond the limit. */
static uint32_t first_above(uint64_t limit_ns)
{
    uint32_t bucket = hist_bucket(limit_ns);
    if (bucket == HIST_OVER) return HIST_OVER;
    return hist_bucket_top(bucket) > limit_ns ? bucket : bucket + 1;
}

uint64_t hist_count_above(const struct hist *h, uint64_t limit_ns)
{
    uint64_t above = h->over;
    for (uint32_t i = first_above(limit_ns); i < HIST_BUCKETS; i++) above += h->buckets[i];
    return above;
}

uint64_t hist_sparse_count_above(const struct hist_sparse *h, uint64_t limit_ns)
{
    uint32_t first = first_above(limit_ns);
    uint64_t above = 0;
    for (uint32_t i = h->pair_count; i > 0 && h->pairs[i - 1].bucket >= first; i--) {
        above += h->pairs[i - 1].count;
    }
    return above;
}

uint64_t hist_rank(uint64_t count, uint32_t per_million)
{
    assert(count > 0);
    assert(per_million > 0);
    assert(per_million <= 1000000);
    /* Split so that count * 1e6 cannot overflow. */
    return count / 1000000 * per_million + (count % 1000000 * per_million + 999999) / 1000000;
}

/* Bucket of the `rank`-th smallest value. */
static uint32_t bucket_at_rank(const struct hist *h, uint64_t rank)
{
    assert(rank > 0);
    assert(rank <= h->count);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= rank) return i;
    }
    return HIST_OVER;
}

static uint64_t top_of(const struct hist *h, uint32_t bucket)
{
    if (bucket == HIST_OVER) return h->max_ns;
    uint64_t top = hist_bucket_top(bucket);
    return top < h->max_ns ? top : h->max_ns;
}

uint64_t hist_at_rank(const struct hist *h, uint64_t rank)
{
    return top_of(h, bucket_at_rank(h, rank));
}

void hist_at_ranks(const struct hist *h, const uint64_t *ranks, uint32_t rank_count,
                   uint64_t *values_ns)
{
    uint32_t done = 0;
    uint64_t seen = 0;
    for (uint32_t i = 0; i <= HIST_BUCKETS && done < rank_count; i++) {
        seen += i < HIST_BUCKETS ? h->buckets[i] : h->over;
        while (done < rank_count && ranks[done] <= seen) values_ns[done++] = top_of(h, i);
    }
    assert(done == rank_count);
}

uint64_t hist_floor_at_rank(const struct hist *h, uint64_t rank)
{
    uint32_t bucket = bucket_at_rank(h, rank);
    return bucket == 0 ? 0 : hist_bucket_top(bucket - 1) + 1;
}

bool hist_quantile(const struct hist *h, uint32_t per_million, uint64_t *out_ns)
{
    if (h->count == 0) return false;
    *out_ns = hist_at_rank(h, hist_rank(h->count, per_million));
    return true;
}
