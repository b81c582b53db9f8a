/* repeat.h - `prony run --repeat N`: one plan several times, and how far its figures lie apart.
 *
 * Why: one run tells what that start of the service did. Another start, other connections and
 * another seed give other figures, often by more than a run's own intervals are wide; only runs
 * tell by how much.
 * Source: docs/cli.md, "Again and again"; docs/method.md, "Several runs of one plan".
 * Thread: main.  Memory: its own arena; the plan's of one run at a time. */
#pragma once

#include "cli/planning.h"

/* `p` is the plan as it was read, for the first run; the exit code of all together. */
int repeat_run(const struct flags *flags, struct planning *p);
