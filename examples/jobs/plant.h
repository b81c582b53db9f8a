/* plant.h - faults put in on purpose, so that a load test can be seen to find them.
 *
 * All are off unless PLANT asks for them; README.md says what each does and how large it is.
 * Thread: plant_parse in main before any other starts, plant_start and plant_stop in main; the
 * rest any. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PLANT_FORMS                                                                                \
    "cpu:TIME, lock:TIME, rowlock:TIME, wait:TIME, downstream:URL, fsync:TIME, storm:EVERY, "      \
    "pause:EVERY:FOR, stall:EVERY:FOR, leak:BYTES, errors:PERCENT, jobfail:PERCENT, crash:AFTER, " \
    "slowstart:TIME"

struct plant_leak {
    struct plant_leak *next;
    char bytes[];
};

struct plant {
    uint64_t cpu_ns;                       /* computed for each request of the API */
    uint64_t lock_ns;                      /* computed with one lock in hand for all of them */
    uint64_t rowlock_ns;                   /* a new job's transaction stays open for so long */
    uint64_t wait_ns;                      /* waited, without CPU, before each answer */
    uint64_t fsync_ns;                     /* the least that a flush to the disk takes */
    uint64_t storm_every_ns;               /* all that is cached is void at the end of each */
    uint64_t pause_every_ns, pause_for_ns; /* all threads but one stand still */
    uint64_t stall_every_ns, stall_for_ns; /* no reply leaves for the last part of each period */
    uint64_t leak_bytes;                   /* kept of each request of the API */
    uint64_t crash_after_ns;               /* after being ready; 0 = never */
    uint64_t slow_start_ns;                /* ready no sooner than this after the start */
    uint32_t errors_per_million;           /* of the API's requests, answered with 500 */
    uint32_t jobfail_per_million;          /* of the jobs, ending as failed */
    char downstream[256];                  /* a URL to ask before each answer; "" = none */

    _Atomic uint64_t start_ns; /* of the periods; 0 = not yet */
    _Atomic uint64_t draws;
    _Atomic(struct plant_leak *) leaks;
    pthread_mutex_t lock;
    pthread_rwlock_t world; /* read by who works, written by who makes all stand still */
    pthread_t pauser;
    bool pausing;
    atomic_bool stopped;
};

/* Reads `stall:5s:300ms,errors:1%`. */
bool plant_parse(struct plant *out, const char *text);

/* Starts the periods at `now_ns`. False: no thread for them; the reason is on stderr. */
bool plant_start(struct plant *plant, uint64_t now_ns);

/* Legal on one that never started. */
void plant_stop(struct plant *plant);

/* Blocks the caller until the stall of this moment, if any, is over. */
void plant_stall(const struct plant *plant);

/* Around all work on behalf of a request: where a pause finds its thread. */
void plant_enter(struct plant *plant);
void plant_leave(struct plant *plant);

/* What a request of the API costs before anything is done for it: CPU and memory. */
void plant_handle(struct plant *plant);

/* What it costs on the way to the database. False: the service downstream failed. */
bool plant_visit(struct plant *plant);

/* Holds an open transaction for as long as is planted. */
void plant_hold(const struct plant *plant);

/* Counts the storms so far: what was cached before the last one is void. */
uint64_t plant_storms(const struct plant *plant, uint64_t now_ns);

/* True for `per_million` of the calls, by a fixed pseudo-random sequence. */
bool plant_draw(struct plant *plant, uint32_t per_million);
