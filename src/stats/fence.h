/* fence.h - the usual range of a series, and when it was left.
 *
 * Why: that a signal moves says nothing without what it does on a good day. The good day is part of
 * the same run: the time in which the figure that is judged kept its limit, or where that was
 * never so (or there is no limit), the half of it in which it was at its best.
 * Source: J. W. Tukey, Exploratory Data Analysis (1977): quartiles, and fences 1.5 times their
 * distance beyond them. Ours: a fence stands at least FENCE_LEAST of the middle (or of the whole
 * range that was seen, where that is smaller) away from it, so that what hardly ever moves is not
 * marked for a trifle. It counts as left only where it is so in the worst tenth of the run, from
 * the first FENCE_ROW values in a row on that side on.
 * Thread: any.  Memory: 4 KiB of stack. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FENCE_MOST 256  /* values that are looked at */
#define FENCE_WIDTH 1.5 /* of the distance between the quartiles */
#define FENCE_LEAST 0.1
#define FENCE_ROW 2
#define FENCE_USUAL 6 /* good values, or there is no usual range */

struct fence {
    double middle;   /* median of the good values */
    double lo, hi;   /* beyond these it is not usual */
    double at_worst; /* median of the values in the worst tenth */
    uint32_t left;   /* index of the first value outside; `count`: it never left */
    bool above;      /* it left to the larger side */
};

/* values[count] beside how bad things were then, up to `limit` well enough (NAN: there is none);
 * NAN where either is not known; count <= FENCE_MOST. False: too few are known. */
bool fence_find(const float *values, const float *badness, uint32_t count, double limit,
                struct fence *out);
