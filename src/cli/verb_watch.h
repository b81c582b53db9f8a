/* verb_watch.h - `prony watch`: one run file behind the other, for days.
 *
 * Why: campaign/ conducts each file as a run; here is when the next begins, what is removed, and
 * what became of all of them together.
 * Source: docs/watch.md.
 * Thread: main.  Memory: the plan's arena, and one for each file in turn. */
#pragma once

#include "cli/flags.h"

/* `prony watch`; argv[argc] is the whole command line. The exit code: what is wrong was said. */
int verb_watch_main(const struct flags *flags, int argc, char *const *argv);
