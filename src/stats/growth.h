/* growth.h - does something grow without end, or has it only not come to rest?
 *
 * Why: a leak, an allocator that warms up, a cache that fills and a heap between two rounds of its
 * collector all rise for a while, and nobody believes who cries leak at each. What tells them apart
 * is said here once, of floors (floors.h):
 *   - What was given back is no growth: it must have grown by twice what it ever fell by, else
 *     blocks are made longer until a round of a collector fits into one.
 *   - A slope made of k steps is known to 1 / sqrt(k), however long it was watched; and what grows
 *     by less than the allocator's grain can't be seen.
 *   - A leak goes on: the last third of the time rises by at least half as much as the first, more
 *     than nothing for certain, and has not stopped before the end. A start that only warmed up may
 *     be left out, if what is left is the more even.
 * What fills for longer than it was watched looks like a leak, and nothing here can tell.
 * Source: docs/method.md, "Leaks". Steps: the variance of a compound Poisson sum, W. Feller, An
 * Introduction to Probability Theory and Its Applications I (1968) XII.2. What is still to come: an
 * exponential through three equal spans, G. de Prony, Essai experimental et analytique (1795).
 * Thread: any.  Memory: the caller's room; 20 KiB of stack. */
#pragma once

#include "stats/trend.h"

#define GROWTH_LEAST 15 /* floors, fewer say nothing */

enum growth_kind {
    GROWTH_FEW,      /* too few values */
    GROWTH_EVEN,     /* it goes on as it began, which may be not at all */
    GROWTH_SLOWING,  /* it has slowed or stopped: a warm-up, a cache that fills */
    GROWTH_RISING,   /* it has begun, or speeds up */
    GROWTH_RETURNED, /* much of it was given back */
    GROWTH_UNSURE    /* it rises; whether it still does is not clear */
};

/* Of a part of the time. */
struct growth_part {
    double slope;                  /* per second */
    struct interval range;         /* 95 % */
    double seconds;                /* of its windows */
    double grown;                  /* from its floor to its end */
    double steps;                  /* that this is worth, were all alike; 0: none */
    double smooth, stepped, grain; /* what the interval's half is made of: noise, steps, grain */
};

struct growth {
    enum growth_kind kind;
    struct growth_part all; /* EVEN behind a warm-up: without that */
    struct growth_part end; /* the last third of it */
    double warmed_s;        /* EVEN: so much of the start was left out */
    double rest;            /* SLOWING: what is still to come; NAN: unknown */
    double rest_tau_s;      /* ... and its time constant */
    double fallen;          /* by how much it fell at most, summed over the windows */
    uint32_t count;         /* floors */
};

/* points[count] as of floors.h. What is less than `grain` may have grown unseen. */
void growth_find(const struct floor_point *points, uint32_t count, double grain,
                 struct trend_room *room, struct growth *out);
/* Seconds of watching, all in all, after which `limit` (per second) could be told from what was
 * found; NAN: unknown. */
double growth_needed_s(const struct growth *g, double limit);
