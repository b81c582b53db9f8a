/* complete.h - what may stand where the cursor is, for the completion of the shells.
 *
 * Why: the shells' own scripts stay a few lines and never go stale; what there is to say comes from
 * the same tables as parsing and help, and from the plan and the runs at hand.
 * Source: docs/cli.md, "Completion".
 * Thread: main.  Memory: arenas of its own; the caller's text. */
#pragma once

#include "base/text.h"

#define COMPLETE_MAX (128u << 10)

/* `words` are those behind `prony`, the last being the one to complete, perhaps empty. Each
 * candidate is a line, with a tab and what it is; `:plans`, `:files` and `:folders` ask the shell
 * for its own. */
void complete_write(struct text *out, int count, char *const *words);
