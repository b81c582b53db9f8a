/* timeline.h - which stage is on, and where ticks end.
 *
 * Why: workers and collector must cut time at the same places without talking. The edges are a
 * function of the stages' starts; only the conductor's thread moves a start, always one that lies
 * ahead (a stage by count is done, somebody stops the run), and raises `version` after it. Since
 * that thread, too, may be held up at any point, it first holds the instant that it means to move
 * an edge to: nobody passes it until it is released. Who had passed it already shows in the clock
 * read after timeline_hold(); then the move is given up.
 *
 * Stages follow each other as in the plan. One that somebody steers into (plan/by_hand.h) is put in
 * between while the run goes on: from then on it is the next one, for good.
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
    uint32_t planned;      /* stages that the plan names; behind them are those by hand */
    struct shared *starts; /* [stage_count + 1] run time; the last is the drain's */
    struct shared *nexts;  /* [stage_count + 1] the stage behind it; the drain's: none */
    struct shared leave;   /* run time at which what is open is cut */
    struct shared version; /* raised after a change, and when an edge is about to be moved */
    struct shared held;    /* run time that nobody passes now; UINT64_MAX: none */
};

/* As the plan has it, in `arena`, whose owner tests arena_ok(); keeps `plan`. Main, before the
 * workers. */
void timeline_init(struct timeline *t, const struct plan *plan, uint64_t tick_ns,
                   struct arena *arena);
/* Run time of the start of `stage`; of stage_count: the drain; beyond: UINT64_MAX. */
static inline uint64_t timeline_start(const struct timeline *t, uint32_t stage)
{
    return stage <= t->plan->stage_count ? shared_see(&t->starts[stage]) : UINT64_MAX;
}

/* Where it ends, which is where the next one starts; the drain: UINT64_MAX. */
uint64_t timeline_end(const struct timeline *t, uint32_t stage);
/* The stage behind it, the drain behind the last; `stage` is not the drain. */
uint32_t timeline_next(const struct timeline *t, uint32_t stage);
/* The stage that run time `at_ns` lies in; stages of no length are passed over. */
uint32_t timeline_stage(const struct timeline *t, uint64_t at_ns);
/* The same, found at once where it is `near`. */
uint32_t timeline_stage_near(const struct timeline *t, uint32_t near, uint64_t at_ns);
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
/* Puts `fresh`, a stage by hand that was not used before, behind `stage`, from `at_ns` on: before
 * the end of `stage` it takes what is left of that; at its end it lasts for `length_ns`, and all
 * after it start so much later. */
void timeline_insert(struct timeline *t, uint32_t stage, uint32_t fresh, uint64_t at_ns,
                     uint64_t length_ns);
/* Ends all stages at `at_ns`: what is left is the drain. */
void timeline_stop(struct timeline *t, uint64_t at_ns);
/* Cuts what is open at `at_ns`. */
void timeline_leave(struct timeline *t, uint64_t at_ns);
