/* verb_check.h - `prony check`: what a plan would do, without doing it.
 *
 * Why: a plan is read by people before it is trusted: how much it sends, what it needs of this
 * machine, and which programs it would start here.
 * Source: J. D. C. Little, A Proof for the Queuing Formula L = lambda W (1961).
 * Thread: main.  Memory: its own arena. */
#pragma once

#include "cli/flags.h"

/* `prony check`; argv[argc] is the whole command line. The exit code: what is wrong was said. */
int verb_check_main(const struct flags *flags, int argc, char *const *argv);
