/* exemplar.h - how a request ended, and a request looked at closely.
 *
 * Why: a percentile has no name, no status and no body. The slowest, one by chance and the first
 * of each failure are kept whole, so that a figure can be traced to a request.
 * Source: docs/glossary.md; docs/result.md, "Single requests".
 * Thread: as tick.h.  Memory: as tick.h. */
#pragma once

#include <stdint.h>

#include "base/trace_id.h"

/* How a request ended: exactly one each. An iteration takes the outcome of its first step that was
 * not ok (OUTCOME_OK: done). */
enum outcome {
    OUTCOME_OK,
    OUTCOME_STATUS,
    OUTCOME_CHECK,
    OUTCOME_TIMEOUT,
    OUTCOME_DNS,
    OUTCOME_REFUSED,
    OUTCOME_RESET,
    OUTCOME_TLS,
    OUTCOME_PROTOCOL,
    OUTCOME_CUT,     /* still open when the run ended */
    OUTCOME_DROPPED, /* never sent: max_in_flight, no row, no local port or descriptor */
    OUTCOME_COUNT
};

enum exemplar_kind {
    EXEMPLAR_SLOW,
    EXEMPLAR_RANDOM,
    EXEMPLAR_FIRST_ERROR,
    EXEMPLAR_TRACED, /* the slowest that asked the services for their spans */
    EXEMPLAR_SPANS,  /* spans of one of the others, told later: `sample` has them (trace_span.h) */
};

#define EXEMPLAR_KINDS (EXEMPLAR_SPANS + 1)

/* A request looked at closely. */
struct exemplar {
    enum exemplar_kind kind;
    uint32_t stage, name;
    enum outcome outcome;
    uint32_t status;      /* 0: no reply */
    uint64_t intended_ns; /* run time */
    uint64_t response_ns, lag_ns, wait_ns, connect_ns, tls_ns, ttfb_ns, service_ns;
    struct trace_id trace; /* sent with it; none: a header of the plan's own, or not sent */
    bool sampled;          /* with the flag that asks for spans */
    struct bytes detail;   /* why it is not ok: "check: json .state == done, was running" */
    struct bytes sample;   /* start of the reply, masked, safe; may be empty */
};
