/* flow_priv.h - an iteration walking along its steps.
 *
 * Why: timers and connections wake a flow; it decides what comes next.
 * Source: own.  Thread: the worker's.  Memory: none of its own. */
#pragma once

#include "load/record_priv.h"
#include "load/worker_priv.h"

#define FLOW_LATE "no complete reply within the response timeout"
#define FLOW_FIRST_LATE "no first byte within its timeout"

/* What the request at hand is rendered from: numbers, captures, rows. Borrows of both. */
struct values flow_values(const struct worker *w, const struct flow *f);
/* The second half of the trace id of the request at hand. */
static inline uint64_t flow_trace(const struct worker *w, const struct flow *f)
{
    struct trace_place place = {f->index, f->arrival_stage, f->step, f->attempt};
    return trace_low(&w->setting.program->trace, &place);
}

/* Where its iteration keeps what it captured. Borrows. */
struct captured flow_captured(const struct worker *w, const struct flow *f);
/* A free one; NULL: all are in use. */
struct flow *flow_take(struct worker *w);
/* Gives it back; it is in no list and has no timer. */
void flow_release(struct worker *w, struct flow *f);
/* Chooses scenario and target of an iteration that was intended for f->arrival_ns. */
void flow_choose(struct worker *w, struct flow *f);
/* Sleeps until `due_ns`; an earlier timer fires first and is set again. */
void flow_wake_at(struct worker *w, struct flow *f, uint64_t due_ns);
/* Wakes it in this turn of the loop, behind those already due. */
void flow_wake_now(struct worker *w, struct flow *f);
/* Starts an iteration that was intended for `arrival_ns`. Where `pick: unique` has no row for it,
 * an arrival is dropped and a user leaves. */
void flow_start(struct worker *w, struct flow *f, uint64_t arrival_ns, uint64_t now_ns);
/* A stage's end was moved up: users that rest beyond it leave there. */
void flow_stages_moved(struct worker *w);
/* Sets the timer of an open request to its nearest limit. */
void flow_watch(struct worker *w, struct flow *f);
/* A timer of this flow fired, or it is due at once. */
void flow_timer(struct worker *w, struct flow *f, uint64_t now_ns);
/* Its request ended so, or where `until` is out of time by `check`; goes on to the next request,
 * rests or leaves. */
void flow_request_ended(struct worker *w, struct flow *f, struct ending *ending);
/* Cuts what is open at `now_ns`. */
void flow_cut(struct worker *w, struct flow *f, uint64_t now_ns);
