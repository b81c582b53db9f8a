#include "stats/interval.h"

#include <assert.h>
#include <math.h>

#include "base/attr.h"
#include "stats/beta.h"

/* From this variance of B on, the normal distribution with its first correction for skewness is
 * within a hundredth of a rank of the exact answer (tested), and a hundred times quicker. */
#define LARGE_VARIANCE 400.0

/* P(B >= rank) of a binomial with n trials, n and rank not whole. Falls as rank rises. */
static double tail_from(double rank, double n, double p)
{
    return beta_regularized(rank, n - rank + 1, p);
}

/* The rank with P(B >= rank) == chance, between `low` (where it is more) and n; n itself where even
 * there it is more. Source: regula falsi, the Illinois variant of M. Dowell and P. Jarratt (1971).
 */
static double rank_with_tail(double chance, double n, double p, double guess)
{
    if (pow(p, n) >= chance) return n;
    double low = fmax(fmin(guess, n) - 2, 1e-6);
    double high = fmin(guess + 2, n);
    if (tail_from(low, n, p) < chance) low = 1e-6;
    if (tail_from(high, n, p) > chance) high = n;
    double at_low = tail_from(low, n, p) - chance;
    double at_high = tail_from(high, n, p) - chance;
    for (int i = 0; i < 100 && high - low > 1e-9 * n; i++) {
        double middle = (low * at_high - high * at_low) / (at_high - at_low);
        double at_middle = tail_from(middle, n, p) - chance;
        if (fabs(at_middle) < 1e-13) return middle;
        if (at_middle > 0) {
            low = middle;
            at_low = at_middle;
            at_high /= 2;
        } else {
            high = middle;
            at_high = at_middle;
            at_low /= 2;
        }
    }
    return (low + high) / 2;
}

static double rank_of(double chance, double z, double n, double p)
{
    double variance = n * p * (1 - p);
    double skew = (z * z - 1) * (1 - 2 * p) / 6;
    double normal = n * p + 0.5 + skew + z * sqrt(variance);
    if (variance >= LARGE_VARIANCE) return normal;
    return rank_with_tail(chance, n, p, normal);
}

struct interval_ranks interval_of_quantile(uint64_t count, double p, double design_effect)
{
    assert(p > 0 && p < 1);
    assert(design_effect >= 1);
    struct interval_ranks ranks = {0, 0};
    double n = (double)count / design_effect;
    if (pow(1 - p, n) <= INTERVAL_TAIL) {
        double lo = rank_of(1 - INTERVAL_TAIL, -INTERVAL_Z, n, p) * design_effect;
        ranks.lo = lo < 1 ? 1 : (uint64_t)lo;
    }
    if (pow(p, n) <= INTERVAL_TAIL) {
        double hi = ceil(rank_of(INTERVAL_TAIL, INTERVAL_Z, n, p) * design_effect);
        ranks.hi = hi > (double)count ? count : (uint64_t)hi;
    }
    return ranks;
}

uint64_t interval_least_count(double p)
{
    assert(p > 0 && p < 1);
    return (uint64_t)ceil(log(INTERVAL_TAIL) / log(p));
}

struct interval interval_of_share(double hits, double count, double design_effect)
{
    assert(count > 0);
    assert(design_effect >= 1);
    double n = count / design_effect;
    double share = hits / count;
    double zz = INTERVAL_Z * INTERVAL_Z;
    double centre = (share + zz / (2 * n)) / (1 + zz / n);
    double half = INTERVAL_Z * sqrt(share * (1 - share) / n + zz / (4 * n * n)) / (1 + zz / n);
    struct interval interval = {fmax(0, centre - half), fmin(1, centre + half)};
    if (hits <= 0) interval.lo = 0; /* exactly, whatever the rounding */
    if (hits >= count) interval.hi = 1;
    return interval;
}

double interval_needed_trials(double share, double limit)
{
    double distance = share - limit;
    return INTERVAL_Z * INTERVAL_Z * limit * (1 - limit) / (distance * distance);
}

double interval_student(uint64_t degrees)
{
    static const double few[] = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582,
                                 2.446912,  2.364624, 2.306004, 2.262157};
    assert(degrees >= 1);
    if (degrees <= COUNT_OF(few)) return few[degrees - 1];
    double v = (double)degrees;
    double z = INTERVAL_Z;
    double z3 = z * z * z;
    double z5 = z3 * z * z;
    double z7 = z5 * z * z;
    return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v)
           + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

struct interval interval_of_mean(const double *values, uint32_t count)
{
    assert(count >= 2);
    double mean = 0;
    double squares = 0;
    for (uint32_t i = 0; i < count; i++) mean += values[i];
    mean /= count;
    for (uint32_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    double half = interval_student(count - 1) * sqrt(squares / (count - 1) / count);
    return (struct interval){mean - half, mean + half};
}
