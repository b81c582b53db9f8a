/* figures.h - a tally as the figures that reports show.
 *
 * Why: one place decides which figure is a lower bound and which does not exist (NAN).
 * Source: docs/result.md.  Thread: collecting thread.  Memory: none. */
#pragma once

#include "judge/tally.h"
#include "tick/result.h"

/* What the ticks measured beside the requests themselves, over the stages in which these can occur;
 * zero seconds: nothing was counted. */
struct figures_time {
    double in_flight;      /* integral, in seconds x count */
    double users;          /* likewise, of closed stages */
    uint64_t done;         /* ok ones that ended in them */
    bool in_part;          /* a stage among them counts in part: see books_in_part() */
    bool closed;           /* a closed stage is among them: offered is not a rate */
    double closed_seconds; /* counted in those */
    double seconds;        /* counted in all */
};

/* part / whole; NAN where the whole is nothing. */
double figures_ratio(double part, double whole);
/* Counts, rates and times of `t`. Iteration counts, lag, wait and connect are left empty. */
void figures_of(struct figures *out, const struct tally *t, const struct figures_time *time,
                bool with_cuts);
/* Times without an unseen end (service, lag, ...); NULL: none. */
struct latency figures_latency(const struct hist *h);
/* Times with unseen ends ranked above the answered ones. */
struct latency figures_ranked(const struct ranked *r);
