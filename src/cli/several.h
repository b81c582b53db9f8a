/* several.h - `prony report` of several runs: each judged alike, all in one table.
 *
 * Why: what changed from one version to the next, or from one plan to another, is asked in a row of
 * figures. They are judged one after the other: only what the table needs is kept of each.
 * Source: docs/result.md, "Several runs".
 * Thread: main.  Memory: its own arena; one replay at a time. */
#pragma once

#include "cli/flags.h"

/* `flags` names two runs or more; the exit code. */
int several_main(const struct flags *flags);
