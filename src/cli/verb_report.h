/* verb_report.h - `prony report`: a recorded run judged again, by its own limits or others.
 *
 * Why: limits are often found after the run; the file holds all that is needed.
 * Source: docs/run-file.md, "Reading".
 * Thread: main.  Memory: its own arena. */
#pragma once

#include "cli/flags.h"

int verb_report_main(const struct flags *flags);
