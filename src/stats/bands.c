#include "stats/bands.h"

#include <string.h>

#include "base/attr.h"
#include "stats/batches.h"

static_assert(HIST_OVER <= UINT16_MAX, "a bucket fits");

static void add_to(uint32_t *count, uint64_t more)
{
    uint64_t sum = *count + more;
    *count = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* The first of the two neighbours that have the smallest part of what is not below them. */
static uint32_t least_pair(const struct bands *b)
{
    uint32_t least = 0;
    double least_part = 2;
    double above = (double)b->bands[b->band_count - 1].total;
    for (uint32_t k = 0; k < BANDS_BATCHES; k++) above += b->over[k];
    for (uint32_t i = b->band_count - 1; i-- > 0;) {
        above += (double)b->bands[i].total;
        double part = (double)(b->bands[i].total + b->bands[i + 1].total) / above;
        if (part >= least_part) continue;
        least = i;
        least_part = part;
    }
    return least;
}

/* Two neighbours become one. Rows in use stay the first ones: the last takes the place that is
 * left.
 */
static void join(struct bands *b, uint32_t at)
{
    struct band *first = &b->bands[at];
    struct band second = b->bands[at + 1];
    uint32_t *into = b->counts[first->row];
    for (uint32_t k = 0; k < BANDS_BATCHES; k++) add_to(&into[k], b->counts[second.row][k]);
    first->last = second.last;
    first->total += second.total;
    memmove(&first[1], &first[2], (b->band_count - at - 2) * sizeof *first);
    b->band_count--;
    for (uint32_t i = 0; i < b->band_count; i++) {
        if (b->bands[i].row != b->band_count) continue;
        memcpy(b->counts[second.row], b->counts[b->band_count], sizeof b->counts[0]);
        b->bands[i].row = second.row;
    }
    memset(b->counts[b->band_count], 0, sizeof b->counts[0]);
}

/* Where the band of `bucket` stands, at `from` or behind it; made on first use. */
static uint32_t find(struct bands *b, uint16_t bucket, uint32_t from)
{
    while (from < b->band_count && b->bands[from].last < bucket) from++;
    if (from < b->band_count && b->bands[from].first <= bucket) return from;
    if (b->band_count == BANDS_MAX) {
        uint32_t pair = least_pair(b);
        join(b, pair);
        if (pair + 1 == from) return pair; /* the gap between the two is theirs */
        if (pair + 1 < from) from--;
    }
    struct band *band = &b->bands[from];
    memmove(&band[1], &band[0], (b->band_count - from) * sizeof *band);
    *band = (struct band){.first = bucket, .last = bucket, .row = b->band_count++};
    return from;
}

void bands_add(struct bands *b, const struct hist_sparse *times, uint64_t over, uint64_t excused)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < times->pair_count; i++) {
        at = find(b, (uint16_t)times->pairs[i].bucket, at);
        add_to(&b->counts[b->bands[at].row][b->batch], times->pairs[i].count);
        b->bands[at].total += times->pairs[i].count;
    }
    add_to(&b->over[b->batch], over);
    add_to(&b->excused[b->batch], excused);
    b->n[b->batch] += times->count + over;
}

static void fold(uint32_t *counts)
{
    for (size_t k = 0; k < BANDS_BATCHES / 2; k++) {
        counts[k] = counts[2 * k];
        add_to(&counts[k], counts[2 * k + 1]);
    }
    memset(&counts[BANDS_BATCHES / 2], 0, BANDS_BATCHES / 2 * sizeof counts[0]);
}

/* Batches of twice the length. */
static void lengthen(struct bands *b)
{
    for (uint32_t i = 0; i < b->band_count; i++) fold(b->counts[i]);
    fold(b->over);
    fold(b->excused);
    for (size_t k = 0; k < BANDS_BATCHES / 2; k++) b->n[k] = b->n[2 * k] + b->n[2 * k + 1];
    memset(&b->n[BANDS_BATCHES / 2], 0, BANDS_BATCHES / 2 * sizeof b->n[0]);
    b->batch = BANDS_BATCHES / 2;
    b->length *= 2;
}

void bands_close(struct bands *b)
{
    if (b->length == 0) b->length = 1;
    if (++b->ticks < b->length) return;
    b->ticks = 0;
    if (++b->batch == BANDS_BATCHES) lengthen(b);
}

/* What stands in the bands from `at` on. */
static struct bands_share share_from(const struct bands *b, enum bands_whose whose, uint32_t at)
{
    uint64_t hits[BANDS_BATCHES];
    uint64_t excused[BANDS_BATCHES];
    for (uint32_t k = 0; k < BANDS_BATCHES; k++) {
        excused[k] = whose == BANDS_LESS_EXCUSED ? b->excused[k] : 0;
        hits[k] = b->over[k] - excused[k];
    }
    for (uint32_t i = at; i < b->band_count; i++) {
        const uint32_t *counts = b->counts[b->bands[i].row];
        for (uint32_t k = 0; k < BANDS_BATCHES; k++) hits[k] += counts[k];
    }
    struct batches full = {0};
    struct bands_share share = {.design_effect = 1};
    for (uint32_t k = 0; k < BANDS_BATCHES; k++) {
        double n = (double)(b->n[k] - excused[k]);
        if (k < b->batch && n > 0) batches_add(&full, (double)hits[k], n);
        share.hits += (double)hits[k];
        share.count += n;
    }
    share.design_effect = batches_design_effect(&full);
    return share;
}

struct bands_share bands_above(const struct bands *b, enum bands_whose whose, uint64_t limit_ns)
{
    uint32_t limit = limit_ns == UINT64_MAX ? HIST_OVER : hist_bucket(limit_ns);
    uint32_t at = b->band_count;
    while (at > 0 && b->bands[at - 1].last > limit) at--;
    return share_from(b, whose, at);
}

double bands_effect_at(const struct bands *b, enum bands_whose whose, double share)
{
    uint32_t at = b->band_count;
    struct bands_share beyond = share_from(b, whose, at);
    double hits = beyond.hits;
    while (at > 0 && hits + (double)b->bands[at - 1].total <= share * beyond.count) {
        hits += (double)b->bands[--at].total;
    }
    double within = at > 0 ? share_from(b, whose, at - 1).design_effect : 1;
    double outside = share_from(b, whose, at).design_effect;
    return within > outside ? within : outside;
}
