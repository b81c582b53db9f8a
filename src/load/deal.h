/* deal.h - rows of `pick: unique`, dealt to iterations as they start.
 *
 * Why: a row is used once in the run, and none is left out while somebody waits for one. How many
 * iterations a closed stage makes, and which user is the quickest, nobody knows beforehand; so rows
 * are not a function of the schedule but taken from one pile, in the file's order
 * (docs/decisions/0007).
 * Source: own.  Thread: each worker takes, any thread asks.  Memory: the arena given. */
#pragma once

#include "base/shared.h"
#include "load/program.h"

struct deal {
    const struct program *program;
    struct shared *asked; /* [unique_count] rows given out, and then asked for in vain */
};

/* False: the arena is full. */
MUST_USE bool deal_open(struct deal *d, const struct program *program, struct arena *arena);
/* Gives `rows[unique_count]` a row of each source that the scenario uses. False: one of them has
 * none left, and the iteration cannot start. */
MUST_USE bool deal_take(struct deal *d, uint32_t scenario, uint32_t *rows);
/* Whether somebody was sent away for want of a row of unique source `unique`. */
bool deal_is_short(const struct deal *d, uint32_t unique);
