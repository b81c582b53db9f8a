/* warnings.h - what in a plan that can be run is hardly meant.
 *
 * Why: `check` prints it, `check --output json` has it as data, and `run` says it before it starts:
 * all three must find the same. A warning never keeps a plan from being run.
 * Source: docs/plan.md, "Services", "Data" and "Objectives".
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "cli/planning.h"

#define WARNING_BYTES 1000 /* of a text; an objective as written may be long */

struct warning {
    struct span at; /* line 0: of a flag */
    struct bytes text;
    struct bytes fix;
};

struct warnings {
    struct warning *items;
    uint32_t count;
};

/* Those of the plan, in the order of objectives, services, environment and data. What does not fit
 * into memory is left out. */
void warnings_find(struct warnings *out, struct planning *p);
/* Says each on stderr, with what would help. */
void warnings_say(const struct warnings *w, const struct planning *p);
