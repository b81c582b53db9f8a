/* stalls.h - the stalls of a run: what its workers saw, joined, and their rhythm.
 *
 * Why: each worker sees its own connections; one stop of the service is one fact, whatever their
 * number. Stalls that come at equal distances have a cause that does so too (a checkpoint, a
 * collection of garbage, a cron job), which is half of the way to it.
 * Source: docs/method.md, "Stalls".
 * Thread: collecting thread.  Memory: the judge's arena. */
#pragma once

#include "base/arena.h"
#include "tick/result.h"
#include "tick/run.h"
#include "tick/stall.h"
#include "tick/tick.h"

#define STALLS_KEPT 100 /* the first ones; of more only the number is kept */
#define STALLS_RHYTHM 4 /* at least so many make one */

/* What each worker told of one. */
struct stall_shares {
    uint32_t open[STALL_WORKERS];   /* most; 0: this worker saw nothing of it */
    uint32_t others[STALL_WORKERS]; /* least */
};

struct stalls {
    const struct run_header *header;
    struct stall_found *found;   /* [STALLS_KEPT], by their start */
    struct stall_shares *shares; /* [STALLS_KEPT], beside `found` */
    uint32_t count;
    uint32_t more;
    uint32_t *planned; /* [slots kept] requests by 100 ms of intended time */
};

/* None yet. Keeps `header`; a full arena is told by arena_ok(). */
void stalls_open(struct stalls *s, const struct run_header *header, struct arena *arena);
/* A tick of the run, in order. */
void stalls_take(struct stalls *s, const struct tick *tick);
/* Fills in what `result` says of stalls. */
void stalls_show(const struct stalls *s, struct result *result);
/* Seconds from the start of one to that of the next, where they are all alike; 0: they are not. */
double stalls_period_s(const struct stall_found *found, uint32_t count);
