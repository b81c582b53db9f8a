/* hints.h - what is worth typing next, from what was seen and which flags were given.
 *
 * Why: a verdict raises a next question, and the command that answers it is known: where the run
 * was too short, how long it must be; where something failed, how to look at it. A flag that was
 * given is changed in place, never given twice. Source: docs/summary.md, "The summary"; the habit
 * is hyperfine's. Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "cli/flags.h"
#include "tick/result.h"

#define HINTS_MAX 3

/* Command lines, the most useful first; how many. */
uint32_t hints_list(const struct result *result, const struct flags *flags, struct arena *arena,
                    struct bytes out[HINTS_MAX]);
/* `command` with the value of `flag` replaced, or with the flag added. */
void hints_with_flag(struct text *out, struct bytes command, enum flag flag, const char *value);
