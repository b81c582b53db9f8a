/* ending.h - a result on stdout, and its exit code.
 *
 * Why: a run and a report of it end in the same words and the same number.
 * Source: docs/result.md, docs/exit-codes.md.
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "cli/flags.h"
#include "tick/result.h"

struct ending {
    const struct result *result;
    const struct flags *flags;
    struct bytes folder; /* of the run; empty: unknown */
    const char *trouble; /* with the run file, a sentence; empty: none */
};

/* Prints it as --output and --quiet want it; the exit code. */
int ending_print(const struct ending *o, struct arena *arena);
