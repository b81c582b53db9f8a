/* stall.h - a time in which the service answered nothing, or some connections got nothing.
 *
 * Why: it is found by a worker, kept in the run file, joined with what other workers saw and told
 * by the judge; all they share is this.
 * Source: load/stall_watch.h finds it, judge/stalls.h joins; docs/method.md, "Stalls".
 * Thread: as tick.h.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define STALL_WORKERS 256          /* more than there are */
#define STALL_NO_WORKER UINT32_MAX /* a run file from before version 7 */

/* What one worker saw; several, where it was let go in groups. */
struct stall {
    uint64_t start_ns, end_ns; /* run time: earliest send of what was held, first reply to it */
    uint32_t stage;            /* in progress at its end */
    uint32_t held;             /* requests that waited through it, each on its own connection */
    uint32_t open;             /* connections that the worker had then */
    uint32_t others;           /* replies that came meanwhile; 0: the service answered nothing */
    uint32_t worker;           /* its index, below STALL_WORKERS, or STALL_NO_WORKER */
};

/* A stall as all workers together saw it. */
struct stall_found {
    uint64_t start_ns, end_ns;
    uint32_t stage;
    uint32_t held, open, others; /* added up over the workers that saw it */
    uint32_t workers;
    uint64_t due; /* requests that were to be sent meanwhile */
    bool whole;   /* the service answered nothing at all */
};
