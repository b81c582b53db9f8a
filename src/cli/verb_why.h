/* verb_why.h - `prony why RUN`: where a recorded run's requests waited, and whose fault it is.
 *
 * Why: the run file is played through judge and explanation again, so an old run can be asked.
 * Source: docs/why.md.
 * Thread: main.  Memory: an arena of its own. */
#pragma once

#include "cli/flags.h"

/* Exit code: 0 when it was told, also that nothing bent; 2: no such run. */
int verb_why_main(const struct flags *flags);
