/* tap.h - looks on while requests are sent and answered, byte by byte.
 *
 * Why: a plan is best tried by seeing each request once, and it must be the engine's own that is
 * seen, not a second client's.
 * Source: docs/cli.md, "Once".
 * Thread: a worker's; with several, each calls for its own requests. What is handed over is
 * borrowed until the call returns, and the worker waits meanwhile: not for runs that are measured.
 * Memory: the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "plan/plan.h"
#include "tick/tick.h"

/* How a request ended. */
struct tap_end {
    uint32_t scenario, step, attempt;
    enum outcome outcome;
    bool again;                 /* ok, but its `until` does not hold yet */
    uint32_t status;            /* 0: no reply */
    const struct check *failed; /* the check that does not hold; NULL: none */
    struct bytes why;           /* of what is not ok */
    const char *captures;       /* [slots][TAP_CAPTURE_MAX], with their lengths */
    const uint16_t *capture_len;
    uint64_t response_ns;
};

#define TAP_CAPTURE_MAX 1024 /* bytes of a captured value */

struct tap {
    void *ctx;
    void (*sent)(void *ctx, struct bytes request);  /* it is being handed to the kernel */
    void (*received)(void *ctx, struct bytes part); /* of the reply, as it came */
    void (*ended)(void *ctx, const struct tap_end *end);
};
