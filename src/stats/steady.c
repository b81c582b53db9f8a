#include "stats/steady.h"

#include <assert.h>
#include <math.h>

#include "stats/median.h"

#define Z90                                                                                        \
    1.6448536269514722 /* 95 % point of the normal distribution: 5 % left out at each end          \
                        */
#define SLOPES_MOST (STEADY_MOST * (STEADY_MOST - 1) / 2)

/* The squared standard error of the mean of values[from ..]. */
static double squared_error(const double *values, uint32_t from, uint32_t count)
{
    double n = count - from;
    double mean = 0;
    double squares = 0;
    for (uint32_t i = from; i < count; i++) mean += values[i];
    mean /= n;
    for (uint32_t i = from; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return squares / (n * n);
}

/* Where to cut; more than half is never cut off, since the last few values always look even. */
static uint32_t find_cut(const double *values, uint32_t count)
{
    uint32_t best = 0;
    double least = squared_error(values, 0, count);
    for (uint32_t from = 1; from <= count / 2; from++) {
        double error = squared_error(values, from, count);
        if (error < least) best = from;
        least = fmin(least, error);
    }
    return best;
}

static void find_slope(const double *values, uint32_t count, struct steady_trend *out)
{
    double slopes[SLOPES_MOST];
    int32_t slope_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count; j++) {
            slopes[slope_count++] = (values[j] - values[i]) / (j - i);
        }
    }
    assert(slope_count > 0 && slope_count <= SLOPES_MOST);
    double n = count;
    double spread = Z90 * sqrt(n * (n - 1) * (2 * n + 5) / 18); /* of Kendall's S */
    double lo = fmax(floor((slope_count - spread) / 2) - 1, 0);
    double hi = fmin(ceil((slope_count + spread) / 2), slope_count - 1);
    out->slope = median_of(slopes, slope_count);
    out->slope90.lo = median_rank(slopes, slope_count, (int32_t)lo);
    out->slope90.hi = median_rank(slopes, slope_count, (int32_t)hi);
}

bool steady_trend(const double *values, uint32_t count, struct steady_trend *out)
{
    uint32_t old = count > STEADY_MOST ? count - STEADY_MOST : 0;
    values += old;
    count -= old;
    if (count < STEADY_LEAST) return false;
    uint32_t cut = find_cut(values, count);
    out->settled = cut < count / 2 && count - cut >= STEADY_LEAST;
    out->from = old + cut;
    out->count = count - cut;
    find_slope(values + cut, count - cut, out);
    return true;
}

bool steady_within(const struct steady_trend *t, double per_step, double in_all)
{
    double most = fmin(per_step, in_all / t->count);
    return t->settled && t->slope90.lo >= -most && t->slope90.hi <= most;
}
