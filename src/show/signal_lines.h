/* signal_lines.h - what moved with the worst objective, as rows on one axis of time.
 *
 * Why: the verdict says that it bent; these rows show what bent with it, each with its unit, what
 * is usual for it and where it was at the worst, so that a reader sees it without a second tool.
 * Source: docs/summary.md, "The summary".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "show/style.h"
#include "tick/result.h"

/* `api memory`, `host.cpu user`, `api lock of worker-#`, `orders statement.time SELECT ...`: owner,
 * series (without `db.` and `cache.`), label. */
void signal_lines_name(struct text *out, const struct series *series);
/* What the signals were held against: `p99 of job`. */
void signal_lines_with(struct text *out, const struct result *r);
/* `▲ 0:31`: when it left its usual range, and to which side; nothing where it did not. */
void signal_lines_left(struct text *out, const struct signal_row *row);
/* `0:31`, `1:02:31` */
void signal_lines_clock(struct text *out, double seconds);
/* The `column`-th of so many parts of points[count], each of the same time: the mean of what is
 * known of it; NAN: nothing. */
double signal_lines_part(const float *points, uint32_t count, uint32_t columns, uint32_t column);
/* What a full column stands for at the least, so that no quiet signal is stretched to the top. */
double signal_lines_scale(enum series_unit unit);
/* points[count] drawn from 0 to their largest, at least `scale`, in so many columns, each of the
 * same time; a blank where nothing is known. */
void signal_lines_draw(struct text *out, const float *points, uint32_t count, uint32_t columns,
                       double scale);
/* The table; nothing where no signal moved, nor of a run that held where none left its usual range,
 * but with `all`. */
void signal_lines_write(struct text *out, const struct result *r, const struct show_style *style,
                        bool all);
