/* otlp_spans.h - spans of late, and which of them belong to requests that are worth a look.
 *
 * Why: services tell of a request seconds after it ended, and which requests were slow is known
 * when their second is over: either may come first. So all spans of the run's own traces stay for a
 * while, and those of the slowest and the failed go into the run file, once.
 * Source: docs/tracing.md.
 * Thread: whoever holds the hub's lock.  Memory: the arena given, fixed: 2 MiB. */
#pragma once

#include "base/arena.h"
#include "plan/trace.h"
#include "tick/run.h"
#include "tick/tick.h"
#include "tick/trace_span.h"

#define OTLP_SPANS_KEPT 8192  /* the newest */
#define OTLP_SPANS_WANTED 256 /* requests, the newest */
#define OTLP_SPANS_SLOWEST 8  /* of a stage, as the judge keeps them */
#define OTLP_SPANS_TOLD 32    /* requests in one tick; the others wait for the next */

struct otlp_kept;

struct otlp_spans {
    struct trace trace;     /* how the run's own ids are made */
    struct otlp_kept *ring; /* [OTLP_SPANS_KEPT] */
    uint64_t *lows; /* [OTLP_SPANS_KEPT] second half of each one's trace id; 0: told, or free */
    uint64_t written;
    struct exemplar *wanted; /* [OTLP_SPANS_WANTED] without texts */
    uint64_t wanted_count;   /* ever */
    uint64_t *slowest_ns;    /* [stages][OTLP_SPANS_SLOWEST] in falling order; 0: free */
    uint32_t stage_count;
    struct exemplar *told; /* [OTLP_SPANS_TOLD] */
    char *texts;           /* [OTLP_SPANS_TOLD][TRACE_SPAN_TEXT_MAX] */
};

/* False: no memory, which arena_ok() tells. */
bool otlp_spans_open(struct otlp_spans *s, const struct plan *plan, struct arena *arena);
/* Whether it is a trace that the run's own requests began. */
bool otlp_spans_own(const struct otlp_spans *s, struct trace_id id);
/* Keeps one of those; texts are copied, and cut. */
void otlp_spans_keep(struct otlp_spans *s, struct trace_id trace, const struct trace_span *span);
/* What is known by now of requests in this tick and before: EXEMPLAR_SPANS, in s->told until the
 * next call; how many. */
uint32_t otlp_spans_take(struct otlp_spans *s, const struct tick *tick);
