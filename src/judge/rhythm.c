#include "judge/rhythm.h"

#include <math.h>
#include <stdlib.h>

#include "stats/anderson.h"

static_assert(RHYTHM_GAPS % 2 == 0, "half of them is a whole number");

/* Every other one goes, and of those to come every other will be kept. */
static void halve(struct rhythm *r)
{
    for (uint32_t i = 0; i < RHYTHM_GAPS / 2; i++) r->millionths[i] = r->millionths[i * (size_t)2];
    r->count = RHYTHM_GAPS / 2;
    r->stride *= 2;
}

void rhythm_take(struct rhythm *r, const struct tick *tick, uint32_t stage, struct arena *arena)
{
    for (uint32_t i = 0; i < tick->gap_count; i++) {
        if (tick->gaps[i].stage != stage) continue;
        if (!r->millionths) {
            r->millionths = ARENA_ARRAY(arena, RHYTHM_GAPS, uint32_t);
            r->stride = 1;
        }
        if (!r->millionths) return;
        if (r->count == RHYTHM_GAPS) halve(r);
        if (r->seen++ % r->stride == 0) r->millionths[r->count++] = tick->gaps[i].millionths;
    }
}

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

bool rhythm_find(struct rhythm *r)
{
    if (r->count < RHYTHM_LEAST) return false;
    if (r->count == r->known) return true;
    double shares[RHYTHM_GAPS];
    for (uint32_t i = 0; i < r->count; i++) {
        double gap = ((double)r->millionths[i] + 0.5) / 1e6; /* it was cut off */
        shares[i] = -expm1(-gap);
    }
    qsort(shares, r->count, sizeof shares[0], compare);
    r->statistic = anderson_statistic(shares, r->count);
    r->tail = anderson_tail(r->count, r->statistic);
    r->known = r->count;
    return true;
}
