/* tally.h - what became of a set of requests (or iterations): counts, and times with their ends.
 *
 * Why: the same sums stand behind every figure and every verdict. A time that was not seen to its
 * end (timeout, dropped, cut) must neither be lost nor be made up, so it is kept apart and ranked
 * above what was answered.
 * Source: docs/method.md, "Times that were not seen to their end".
 * Thread: collecting thread.  Memory: counts in place; histograms from the judge's arena when the
 * first value comes, so a series that never speaks costs nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "stats/hist.h"
#include "tick/tick.h"

enum tally_keep { /* bits: which histograms a tally is to keep */
                  TALLY_RESPONSE = 1,
                  TALLY_LESS_LAG = 2,
                  TALLY_PHASES = 4 /* service time and time to first byte */
};

struct tally_ages {
    uint64_t count, sum_ns, max_ns;
};

struct tally {
    uint32_t keep; /* enum tally_keep */
    bool fresh;    /* something came since this was last cleared by its reader */
    uint64_t begun;
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t answered_5xx;
    uint64_t shortages[SHORTAGE_COUNT]; /* of `outcomes`: for want of that */
    uint64_t done; /* ended ok in the counted ticks of the stage, whenever intended */
    struct tally_ages timeouts, cuts;
    struct hist *ok, *less_lag, *cut_ages, *service, *ttfb; /* NULL: no value yet */
};

/* Adds a cell. An arena that is full leaves a histogram out; its owner tests arena_ok(). */
void tally_add(struct tally *t, const struct cell *cell, struct arena *arena);
/* Adds `from` to `into`; keeps what `into` is to keep. */
void tally_merge(struct tally *into, const struct tally *from, struct arena *arena);
/* Counts a sparse histogram into *slot, which is taken from `arena` when first needed. */
void tally_count(struct hist **slot, const struct hist_sparse *from, struct arena *arena);

/* Empties `t`; what it keeps and the memory of its histograms stay. */
void tally_clear(struct tally *t);

/* Of outcomes[OUTCOME_COUNT]: all that ended; with or without those that an interruption cut. */
uint64_t tally_ended(const uint64_t *outcomes, bool with_cuts);
uint64_t tally_failed(const uint64_t *outcomes, bool with_cuts);
/* Without an answer, or answered with a 5xx. */
uint64_t tally_unavailable(const uint64_t *outcomes, uint64_t answered_5xx, bool with_cuts);
/* Answered or refused at once, but not ok: not part of the times. */
uint64_t tally_failed_fast(const uint64_t *outcomes);

/* Times in order: answered ones, and how many are known to lie above them. */
struct ranked {
    const struct hist *answered; /* never NULL */
    const struct hist *cut_ages; /* never NULL */
    uint64_t total;              /* all below together */
    uint64_t over;               /* timeouts and dropped: above every limit */
    uint64_t dropped;            /* of them, without an age */
    uint64_t cuts;               /* at least their age */
    uint64_t known_ns;           /* the largest known time or age */
    double sum_ns;               /* of answered, timeouts and cuts */
    uint64_t summed;             /* how many these are */
};

/* `less_lag`: with prony's own lag taken out. `with_cuts`: the run ended by itself. */
struct ranked tally_ranked(const struct tally *t, bool less_lag, bool with_cuts);
/* Times known to be at or below `limit_ns`, by whole buckets. */
uint64_t tally_ranked_within(const struct ranked *r, uint64_t limit_ns);
