/* verb_init.h - `prony init`: a plan to begin with.
 *
 * Why: from a URL to a plan of one's own in one command.
 * Source: docs/cli.md.
 * Thread: main.  Memory: static. */
#pragma once

#include "cli/flags.h"

/* `prony init`; the exit code: what is wrong was said. */
int verb_init_main(const struct flags *flags);
