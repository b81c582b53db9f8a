#include "stats/batches.h"

#include <math.h>

#include "base/attr.h"
#include "stats/interval.h"

#define TICKS_MIN 3
#define CORRELATION_MAX 0.95 /* beyond it the sample is too short to say how much */
#define CHANCE 1.0           /* correlations, in deviations, that are put down to it */
#define SURELY 2.0           /* that are not: what it may be is then taken, not what is likely */

void batches_add(struct batches *b, double y, double n)
{
    b->y += y;
    b->n += n;
    for (uint32_t i = 0; i < BATCHES_LEVELS; i++) {
        struct batch_level *level = &b->levels[i];
        level->count++;
        level->y += y;
        level->n += n;
        level->yy += y * y;
        level->yn += y * n;
        level->nn += n * n;
        level->lag_yy += y * level->last_y; /* nothing before the first: its product is 0 */
        level->lag_yn += y * level->last_n + n * level->last_y;
        level->lag_nn += n * level->last_n;
        level->last_y = y;
        level->last_n = n;
        level->open_y += y;
        level->open_n += n;
        if (level->count % 2 != 0) return;
        y = level->open_y; /* two of these are one of the next */
        n = level->open_n;
        level->open_y = level->open_n = 0;
    }
}

uint64_t batches_count(const struct batches *b)
{
    return b->levels[0].count;
}

double batches_ratio(const struct batches *b)
{
    return b->n > 0 ? b->y / b->n : (double)NAN;
}

/* How much wider dependence between neighbours makes the variance: (1 + r) / (1 - r) of a first
 * order process, with r's small-sample bias taken out, where r is more than chance. Where it surely
 * is, waves go on for several batches, and what the sample says of them errs on the low side: they
 * may well be a deviation of r longer.
 * Source: M. G. Kendall, Note on bias in the estimation of autocorrelation (1954); the deviation is
 * M. S. Bartlett's (1946). Ours: the two thresholds. */
static double neighbours(double lag, double scatter, double k)
{
    double r = scatter > 0 ? lag / scatter : 0;
    double deviations = r * sqrt(k);
    if (deviations <= CHANCE) return 1;
    double likely = r + (1 + 3 * r) / k;
    if (deviations > SURELY) likely += sqrt(fmax(0, 1 - r * r) / k);
    r = fmin(CORRELATION_MAX, likely);
    return (1 + r) / (1 - r);
}

/* Half of the 95 % interval as batches of this length tell it, for all of `n`. */
static double level_half_width(const struct batch_level *level, double n)
{
    if (level->n <= 0) return 0;
    double k = (double)level->count;
    double ratio = level->y / level->n;
    double square = ratio * ratio;
    double scatter = level->yy - 2 * ratio * level->yn + square * level->nn;
    double lag = level->lag_yy - ratio * level->lag_yn + square * level->lag_nn;
    if (scatter < 0) scatter = 0; /* rounding */
    double variance = k / (k - 1) * scatter / (level->n * n) * neighbours(lag, scatter, k);
    return interval_student(level->count - 1) * sqrt(variance);
}

double batches_half_width(const struct batches *b)
{
    if (b->n <= 0) return (double)NAN;
    double widest = (double)NAN;
    for (uint32_t i = 0; i < BATCHES_LEVELS; i++) {
        if (b->levels[i].count < (i == 0 ? TICKS_MIN : BATCHES_MIN)) break;
        widest = fmax(widest, level_half_width(&b->levels[i], b->n));
    }
    return widest;
}

double batches_design_effect(const struct batches *b)
{
    double share = batches_ratio(b);
    double half = batches_half_width(b);
    if (!(share > 0 && share < 1) || isnan(half)) return 1;
    double variance = half * half / (INTERVAL_Z * INTERVAL_Z);
    return fmax(1, variance / (share * (1 - share) / b->n));
}
