/* median.h - the k-th smallest of many values, without sorting them all.
 *
 * Why: medians and intervals of slopes need two or three of tens of thousands, after every tick.
 * Source: C. A. R. Hoare, Algorithm 65: FIND (1961).
 * Thread: any.  Memory: the caller's values, which are moved about. */
#pragma once

#include <stdint.h>

/* The `rank`-th smallest (0-based) of values[count], finite; it moves to its place. */
double median_rank(double *values, int32_t count, int32_t rank);
/* The median; of an even number the mean of the two in the middle. count > 0. */
double median_of(double *values, int32_t count);
