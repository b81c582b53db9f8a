/* trace_span.h - what services say they did for one request, as lines of text.
 *
 * Why: spans are told seconds after their request, by several services, some of them twice. Kept as
 * text they go with an exemplar of a kind of its own through bus, file and replay, and anyone with
 * sqlite3 can read them: a span a line, six words and two names.
 *
 *     b7ad6b7169203331 00f067aa0ba902b7 1203400112 8400211 2 0<TAB>api<TAB>GET /jobs/:id
 *
 * Those are: its id, its parent's, its start in run time (ns), how long (ns), kind, failed or not,
 * the service, its name.
 * Source: OpenTelemetry Protocol 1, trace.proto.
 * Thread: any.  Memory: none; names point into the text. */
#pragma once

#include "base/trace_id.h"

#define TRACE_SPAN_TEXT_MAX                                                                        \
    8192                        /* bytes of one request's spans; more are left out, and counted    \
                                 */
#define TRACE_SPAN_NAME_MAX 120 /* of a name; the rest is cut */

enum trace_span_kind { /* the numbers are OTLP's */
                       TRACE_SPAN_UNKNOWN,
                       TRACE_SPAN_INTERNAL,
                       TRACE_SPAN_SERVER,
                       TRACE_SPAN_CLIENT,
                       TRACE_SPAN_PRODUCER,
                       TRACE_SPAN_CONSUMER,
                       TRACE_SPAN_KINDS
};

struct trace_span {
    uint64_t id, parent; /* parent 0: none */
    uint64_t start_ns, duration_ns;
    enum trace_span_kind kind;
    bool failed;
    struct bytes service, name;
};

/* Appends a line; names are made safe and cut. */
void trace_span_add(struct text *out, const struct trace_span *span);
/* Takes the next line off; lines of nonsense are passed over. False: there is none. */
bool trace_span_next(struct bytes *rest, struct trace_span *out);
