/* interval.h - two-sided 95 % intervals: how far a figure may be believed.
 *
 * Why: a verdict is a claim about the service, not about the sample. What lies inside the limit
 * with its whole interval holds; what lies across it has not been settled.
 * Dependence enters as a design effect: `count` values that vary D times as much as independent
 * ones would are worth count / D of them (batches.h measures D).
 * Source: each function names its own.  docs/method.md derives the numbers.
 * Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define INTERVAL_Z 1.959963984540054 /* 97.5 % point of the normal distribution */
#define INTERVAL_TAIL 0.025          /* chance left out at each end */

struct interval {
    double lo, hi; /* NAN: no end on that side */
};

/* Is it no interval at all? A figure that is only what was observed (a maximum, a mean that never
 * moved) is kept as the point that it is: it tells nothing of what another sample would show. */
static inline bool interval_is_point(struct interval i)
{
    return i.lo == i.hi;
}

/* Ranks (1-based) of the two order statistics that enclose the p-quantile; 0: there is none. */
struct interval_ranks {
    uint64_t lo, hi;
};

/* With B binomial (n = count / design_effect trials of chance p): lo is the largest rank with
 * P(B < lo) <= 2.5 %, hi the smallest with P(B >= hi) <= 2.5 %. `p` in (0, 1).
 * Source: H. A. David, H. N. Nagaraja, Order Statistics (2003) 7.1. Ours: n need not be whole. */
struct interval_ranks interval_of_quantile(uint64_t count, double p, double design_effect);
/* The fewest independent values with an upper end: p^n <= 2.5 %. 72 at p95, 368 at p99, 3688 at
 * p99.9. */
uint64_t interval_least_count(double p);

/* Of a share, `hits` of `count` trials, count > 0.
 * Source: E. B. Wilson, Probable inference (1927), without continuity correction. */
struct interval interval_of_share(double hits, double count, double design_effect);
/* Independent trials with which an observed `share` would exclude `limit`; INFINITY: equal.
 * Source: Wilson's interval excludes L just when |share - L| > z sqrt(L (1 - L) / n). */
double interval_needed_trials(double share, double limit);

/* Of the mean of `count` >= 2 independent values: mean -+ t s / sqrt(count).
 * Source: Student, The probable error of a mean (1908). */
struct interval interval_of_mean(const double *values, uint32_t count);

/* 97.5 % point of Student's t, degrees >= 1, to 1e-4 of its value.
 * Source: M. Abramowitz, I. A. Stegun, Handbook (1964) 26.7.5; a table under ten degrees. */
double interval_student(uint64_t degrees);
