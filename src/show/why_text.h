/* why_text.h - a cause for people, on a terminal.
 *
 * Why: the verdict says that it bent; this says where, with the numbers for it and the alibis of
 * all others, so that an expert can check each step.
 * Source: docs/why.md.
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/style.h"
#include "tick/cause.h"

/* All of it; out->cut where it has no room. */
void why_text_write(struct text *out, const struct cause *cause, const struct show_style *style);
