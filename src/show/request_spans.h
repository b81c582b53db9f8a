/* request_spans.h - what services say they did for one request, as a tree with times.
 *
 * Why: response time says that a request was slow; the spans of the services that it went through
 * say where. Those of one request come in any order and from several services; here they stand
 * under their parents.
 * Source: docs/tracing.md.
 * Thread: collecting thread.  Memory: the caller's; 64 spans of a request, those that began first.
 */
#pragma once

#include "base/text.h"
#include "show/style.h"
#include "tick/result.h"
#include "tick/trace_span.h"

#define REQUEST_SPANS_MAX 64

struct request_span {
    struct trace_span span;
    uint32_t depth;   /* 0: its parent is the request, or is not known */
    uint64_t self_ns; /* of its time, that in which none of its children ran */
};

/* In the order in which they are read: each behind its parent, children by start. The number. */
uint32_t request_spans_order(struct bytes text, struct request_span rows[REQUEST_SPANS_MAX]);
/* The request that an exemplar of kind EXEMPLAR_SPANS is about; NULL: it is not among those kept.
 */
const struct exemplar *request_spans_request(const struct result *result,
                                             const struct exemplar *spans);
/* Of the slowest requests whose spans are known, at most `most`; nothing where none are. */
void request_spans_write(struct text *out, const struct result *result,
                         const struct show_style *style, uint32_t most);
