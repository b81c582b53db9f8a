/* help.h - the help texts, laid out from the tables.
 *
 * Why: a flag that exists is in the help, and the help of a verb shows nothing it does not take.
 * Source: cli/verbs.def and cli/flags.def; a test holds docs/cli.md to what is made of them.
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "cli/flags.h"

#define HELP_MAX 16384 /* bytes that hold any of them */

/* "Load (of a URL; a plan says its own)", ... */
const char *help_group_title(enum flag_group group);
/* `prony help`: the commands, an example, the exit codes. */
void help_overview(struct text *out);
/* `prony VERB --help`. */
void help_verb(struct text *out, enum verb verb);
