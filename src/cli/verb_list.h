/* verb_list.h - `prony list`: the recorded runs, newest first.
 *
 * Why: a run is named by an id nobody remembers.
 * Source: docs/run-file.md, "The folder".
 * Thread: main.  Memory: its own arena. */
#pragma once

#include "cli/flags.h"

/* `prony list`; the exit code: what is wrong was said. */
int verb_list_main(const struct flags *flags);
