#include "stats/fence.h"

#include <assert.h>
#include <math.h>

/* Insertion keeps this short; half of the values at most, and once in ten seconds. */
static void put_in_order(float *values, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        float value = values[i];
        uint32_t at = i;
        for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
        values[at] = value;
    }
}

/* Between neighbours in a straight line; values in order. */
static double quantile(const float *values, uint32_t count, double share)
{
    assert(count > 0);
    double at = share * (count - 1);
    uint32_t below = (uint32_t)at;
    if (below + 1 >= count) return (double)values[count - 1];
    double lower = (double)values[below];
    return lower + (at - below) * ((double)values[below + 1] - lower);
}

/* Those values whose badness lies within; how many. */
static uint32_t pick(const float *values, const float *badness, uint32_t count, double least,
                     double most, float *out)
{
    uint32_t picked = 0;
    for (uint32_t i = 0; i < count; i++) {
        double bad = (double)badness[i];
        if (!isnan(values[i]) && bad >= least && bad <= most) out[picked++] = values[i];
    }
    put_in_order(out, picked);
    return picked;
}

static double distance(const float *values, uint32_t count, double middle, double range)
{
    double quartiles = quantile(values, count, 0.75) - quantile(values, count, 0.25);
    double least = FENCE_LEAST * fmin(fabs(middle), range);
    if (middle == 0) least = FENCE_LEAST * range;
    return fmax(FENCE_WIDTH * quartiles, least);
}

/* The median where things were worst; the usual one where they were never worse than usual. */
static double at_worst(const float *values, const float *badness, uint32_t count,
                       const float *order, uint32_t known, float *picked, double middle)
{
    double usual = quantile(order, known, 0.5);
    double worst = fmax(quantile(order, known, 0.9), nextafter(usual, (double)INFINITY));
    uint32_t bad = pick(values, badness, count, worst, (double)INFINITY, picked);
    return bad > 0 ? quantile(picked, bad, 0.5) : middle;
}

/* The first of FENCE_ROW values in a row on that side of the fence; `count`: there are none. */
static uint32_t look_when(const float *values, const float *badness, uint32_t count,
                          const struct fence *f)
{
    uint32_t row = 0;
    uint32_t first = count;
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i]) || isnan(badness[i])) continue;
        bool outside = f->above ? (double)values[i] > f->hi : (double)values[i] < f->lo;
        if (outside && row == 0) first = i;
        row = outside ? row + 1 : 0;
        if (row == FENCE_ROW) return first;
    }
    return count;
}

bool fence_find(const float *values, const float *badness, uint32_t count, double limit,
                struct fence *out)
{
    float picked[FENCE_MOST] = {0};
    float order[FENCE_MOST] = {0};
    uint32_t known = 0;
    double least = (double)INFINITY;
    double most = -(double)INFINITY;
    assert(count <= FENCE_MOST);
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i]) || isnan(badness[i])) continue;
        order[known++] = badness[i];
        least = fmin(least, (double)values[i]);
        most = fmax(most, (double)values[i]);
    }
    if (known == 0) return false;
    put_in_order(order, known);
    double none = -(double)INFINITY;
    uint32_t good = isnan(limit) ? 0 : pick(values, badness, count, none, limit, picked);
    if (good < FENCE_USUAL)
        good = pick(values, badness, count, none, quantile(order, known, 0.5), picked);
    if (good < FENCE_USUAL) return false;
    double middle = quantile(picked, good, 0.5);
    double away = distance(picked, good, middle, most - least);
    *out = (struct fence){.middle = middle,
                          .lo = quantile(picked, good, 0.25) - away,
                          .hi = quantile(picked, good, 0.75) + away};
    out->at_worst = at_worst(values, badness, count, order, known, picked, middle);
    out->above = out->at_worst > out->hi;
    out->left = count;
    if (out->above || out->at_worst < out->lo) out->left = look_when(values, badness, count, out);
    return true;
}
