/* beside_forms.h - a table of several runs for programs and pages: JSON, CSV, Markdown.
 *
 * Why: what compares runs in a build reads the same rows as people do.
 * Source: docs/result.md, "Several runs"; RFC 4180; GitHub Flavored Markdown, 4.10.
 * Thread: main.  Memory: the arena or text given; jansson's heap while it works. */
#pragma once

#include "base/text.h"
#include "show/beside.h"

/* Format prony.runs/1. Ends with a newline; at == NULL: the arena is too small. */
struct bytes beside_forms_json(struct arena *arena, const struct beside *beside);
/* A row an objective and figure, six columns a run. */
void beside_forms_csv(struct text *out, const struct beside *beside);
void beside_forms_markdown(struct text *out, const struct beside *beside);
