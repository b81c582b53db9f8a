/* runs_text.h - the list of runs as a table.
 *
 * Why: `prony list` shows what is in the folder of runs, the newest first.
 * Source: docs/cli.md, "prony list".
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "show/style.h"
#include "tick/run.h"

/* `utc_offset_s`: what local time is ahead of UTC; the caller knows the zone. */
void runs_text_write(struct text *out, const struct run_entry *entries, uint32_t count,
                     int64_t utc_offset_s, const struct show_style *style);
