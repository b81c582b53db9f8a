/* rank.h - do two series rise and fall together, by more than such series do by chance?
 *
 * Why: what moves with a figure that went bad is worth a look, whatever its unit and however bent
 * the relation; so ranks are compared, not values. Two series that drift slowly look alike by
 * chance more often than two that jump about, so it is asked how many values they are worth that do
 * not depend on each other.
 * Source: C. Spearman, The proof and measurement of association between two things (1904), equal
 * values by the mean of their ranks; M. S. Bartlett, Some aspects of the time-correlation problem
 * (1935), for what values that depend on their neighbours are worth: n (1 - ab) / (1 + ab), where a
 * and b are the correlations of each series with itself one step later. By chance the correlation
 * has a standard deviation of 1 / sqrt(n - 1). Ours: a run that goes bad once is, by that count,
 * worth hardly two values, and still one wants to see what changed when it did; so what is as
 * strong as RANK_STRONG is told in any case.
 * Thread: any.  Memory: 8 KiB of stack. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RANK_MOST 256       /* values that are looked at */
#define RANK_LEAST 12       /* pairs, or nothing is told */
#define RANK_FLOOR 0.5      /* what is weaker is not worth a look, ... */
#define RANK_DEVIATIONS 2.0 /* ... nor what is within so many of what chance does, ... */
#define RANK_STRONG 0.8     /* ... unless it is as strong as this */

struct rank_tie {
    double rho;     /* -1 to 1 */
    double least;   /* the size from which on it is told */
    double worth;   /* values that do not depend on each other */
    uint32_t pairs; /* of which both are known */
};

/* a[count] and b[count] side by side, NAN where nothing is known; count <= RANK_MOST. False: too
 * few pairs, or one of the two never changes; `out` is untouched. */
bool rank_compare(const float *a, const float *b, uint32_t count, struct rank_tie *out);
/* It is strong enough to be told. */
bool rank_holds(const struct rank_tie *tie);
