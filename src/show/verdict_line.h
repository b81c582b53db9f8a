/* verdict_line.h - a run in one line: its word, how it ended, how many objectives were missed.
 *
 * Why: the summary, the page for a build's log and the JUnit file begin with the same words.
 * Source: docs/summary.md, "The summary".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/style.h"
#include "tick/result.h"

/* `✗`, `MISSED` and their tone. */
void verdict_line_word(const struct result *r, const char **mark, const char **word,
                       enum tone *tone);
/* How it ended if not by itself, what the objectives say, the last rung that holds, how long. */
void verdict_line_facts(struct text *out, const struct result *r);
