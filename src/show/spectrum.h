/* spectrum.h - how response times are spread, stage by stage.
 *
 * Why: a percentile hides whether a few requests were slow or all, and a second hump (a cache miss,
 * a retry) is in no average. Stages stand below each other on one axis of time, so that what moves
 * with the load is seen to move.
 * Source: docs/summary.md, "With --verbose"; the axis is logarithmic, and so are the heights.
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/style.h"
#include "tick/result.h"

/* Two tables: percentiles to p99.999, and the spread as a line of blocks. Nothing where no request
 * ended ok. */
void spectrum_write(struct text *out, const struct result *result, const struct show_style *style);
