/* spread_text.h - what several runs of one plan have in common, in words.
 *
 * Why: the table of runs has each one's figures; here is how far they lie apart, and so how far the
 * next run may lie from these.
 * Source: docs/summary.md, "Several runs of one plan".
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/beside.h"

/* Nothing where there are fewer than two runs. */
void spread_text_write(struct text *out, const struct beside *beside,
                       const struct show_style *style);
