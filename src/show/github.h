/* github.h - what GitHub Actions shows beside the code: a miss at its own line of the plan.
 *
 * Why: a reviewer sees the missed objective where it is written, without opening a log. And what a
 * target says must never be taken for such a command.
 * Source: GitHub docs, "Workflow commands for GitHub Actions"; the runner's ActionCommand.cs:
 * `::command key=value,...::words`, with % CR LF escaped, in values : and , too.
 * Thread: any.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "tick/result.h"

#define GITHUB_ANNOTATIONS 10 /* a kind and step; the rest would be dropped silently */

/* One line for each missed or undecided objective, and for a run that came to no verdict. `file`:
 * the plan's, from the repository's root; empty: no place is named. */
void github_annotate(struct text *out, const struct result *result, struct bytes file);
/* The value of a key, and the words, as the runner reads them. */
void github_add_value(struct text *out, struct bytes value);
void github_add_words(struct text *out, struct bytes words);
/* Where in `lines` a `::` begins a line (blanks left out), so that it would be taken for a command;
 * lines.len: nowhere. */
size_t github_find_command(struct bytes lines);
