/* anderson.h - do these values follow the law that they should?
 *
 * Why: a generator that lets arrivals go in lumps looks right by its rate alone. Of the tests of a
 * whole law this one looks hardest at both ends, where lumps and gaps show.
 * Source: T. W. Anderson, D. A. Darling, A Test of Goodness of Fit, JASA 49 (1954); the
 * distribution: G. Marsaglia, J. Marsaglia, Evaluating the Anderson-Darling Distribution, Journal
 * of Statistical Software 9 (2004) 2.
 * Thread: any.  Memory: none. */
#pragma once

#include <stdint.h>

/* A^2 of `count` > 0 values in rising order, each the share of its law that lies below it; how far
 * they are from the uniform law on (0, 1). */
double anderson_statistic(const double *sorted, uint32_t count);
/* The chance that values which do follow it are as far off, or farther; right to 1e-6 from eight
 * values on, and 0 where it is less than that. */
double anderson_tail(uint32_t count, double statistic);
