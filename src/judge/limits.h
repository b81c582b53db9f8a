/* limits.h - objectives that every judged stage must keep.
 *
 * Why: a service that is fast in ten stages and slow in one is slow. Percentiles are never
 * averaged: where no stage alone can say, the counts of all of them are put together.
 * Source: docs/method.md, "Limits".  Thread: collecting thread.  Memory: `pool` is lent. */
#pragma once

#include "judge/rows.h"

struct silence;
struct stalls;

/* What judging needs beside the rows. */
struct limits_desk {
    const struct books *books;
    const struct stalls *stalls;   /* for the notes; NULL: nobody looked for them */
    const struct silence *silence; /* NULL: nobody looked for it */
    bool with_cuts;                /* false: an interruption cut them, they are nobody's fault */
    bool final;                    /* no tick will follow */
    bool going_on;                 /* here; but somebody else still runs it */
    struct tally *pool;            /* keeps times, for all judged stages together */
    struct hist *scratch;
    struct arena *arena;
};

/* Makes row->findings[stage] and needed_s of it. Capacities too: value, interval, reached or not.
 */
void limits_find(const struct limits_desk *desk, struct row *row, uint32_t stage);
/* The row's verdict over all its stages, from their findings; not for capacities. */
void limits_conclude(const struct limits_desk *desk, const struct row *row,
                     struct objective_result *out);
/* What of prony's own doing is not held against the target. */
struct limits_pardon {
    bool lag;       /* taken out of each time */
    bool timeouts;  /* those that prony may have used the time of left out */
    bool shortages; /* what ended for want of something of prony's own left out */
};

/* Would a missed row not be missed with that taken out? */
bool limits_pardoned(const struct limits_desk *desk, const struct row *row,
                     const struct limits_pardon *pardon);
/* How many timeouts of the row's stages prony may have used the time of. */
uint64_t limits_suspect_timeouts(const struct limits_desk *desk, const struct row *row);
/* How many requests (or iterations) stand against the row in its stages though they ended for want
 * of something of prony's own; adds up in shortages[SHORTAGE_COUNT] for want of what. */
uint64_t limits_lacking(const struct limits_desk *desk, const struct row *row, uint64_t *shortages);
/* Fills what stands in every result from one stage's finding, or from `pooled` with
 * stage PLAN_NO_INDEX. */
void limits_show(const struct row *row, uint32_t stage, const struct finding *f,
                 struct objective_result *out);
