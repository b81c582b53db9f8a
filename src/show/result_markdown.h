/* result_markdown.h - the result as a page: for a build's summary, a pull request, an issue.
 *
 * Why: where a verdict is discussed, it should be read without opening a log: the word first, then
 * misses, then stages. All that comes from a plan or a target stands in code spans, where no link,
 * image, mention or tag of it can work.
 * Source: GitHub Flavored Markdown, 6.3 (code spans), 4.10 (tables); docs/result.md, "Markdown".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "tick/result.h"

/* The result as GitHub's Markdown, for a comment; out->cut where it has no room. */
void result_markdown_write(struct text *out, const struct result *result);
/* A text as a code span that may stand in a table; nothing for an empty one. */
void result_markdown_code(struct text *out, struct bytes value);
