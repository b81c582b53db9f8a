/* steady.h - has a series come to rest? What ends an automatic warm-up.
 *
 * Why: a warm-up of fixed length is too short for one service and a waste for another. A series
 * counts as steady once its start is cut off and what is left shows no trend that matters. That is
 * a claim to be shown, so the whole interval of the trend must be small: noise alone never passes.
 * Source: the cut is MSER (K. P. White, An effective truncation heuristic for bias reduction in
 * simulation output, 1997): it leaves the mean with the least standard error. The trend is the
 * median of the slopes between all pairs, with the interval of Kendall's S (P. K. Sen, Estimates of
 * the regression coefficient based on Kendall's tau, 1968), and both of its ends must lie within
 * the tolerance (two one-sided tests; D. J. Schuirmann, 1987).
 * Thread: any.  Memory: none; 57 KiB of stack. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "stats/interval.h"

#define STEADY_LEAST 10 /* values behind the cut, or nothing is told of a trend */
#define STEADY_MOST 120 /* values that are looked at: the newest */

struct steady_trend {
    uint32_t from;  /* values[0 .. from - 1] are cut off */
    uint32_t count; /* that are left */
    bool settled; /* less than half is cut off, and STEADY_LEAST are left: the start may be over */
    double slope; /* per step */
    struct interval slope90; /* its 90 % interval */
};

/* values[count], oldest first, finite. False: fewer than STEADY_LEAST; `out` is untouched. */
bool steady_trend(const double *values, uint32_t count, struct steady_trend *out);
/* It is settled, the whole interval is at most `per_step` either way, and so is what it adds up to
 * over the values that are left `in_all`: a slow decay is even, looked at closely, at every point.
 */
bool steady_within(const struct steady_trend *t, double per_step, double in_all);
