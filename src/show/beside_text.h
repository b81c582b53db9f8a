/* beside_text.h - a table of several runs for people: a column a run, in blocks where they are
 * many.
 *
 * Why: what two or three versions did is read along a row; five summaries one behind the other are
 * searched.
 * Source: docs/summary.md, "Several runs".
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/beside.h"

/* `utc_offset_s`: what local time is ahead of UTC; `verbose`: each objective's interval and place,
 * too. */
void beside_text_write(struct text *out, const struct beside *beside, int64_t utc_offset_s,
                       bool verbose, const struct show_style *style);
/* A line a run: its verdict, which it is, its plan. */
void beside_text_verdicts(struct text *out, const struct beside *beside,
                          const struct show_style *style);
