/* why_forms.h - a cause as Markdown and as JSON.
 *
 * Why: a ticket and a program want the same ledger, evidence and alibis that a terminal shows.
 * Source: docs/why.md; `prony.why/1`.
 * Thread: collecting thread.  Memory: the caller's text; JSON is written into it as well. */
#pragma once

#include "base/text.h"
#include "tick/cause.h"
#include "tick/result.h"

/* Both write all of it; out->cut where it has no room. */
void why_forms_markdown(struct text *out, const struct cause *cause);
void why_forms_json(struct text *out, const struct cause *cause, const struct result *result);
