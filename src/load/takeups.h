/* takeups.h - a sample of when arrivals were taken up, which the judge holds against their law.
 *
 * Why: a generator that is woken in lumps keeps the rate of a Poisson schedule and not its pattern,
 * and a service that never sees two users at once looks better than it is. A Poisson process from
 * which each arrival is left out by chance is one again, only slower: so the sample of a fast
 * schedule has gaps of 16 ms and more, against which a wake-up's own lateness is nothing.
 * Source: S. M. Ross, Introduction to Probability Models, 5.3 (thinning); gaps geometric by
 * inversion, L. Devroye, Non-Uniform Random Variate Generation (1986), X.2.
 * Thread: the worker's; takeups_chain: the collector's.  Memory: in place. */
#pragma once

#include "base/rng.h"
#include "load/sheet.h"
#include "load/timeline.h"

#define TAKEUPS_A_TICK 64 /* on average, of all workers together */

struct takeups {
    struct rng_stream draws;
    double log_left; /* log of the share left out; -INFINITY: none */
    uint64_t skip;   /* arrivals up to the next of the sample; 0: no sample is taken */
};

/* Share of a stage's arrivals that is looked at; 0: its gaps have another law. */
double takeups_share(const struct stage *stage, uint64_t tick_ns);
/* The worker enters a stage. */
void takeups_enter(struct takeups *t, double share, struct rng_key key, uint32_t worker);
/* The next of the sample after one was taken. */
void takeups_draw(struct takeups *t);

/* Whether the arrival in hand is of the sample. */
static inline bool takeups_wants(struct takeups *t)
{
    if (t->skip == 0 || --t->skip > 0) return false;
    takeups_draw(t);
    return true;
}

/* From one of the sample to the next, whichever worker took it up. */
struct takeups_chain {
    bool any;
    uint32_t stage;
    uint64_t at_ns; /* run time */
};

/* The gaps of a tick: `all` is its sample in the order of time, `gaps` has room for as many.
 * Returns how many there are. */
uint32_t takeups_gaps(struct takeups_chain *chain, const struct timeline *timeline,
                      const struct takeup *all, uint32_t count, struct takeup_gap *gaps);
