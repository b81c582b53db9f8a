/* bands.h - times by value and by when they came: how far they depend on each other, at any limit.
 *
 * Why: requests that are slow together are no witnesses of their own. What they are worth differs
 * by limit (the slowest come in short bursts, the middle in long waves), and the limit that
 * matters, the end of a percentile's interval, is not known before the run is over. So counts are
 * kept in two directions, both of them coarse: bands of a histogram's buckets, and batches of
 * ticks. Where there are more of either than there is room for, neighbours are put together: of
 * batches all, two by two; of bands the two that have the smallest part of what is not below them,
 * so that the tail stays fine. Source: L. Kish, Survey Sampling (1965) 8.2, design effect; batches
 * that are put together as a run goes on: I. Yeh, B. Schmeiser, Simulation output analysis via
 * dynamic batch means (2000); bands that are fine where it matters: T. Dunning, The t-digest
 * (2021). Thread: one owner.  Memory: in place, 27 KiB. */
#pragma once

#include <stdint.h>

#include "stats/hist.h"

#define BANDS_MAX 96     /* of values that came */
#define BANDS_BATCHES 64 /* of one length; where these are full, of twice the length */

struct band {
    uint16_t first, last; /* buckets of a histogram; all between are its own */
    uint32_t row;         /* of counts[] */
    uint64_t total;
};

struct bands {
    uint32_t band_count;
    struct band bands[BANDS_MAX]; /* rising */
    uint32_t batch;               /* the open one */
    uint32_t ticks, length;       /* in it; in a full one (2^k, 0 before the first tick is over) */
    uint64_t n[BANDS_BATCHES];
    uint32_t over[BANDS_BATCHES];    /* of them: over every limit ... */
    uint32_t excused[BANDS_BATCHES]; /* ... and of these: may be left out */
    uint32_t counts[BANDS_MAX][BANDS_BATCHES];
}; /* all zero: empty. Counts stop at 2^32 - 1: a million a second in one band, for an hour. */

/* What is asked about. */
enum bands_whose { BANDS_ALL, BANDS_LESS_EXCUSED };

/* What is beyond a limit, and what the sample is worth there. */
struct bands_share {
    double hits, count;
    double design_effect; /* of hits / count; 1 where it cannot be told */
};

/* Times of the tick in hand, and how many more are over every limit; `excused` of these. */
void bands_add(struct bands *b, const struct hist_sparse *times, uint64_t over, uint64_t excused);
/* The tick is over; call it where something came. */
void bands_close(struct bands *b);
/* Times over `limit_ns`, by whole bands: the one that the limit lies in is left out. UINT64_MAX:
 * only those over every limit. */
struct bands_share bands_above(const struct bands *b, enum bands_whose whose, uint64_t limit_ns);
/* The design effect where that share of all is longer: the larger of the band's two edges. */
double bands_effect_at(const struct bands *b, enum bands_whose whose, double share);
