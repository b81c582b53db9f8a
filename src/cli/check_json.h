/* check_json.h - what `prony check` finds, for editors, CI and other programs.
 *
 * Why: an error as data can be put where it belongs: into the editor's margin, onto a pull request.
 * Source: docs/cli.md, "Errors as data".
 * Thread: main.  Memory: jansson's heap, and the planning's arena. */
#pragma once

#include "cli/flags.h"
#include "cli/planning.h"
#include "load/engine.h"

/* Of a command line that is wrong: `err`, and what else flags_parse() found. Likewise. */
int check_json_misuse(const struct flags *flags, const struct err *err);
/* Of a plan that planning_open() refused. Prints on stdout; the exit code. */
int check_json_fail(struct planning *p, const struct flags *flags, const struct err *err);
/* Of a good plan; `misfit` says why this machine cannot run it, NULL: it can. */
int check_json_print(struct planning *p, const struct engine_needs *needs, uint32_t threads,
                     const struct err *misfit);
