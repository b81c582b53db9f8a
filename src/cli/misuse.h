/* misuse.h - a command line that is wrong: all that is wrong with it.
 *
 * Why: whoever corrects one flag should not have to run it again to hear of the next.
 * Source: docs/cli.md, "Errors as data".
 * Thread: main.  Memory: none. */
#pragma once

#include "cli/flags.h"

/* Tells `err` and what else flags_parse() found, as data where `check` is asked for data; the exit
 * code. */
int misuse_tell(const struct flags *flags, const struct err *err);
