/* verb_run.h - `prony run`: a plan or a URL to its verdict.
 *
 * Why: campaign/ conducts the run; here is what a person sees of it and what a script gets.
 * Source: docs/architecture.md, "Life of a run".
 * Thread: main.  Memory: its own arena. */
#pragma once

#include "cli/flags.h"

/* `prony run`; argv[argc] is the whole command line. The exit code: what is wrong was said. */
int verb_run_main(const struct flags *flags, int argc, char *const *argv);
