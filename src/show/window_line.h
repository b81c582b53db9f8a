/* window_line.h - which part of a run was judged, in words.
 *
 * Why: a figure of fifteen seconds must never pass for one of the run, so whatever shows a verdict
 * says exactly which time it is about.
 * Source: docs/summary.md, "A window".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "tick/run.h"

/* `window climb@400/s +5 s..+20 s: 15 ticks`; of several stages `window climb:+5s..: 75 ticks in 5
 * stages`. There is a window. */
void window_line_facts(struct text *out, const struct run_header *header);
/* `climb@400/s +5 s..+20 s, run time 18 s..33 s: 15 ticks`, and how much of it is settle time. */
void window_line_span(struct text *out, const struct run_header *header,
                      const struct window_span *span);
/* Is some stage of it counted in part? */
bool window_line_in_part(const struct run_window *window);
