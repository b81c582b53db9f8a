/* otlp_hub.h - what services send by OTLP over HTTP: spans, metrics, logs.
 *
 * Why: an instrumented service tells where a request's time went inside of it, which nobody sees
 * from outside. It sends to a port that is the same for all services; whose it is, is told by its
 * `service.name`, which must be that of a service of the plan.
 * Source: OpenTelemetry Protocol 1.10, "OTLP/HTTP"; docs/tracing.md.
 * Thread: open, begin and close main's; take the collecting thread's; requests come on a thread of
 * the listener's, the source is its watcher's. Main waits for one payload at most, some 20 ms.
 * Memory: an arena of its own, planned: 100 MiB of address space, 6 MiB touched before anything
 * large comes. */
#pragma once

#include "base/err.h"
#include "observe/served.h"
#include "observe/source.h"
#include "plan/plan.h"
#include "tick/tick.h"

struct otlp_hub;

/* Listens where `plan->telemetry.otlp` says, so that services that are started next can send. Keeps
 * `plan`. Where that cannot be, `trouble` says why, and the run goes on without; or it must be, and
 * false: `err`. */
MUST_USE bool otlp_hub_listen(struct otlp_hub **out, const struct plan *plan, struct err *trouble,
                              struct err *err);
/* From now on what comes is of the run; `wall_start_ns` is CLOCK_REALTIME at run time 0. `book`
 * (kept, until otlp_hub_end()) is told of requests; NULL: nobody keeps one. */
void otlp_hub_begin(struct otlp_hub *hub, uint64_t wall_start_ns, struct served_book *book);
/* What writes down rates, levels and counts. */
void otlp_hub_source(struct source *out, struct otlp_hub *hub);
/* Puts the spans of requests that the tick, or one before, has looked at behind its exemplars.
 * Borrowed until the next call. */
void otlp_hub_take(struct otlp_hub *hub, struct tick *tick);
/* The run is over: what comes is answered, and thrown away; the book may go. */
void otlp_hub_end(struct otlp_hub *hub);
/* NULL is none. */
void otlp_hub_close(struct otlp_hub *hub);
