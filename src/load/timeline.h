/* timeline.h - which stage is on, and where ticks end.
 *
 * Why: workers and collector must cut time at the same places without talking. The edges are a
 * function of the stages' starts; only the conductor's thread moves a start, always one that lies
 * ahead (a stage by count is done, somebody stops the run), and raises `version` after it. Since
 * that thread, too, may be held up at any point, it first holds the instant that it means to move
 * an edge to: nobody passes it until it is released. Who had passed it already shows in the clock
 * read after timeline_hold(); then the move is given up.
 * Source: docs/architecture.md, "The tick".
 * Thread: main writes, all read.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "base/shared.h"
#include "plan/plan.h"

#define TIMELINE_NOTICE_NS UINT64_C(60000000) /* how far ahead an edge is moved to at the least */

struct timeline {
    const struct plan *plan;
    uint64_t tick_ns;
    struct shared *starts; /* [stage_count + 1] run time; the last is the drain's */
    struct shared leave;   /* run time at which what is open is cut */
    struct shared version; /* raised after a change */
    struct shared held;    /* run time that nobody passes now; UINT64_MAX: none */
};

void timeline_init(struct timeline *t, const struct plan *plan, uint64_t tick_ns,
                   struct arena *arena);
/* Run time of the start of `stage`; of stage_count: the drain; beyond: UINT64_MAX. */
uint64_t timeline_start(const struct timeline *t, uint32_t stage);
/* The stage that run time `at_ns` lies in; stages of no length are passed over. */
uint32_t timeline_stage(const struct timeline *t, uint64_t at_ns);
/* Whether `at_ns` lies in the settle of `stage`. */
bool timeline_settling(const struct timeline *t, uint32_t stage, uint64_t at_ns);
/* End of the tick that starts at `start_ns`. */
uint64_t timeline_tick_end(const struct timeline *t, uint64_t start_ns);
/* Longest an iteration may go on after the last stage: the longest response limit or `within`. */
uint64_t timeline_drain_ns(const struct plan *plan);
/* Nobody passes `at_ns` until it is released; the edge moved meanwhile may lie there or later. */
void timeline_hold(struct timeline *t, uint64_t at_ns);
void timeline_release(struct timeline *t);
/* Whether who is at `now_ns` must wait. */
bool timeline_holds(const struct timeline *t, uint64_t now_ns);
/* Ends `stage` at `at_ns` and moves all after it forward. */
void timeline_end_stage(struct timeline *t, uint32_t stage, uint64_t at_ns);
/* Ends all stages at `at_ns`: what is left is the drain. */
void timeline_stop(struct timeline *t, uint64_t at_ns);
/* Cuts what is open at `at_ns`. */
void timeline_leave(struct timeline *t, uint64_t at_ns);
