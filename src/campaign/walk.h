/* walk.h - each scenario of a plan walked along once, by the engine, for somebody who looks on.
 *
 * Why: before a plan is let loose one wants to see what it sends and gets. Services start as for a
 * run; there is no judge, no run file and nothing to report.
 * Source: docs/cli.md, "Once".
 * Thread: main; the tap is called on the engine's one thread.
 * Memory: an arena of its own. */
#pragma once

#include "base/err.h"
#include "load/tap.h"
#include "plan/plan.h"

struct walk_options {
    const struct plan *plan; /* its load and pauses are left out */
    const struct tap *tap;
    const char *folder; /* made for it and removed again: the services' logs */
    void (*say)(void *ctx, const char *line);
    void *ctx;
};

/* False: `err` says what kept it from starting. `*signal`: what ended it early, 0: nothing. */
MUST_USE bool walk_run(const struct walk_options *options, int *signal, struct err *err);
