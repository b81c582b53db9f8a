/* rhythm.h - did the arrivals of a stage come as the plan's pattern has them?
 *
 * Why: rate and lag may be right while a generator lets arrivals go in lumps. The gaps between
 * take-ups, rescaled by the rate, are exponential in a Poisson stage, however the target behaves.
 * With very many gaps the smallest lateness would show, which harms no figure: of a stage at most
 * 500 are kept, spread evenly over it.
 * Source: stats/anderson.h; Lancet (M. Kogias et al., USENIX ATC '19) has the idea.
 * Thread: collecting thread.  Memory: 2 KB a stage in the arena. */
#pragma once

#include "base/arena.h"
#include "tick/tick.h"

#define RHYTHM_GAPS 500
#define RHYTHM_LEAST 50 /* fewer say too little */

struct rhythm {
    uint32_t *millionths; /* [RHYTHM_GAPS], NULL before the first */
    uint32_t count;
    uint64_t seen, stride; /* each so manieth is kept */
    uint32_t known;        /* so many were kept when the figures below were found */
    double statistic, tail;
};

/* The gaps of `stage` in a tick. */
void rhythm_take(struct rhythm *r, const struct tick *tick, uint32_t stage, struct arena *arena);
/* Finds `statistic` and `tail`, the chance of one as large. False: there are too few gaps. */
bool rhythm_find(struct rhythm *r);
