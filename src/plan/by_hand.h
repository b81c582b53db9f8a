/* by_hand.h - stages kept free for somebody who steers the run while it goes.
 *
 * Why: tables of a run have a place for each stage before it begins, and a replay knows them from
 * its header. So a run that may be steered has some stages of no length behind those of the plan,
 * never judged: `steered-N` for a changed rate or an open stage that is held, `held-N` for a closed
 * one. What they are to do is filled in when they are needed; one that never was is nowhere shown.
 * Source: docs/live.md, "Steering".
 * Thread: main, before the run.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "plan/plan.h"

#define BY_HAND_OPEN 12u  /* in plans with an open stage */
#define BY_HAND_CLOSED 2u /* in plans with a closed one */
#define BY_HAND_MOST 2.0  /* times the plan's highest rate: memory and descriptors are for that */
/* How long one that is held lasts, if nobody lets it go. */
#define BY_HAND_HOLD_NS (UINT64_C(86400) * 1000000000)

/* Adds them to the plan, once. False: `arena` is too small. */
MUST_USE bool by_hand_reserve(struct plan *plan, struct arena *arena);
/* The first stage of the plan that is kept free: how many it names itself. */
uint32_t by_hand_first(const struct plan *plan);
