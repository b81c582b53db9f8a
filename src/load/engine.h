/* engine.h - the load engine as a source of ticks.
 *
 * Why: the rest of prony starts it, takes a tick a second and may ask it to stop; how workers share
 * one schedule and nothing else is load/'s own business.
 * Source: docs/architecture.md, "Life of a request".
 * Thread: main; the workers are its own.  Memory: planned at the start, printed, then sealed. */
#pragma once

#include "base/err.h"
#include "load/tap.h"
#include "net/route.h"
#include "plan/plan.h"
#include "tick/run.h"
#include "tick/tick.h"

struct engine;

/* What a plan needs of this machine; `prony check` prints it. */
struct engine_needs {
    uint64_t memory_bytes; /* resident, at most; docs/method.md says what is in it */
    uint64_t user_bytes;   /* of them per user or iteration in flight */
    uint64_t slots;        /* users and iterations at once */
    uint64_t connections;  /* at most at once */
    uint64_t descriptors;  /* of its own: connections and pollers */
};

/* Threads for a plan that names none: the cores it may use, less one where that can be spared. */
uint32_t engine_default_threads(void);
/* False: the plan's expressions or requests cannot be compiled, which its reading told before. */
MUST_USE bool engine_measure_needs(const struct plan *plan, uint32_t threads,
                                   struct engine_needs *out, struct err *err);

struct engine_options {
    const struct run_header *header; /* keeps; header->plan, ->threads, ->tick_ns are used */
    struct route *routes;            /* [plan->target_count], open, keeps */
    const struct address *sources;   /* [source_count], keeps: own addresses, used in turn */
    uint32_t source_count;
    const struct tap *tap; /* keeps; NULL: nobody looks on */
    struct stage *stages;  /* the plan's, where those by hand may be filled in; NULL: no steering */
};

/* Builds everything and starts the workers; run time 0 is a few ms later. */
MUST_USE bool engine_start(struct engine **out, const struct engine_options *options,
                           struct err *err);
/* CLOCK_MONOTONIC at run time 0. */
uint64_t engine_origin_ns(const struct engine *engine);
/* Workers: as many threads as asked for, or fewer where each would not get a connection. */
uint32_t engine_worker_count(const struct engine *engine);
/* The kernel's number of a worker's thread; 0: there is none, or it has not begun to run. */
uint32_t engine_thread_id(const struct engine *engine, uint32_t worker);
enum engine_step {
    ENGINE_TICK, /* `out` is filled; borrowed until the next call */
    ENGINE_IDLE, /* nothing yet; returns at least every 50 ms, so signals and commands can be seen
                  */
    ENGINE_END   /* the tick before had `last` set */
};

/* Waits up to 50 ms for the next tick to be closed by all workers. Events and exemplars of the
 * engine are in it. */
enum engine_step engine_next_tick(struct engine *engine, struct tick *out);
/* No new iteration from now on; open ones are drained at most as long as the plan says. */
void engine_stop(struct engine *engine);
/* The stage that is on is held beyond its end, or released; and its rate becomes so many
 * thousandths of what it is. An event says what became of it (load/steer.h). */
void engine_hold(struct engine *engine);
void engine_rate(struct engine *engine, uint32_t per_mille);
/* Ends the stage that is on, unless it is another one, is held, or ends anyhow; `words` say why. */
void engine_end_stage(struct engine *engine, uint32_t stage, const char *words);
/* Cuts what is open at once; the last tick follows. */
void engine_leave(struct engine *engine);
/* Joins the workers and frees all. */
void engine_close(struct engine *engine);
