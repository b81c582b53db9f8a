/* beta.h - the regularised incomplete beta function.
 *
 * Why: tails of the binomial distribution are values of it, and unlike a sum of binomial terms it
 * is smooth in the number of values, which an effective number (count / design effect) needs.
 * Source: NIST DLMF 8.17.4 and 8.17.22, its continued fraction evaluated by Lentz's method.
 * Thread: any.  Memory: none. */
#pragma once

/* I_x(a, b) for a, b > 0 and x in [0, 1], to about 1e-12.
 * P(B >= k) of a binomial B of n trials with chance x is beta_regularized(k, n - k + 1, x). */
double beta_regularized(double a, double b, double x);
