/* record_priv.h - counting: once when a request begins, once when it ends.
 *
 * Why: all figures of a run pass through these few calls.
 * Source: own.  Thread: the worker's.  Memory: none of its own. */
#pragma once

#include "base/ns.h"
#include "base/text.h"
#include "load/worker_priv.h"

/* How a request ended. */
struct ending {
    enum outcome outcome;
    uint64_t read_ns;   /* when we knew */
    uint64_t kernel_ns; /* when the kernel knew; read_ns where it did not say */
    uint32_t status;    /* 0: no reply */
    bool no_room;       /* to keep the reply, so nobody looked at it */
    struct verdict_on_reply verdict;
    const char *why; /* static; NULL: by outcome */
    struct bytes sample;
};

/* An iteration was taken up, or was to be; `taken_ns` is CLOCK_MONOTONIC, like all times here. */
void record_planned(struct worker *w, const struct flow *f, uint64_t taken_ns);
/* An arrival of the sample. */
void record_takeup(struct worker *w, const struct flow *f, uint64_t taken_ns);
/* A request was taken up at f->taken_ns: from now on it is in flight. */
void record_begun(struct worker *w, const struct flow *f);
/* It ended: counted once, by outcome, with times and what was short, and looked at as an exemplar.
 * Adds its lag to the iteration, which fails by the first of its requests that does. */
void record_request(struct worker *w, struct flow *f, const struct ending *ending);
/* What was not as it should be, in words; nothing for a request that is ok. */
void record_describe(const struct ending *ending, const struct plan *plan, struct text *out);
/* An iteration ended by f->outcome, from its arrival to `end_ns`. */
void record_iteration(struct worker *w, const struct flow *f, uint64_t end_ns);
/* An arrival or a user that `pick: unique` had no row for. */
void record_rowless(struct worker *w, const struct flow *f, uint64_t now_ns);
/* An arrival that never started: dropped (max_in_flight, or for want of `lack`, a row) or cut (the
 * run was left). SHORTAGE_COUNT: nothing was short. */
void record_unstarted(struct worker *w, const struct flow *f, enum outcome outcome,
                      enum shortage lack, uint64_t now_ns);
/* A connection was made for it, by f->connect_ns and with TLS f->tls_ns. */
void record_connect(struct worker *w, const struct flow *f, bool resumed);
/* A closed user pauses behind its iteration, from `end_ns` on. */
void record_rest(struct worker *w, const struct flow *f, uint64_t end_ns, uint64_t rest_ns);
/* A closed user comes or goes: the integral of users. */
void record_user(struct worker *w, uint64_t now_ns, bool joins);
/* All replies up to then are recorded: what was held and let go before may be a stall by now. */
void record_quiet(struct worker *w, uint64_t now_ns);
/* Publishes the sheet being written, whose tick ends at w->tick_end_ns, and takes an empty one. */
void record_close(struct worker *w);
/* Where the tick in hand ends, as far as it is known by now. */
void record_expect(struct worker *w);
/* Waits while main moves an edge that lies before `now_ns`. */
void record_await(const struct worker *w, uint64_t now_ns);
/* Closes sheets whose tick has ended by `now_ns`; the last, which ends with the run, stays open. */
void record_roll(struct worker *w, uint64_t now_ns);

/* A worker looks at the time every 30 ms, and a turn takes a few ms: longer, and it was not run. */
#define RECORD_STANDSTILL_NS (100 * NS_PER_MS)

/* The turn before took until `now_ns`, which is later than it may. */
void record_standstill(struct worker *w, uint64_t now_ns);

/* A turn begins; the thread may have stood still in the one before. */
static inline void record_turn(struct worker *w, uint64_t now_ns)
{
    if (now_ns - w->turned_ns >= RECORD_STANDSTILL_NS) record_standstill(w, now_ns);
    w->turned_ns = now_ns;
}

/* Before anything is counted at `now_ns`: closes the sheet of a tick that is over. */
static inline void record_reach(struct worker *w, uint64_t now_ns)
{
    /* An edge may have been moved in the midst of a turn that took long. */
    bool moved = shared_see(&w->setting.timeline->version) != w->edges;
    if (now_ns >= w->look_ns || moved) record_roll(w, now_ns);
}

/* Time integrals: at a beginning the part of the tick before it is taken off, at an end the part
 * up to it is put on; record_roll() adds the whole tick for what is still open. */
static inline double since_tick_start(const struct worker *w, uint64_t at_ns)
{
    return (double)(int64_t)(at_ns - w->tick_start_ns);
}
