/* observer.h - looks at the services of a run and their host while it goes on.
 *
 * Why: the second in which a route got slow is explained by what else happened in it, on the same
 * clock. Sources that read the kernel share one thread; one that asks somebody over the network has
 * its own, so that nobody waits for who does not answer.
 * Source: docs/observing.md.
 * Thread: main; the watchers' threads are its own.  Memory: planned at the start, a few MB at most.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"
#include "tick/tick.h"

struct observer;
struct served_cell;
struct otlp_hub;

struct observer_options {
    const struct plan *plan; /* keeps */
    const pid_t *pids;       /* [plan->service_count]: what was started for each; 0: nothing */
    struct bytes folder;     /* keeps; of the run: there is the output of what was started */
    uint64_t origin_ns;      /* CLOCK_MONOTONIC at run time 0 */
    bool cells;              /* observer_take_cells() will be called */
    uint64_t wall_start_ns;  /* CLOCK_REALTIME then */
    struct otlp_hub *otlp;   /* keeps; NULL: the plan has none */
};

/* Whether those services are there that the plan says must be; `err` names the first that is not.
 */
bool observer_check(const struct plan *plan, struct err *err);
/* The same of their pages of metrics, once what is to be started runs. */
bool observer_check_pages(const struct plan *plan, struct err *err);
/* False: no memory or threads. A source that sees nothing is an event, not a failure. */
bool observer_start(struct observer **out, const struct observer_options *options, struct err *err);
/* What was seen since the last call, into `tick`: series, samples, and events behind its own where
 * there is room up to `event_room`. Borrowed until the next call. */
void observer_take(struct observer *o, struct tick *tick, struct event *events,
                   uint32_t event_room);
/* The requests that services told of, as served_take_cells(). */
uint32_t observer_take_cells(struct observer *o, struct served_cell *out, struct hist_pair *pairs,
                             uint32_t room);
/* Does any source tell of requests? */
bool observer_hears_requests(const struct observer *o);
/* Ends the threads; one that hangs for longer than any asks is left behind, with its memory. NULL
 * is none. */
void observer_stop(struct observer *o);
