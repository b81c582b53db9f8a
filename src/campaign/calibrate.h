/* calibrate.h - two seconds against a server that answers at once, before the run.
 *
 * Why: no number can be better than the host it was measured on. A second at a low rate tells the
 * least response time that can be seen here, a second of users without a pause the most requests
 * that this number of threads gets answered, by the same engine that measures the service.
 * Source: docs/method.md, "Calibration".
 * Thread: main; the engine's and the server's are its own.  Memory: an arena of its own. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "plan/plan.h"
#include "tick/calibration.h"

/* With so many threads. False: `err`; or it was `cancelled`, and `err` is empty. */
MUST_USE bool calibrate_run(struct calibration *out, uint32_t threads, bool (*cancelled)(void *ctx),
                            void *ctx, struct err *err);
/* Beyond that share of what this host can send prony itself may be what is measured. */
#define CALIBRATE_SHARE_MOST 0.7

/* Does the plan ask for more? `*share`: the largest that a stage of it asks for; 0: none is known
 * to. */
bool calibrate_too_much(const struct calibration *c, const struct plan *plan, double *share);
