/* verb_report.h - `prony report`: a recorded run judged again, by its own limits or others.
 *
 * Why: limits are often found after the run; the file holds all that is needed.
 * Source: docs/run-file.md, "Reading".
 * Thread: main.  Memory: its own arena. */
#pragma once

#include "base/arena.h"
#include "cli/flags.h"
#include "plan/diag.h"

/* `prony report`; the exit code, of the run as it is judged now: what is wrong was said. */
int verb_report_main(const struct flags *flags);
/* Names the words that those objectives are made of in `diags`. False: no memory. */
MUST_USE bool verb_report_words(const struct flags *flags, struct arena *arena,
                                struct diags *diags);
/* Prints what is wrong with the objectives that flags ask for; the exit code. */
int verb_report_objectives(struct arena *arena, const struct diags *diags);
/* A file that is no run, or no longer one, is a wrong word on the command line: makes it one. */
const struct err *verb_report_unreadable(struct err *err);
