/* trace.h - the `traceparent` of each request.
 *
 * Why: services that know W3C Trace Context record their spans under prony's id where the sampled
 * flag is set, so that a slow request can show them. The first half of the id is the run's, the
 * second is the request's and the id of prony's own span as well: a plain request has all else in
 * place, and gets those digits twice and the flag.
 * Source: W3C Trace Context (2021), 3.2; OpenTelemetry, "TraceState: Probability Sampling": the
 * last 56 bits decide, so that others who sample by them agree. Mixing: P. Evensen, rrmxmx.
 * Thread: any.  Memory: none. */
#pragma once

#include "base/trace_id.h"
#include "plan/plan.h"

#define TRACE_HEADER "traceparent"
#define TRACE_LOW_AT 19  /* of a value "00-<32>-<16>-<2>": the second half of the trace id, ... */
#define TRACE_SPAN_AT 36 /* ... the span's, ... */
#define TRACE_FLAG_AT 54 /* ... and the last digit of the flags */
#define TRACE_VALUE_LEN 55
#define TRACE_RANDOM_BITS ((UINT64_C(1) << 56) - 1)

struct trace {
    bool on;
    uint64_t high, key;
    uint64_t least; /* sampled is whose last 56 bits are no less; 2^56: none is */
};

/* Which request of the schedule; in closed stages `index` is user << 32 | iteration. */
struct trace_place {
    uint64_t index;
    uint32_t stage, step, attempt;
};

/* A pure function of the plan and its seed. */
void trace_init(struct trace *t, const struct plan *plan);

/* The second half of the request's id. That it is 0, which would be no id, has a chance of 2^-64.
 */
static inline uint64_t trace_low(const struct trace *t, const struct trace_place *at)
{
    const uint64_t odd = UINT64_C(0x9fb21c651e98df25);
    uint64_t place = ((uint64_t)at->stage << 40) + ((uint64_t)at->step << 20) + at->attempt;
    uint64_t x = (at->index ^ t->key) + place * odd;
    x ^= x >> 32;
    x *= odd;
    x ^= x >> 29;
    x *= odd;
    return x ^ x >> 32;
}

/* Whether services are asked to keep its spans: `low` is of its id. */
static inline bool trace_sampled(const struct trace *t, uint64_t low)
{
    return (low & TRACE_RANDOM_BITS) >= t->least;
}

/* Fills in what is the request's own; `value` is at the header's value. */
static inline void trace_patch(char *value, uint64_t low, bool sampled)
{
    trace_id_put64(value + TRACE_LOW_AT, low);
    trace_id_put64(value + TRACE_SPAN_AT, low);
    value[TRACE_FLAG_AT] = (char)('0' + sampled);
}

/* The whole value: TRACE_VALUE_LEN bytes, no NUL. */
void trace_write(char *value, const struct trace *t, const struct trace_place *at);
