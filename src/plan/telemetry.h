/* telemetry.h - what a plan says of traces: which requests are traced, and where services tell it.
 *
 * Why: with `traceparent` in each request the services' own spans belong to requests of prony, so
 * that a slow one shows where its time went.
 * Source: docs/plan.md, "Traces"; W3C Trace Context; OpenTelemetry Protocol 1.
 * Thread: as plan.h.  Memory: as plan.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "plan/span.h"

#define TELEMETRY_SHARE 0.01 /* of requests that services are asked to record, by default */

struct trace_plan {
    bool off;     /* no `traceparent` is sent */
    double share; /* of requests whose spans are asked for */
};

/* Where services send their spans, metrics and logs to. */
struct otlp_plan {
    struct span at;
    struct bytes
        host; /* a loopback address, without brackets; NUL-terminated; empty: no listener */
    uint16_t port;
    bool free;     /* any port; `port` is what was found */
    bool required; /* else a port that is taken is an event */
};

struct telemetry {
    struct trace_plan trace;
    struct otlp_plan otlp;
};

/* `off`, `1%`; false: `*why` is a static sentence. */
MUST_USE bool telemetry_read_trace(struct bytes in, struct trace_plan *out, const char **why);
/* `4318`, `127.0.0.1:4318`, `free`, each also with `required` behind it; of `free` the port is left
 * to be found. */
MUST_USE bool telemetry_read_otlp(struct bytes in, struct otlp_plan *out, const char **why);
