/* change.h - did a figure change from one run to another, and by more than such runs differ?
 *
 * Why: two intervals tell chance within each run apart from a change, and no more: runs of one
 * service differ by themselves (another start, another neighbour on the host), often by more than
 * their intervals are wide. How much they do is seen in the runs before.
 * Source: N. Schenker, J. F. Gentleman, On judging the significance of differences by examining the
 * overlap between confidence intervals (2001): two of 95 % and equal width lie apart by chance in
 * 0.6 % of cases. W. A. Shewhart, Economic Control of Quality (1931): the step from one to the next
 * as the measure; ours: their median, so that one true change is not taken for what is usual.
 * docs/method.md, "From run to run", has the rates.
 * Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "stats/interval.h"

enum change {
    CHANGE_UNKNOWN, /* they overlap, but one has no bound, or there is none: nothing is told */
    CHANGE_NONE,    /* they overlap, or touch */
    CHANGE_DOWN,
    CHANGE_UP
};

/* An end that is NAN has no bound. Of a point (interval_is_point()) nothing is told. */
enum change change_between(struct interval was, struct interval is);

#define CHANGE_RUNS_LEAST 6 /* runs before this one, or nothing is known of what is usual */
#define CHANGE_RUNS_MOST 10 /* that are looked at: what was usual long ago is not */

/* Whether values[0] lies further from values[1] than five times the median step between the values
 * behind it, the newest first, of which `count` counts all. A value that is NAN is not known: no
 * step touches it. False where too few are known. */
bool change_is_unusual(const double *values, uint32_t count);
