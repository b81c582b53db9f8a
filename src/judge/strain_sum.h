/* strain_sum.h - the strain of a stage's judged ticks, added up.
 *
 * Why: one busy second of a minute proves nothing, a tenth of them does; the rules of trust.h ask
 * how much there was, and where it was worst.
 * Source: docs/method.md, "Trust".  Thread: collecting thread.  Memory: in place. */
#pragma once

#include "tick/run.h"
#include "tick/tick.h"

#define STRAIN_SUM_BUSY 0.80 /* share of its core with which a worker is busy */

struct strain_sum {
    uint64_t ns;                       /* of all ticks */
    uint64_t busy_ns;                  /* of those in which a worker was busy */
    double busiest;                    /* largest share of its core that one took in a tick */
    struct strain strain;              /* of all ticks */
    uint64_t held_from_ns, held_to_ns; /* run time of the ticks in which one stood still */
    double step_s;                     /* the largest step of the wall clock, and ... */
    uint64_t step_from_ns, step_to_ns; /* ... run time of the tick in which it was */
};

/* Adds a tick of the stage; `s` begins as all zero, the header tells cores and threads. */
void strain_sum_take(struct strain_sum *s, const struct run_header *header,
                     const struct tick *tick);
