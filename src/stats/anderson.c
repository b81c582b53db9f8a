#include "stats/anderson.h"

#include <math.h>

#define EDGE 1e-12 /* a value at an end of its law would be infinitely far off */

static double inside(double share)
{
    return fmin(fmax(share, EDGE), 1 - EDGE);
}

double anderson_statistic(const double *sorted, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        double weight = 2.0 * i + 1;
        sum += weight * (log(inside(sorted[i])) + log1p(-inside(sorted[count - 1 - i])));
    }
    return -(double)count - sum / count;
}

/* Coefficients from the highest power down. */
static double polynomial(double x, const double *coefficients, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum = sum * x + coefficients[i];
    return sum;
}

#define POLYNOMIAL(x, ...)                                                                         \
    polynomial(x, (const double[]){__VA_ARGS__},                                                   \
               (int)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)))

/* Chance of less, of ever so many values: adinf() there. */
static double limit_below(double z)
{
    if (z <= 0) return 0;
    if (z < 2) {
        return exp(-1.2337141 / z) / sqrt(z)
               * POLYNOMIAL(z, 0.00168691, -0.011672, 0.0347962, -0.0649821, 0.247105, 2.00012);
    }
    return exp(-exp(POLYNOMIAL(z, -0.0003146, 0.008056, -0.082433, 0.43424, -2.30695, 1.0776)));
}

/* What is to be added for so few: errfix() there. */
static double correction(double n, double x)
{
    if (x > 0.8) {
        return POLYNOMIAL(x, 255.7844, -1116.360, 1950.646, -1705.091, 745.2337, -130.2137) / n;
    }
    double edge = 0.01265 + 0.1757 / n;
    if (x < edge) {
        double t = x / edge;
        return sqrt(t) * (1 - t) * (49 * t - 102) * (0.0037 / (n * n) + 0.00078 / n + 0.00006) / n;
    }
    double t = (x - edge) / (0.8 - edge);
    return POLYNOMIAL(t, 1.91864, -8.259, 14.458, -14.6538, 6.54034, -0.00022633)
           * (0.04213 + 0.01365 / n) / n;
}

double anderson_tail(uint32_t count, double statistic)
{
    double below = limit_below(statistic);
    return fmin(fmax(1 - below - correction(count, below), 0), 1);
}
