/* runs_text.h - the list of runs as a table.
 *
 * Why: `prony list` shows what is in the folder of runs, the newest first, each with the objective
 * that has the least to spare and what became of it since the run before.
 * Source: docs/cli.md, "The list".
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "show/style.h"
#include "tick/history.h"

struct runs_row {
    const struct run_entry *entry;
    struct run_trend trend;
};

/* `utc_offset_s`: what local time is ahead of UTC; the caller knows the zone. */
void runs_text_write(struct text *out, const struct runs_row *rows, uint32_t count,
                     int64_t utc_offset_s, const struct show_style *style);
/* `▲` better, `▼` worse, `=` no difference seen, nothing where there was nothing to compare; with
 * `?` where it is not sure. */
void runs_text_mark(struct text *out, const struct run_trend *trend);
/* `2026-11-30 22:10:01`, or without its seconds; nothing where it is not known. */
void runs_text_moment(struct text *out, uint64_t wall_ns, int64_t utc_offset_s, bool seconds);
/* ` ▲ better, ▼ worse (the 95 % intervals lie apart), = not seen to differ (they overlap)`, or of
 * that what stands above: `same`, `other`. */
void runs_text_changes(struct text *out, bool same, bool other);
/* A paragraph below a table, dim and wrapped. */
void runs_text_legend(struct text *out, struct bytes body, const struct show_style *style);
/* The colour of a mark. */
enum tone runs_text_mark_tone(const struct run_trend *trend);
