/* trend.h - how fast a series rises, and how far that may be believed.
 *
 * Why: memory comes in steps, has outliers and goes on from where it was, so the straight line of
 * least squares and its interval are not to be trusted. The median of the slopes of all pairs is
 * moved by neither; its interval knows how long values stay what they were.
 * Windows are strata: only pairs of one window are compared, so what changed between them (another
 * load) is no trend.
 * Source: P. K. Sen, Estimates of the regression coefficient based on Kendall's tau (1968): slope
 * and interval; R. M. Hirsch, J. R. Slack, Techniques of trend analysis for monthly water quality
 * data (1984): sums over strata; K. H. Hamed, A. R. Rao, A modified Mann-Kendall trend test for
 * autocorrelated data (1998): the variance. Ours: of the correlations only those up to the first
 * that is none, since later ones are noise; and each raised by the bias of so few values (F. H. C.
 * Marriott, J. A. Pope, Bias in the estimation of autocorrelations, 1954).
 * Thread: any.  Memory: the caller's room, 256 KiB. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "stats/floors.h"
#include "stats/interval.h"

#define TREND_PAIRS (FLOORS_MOST * (FLOORS_MOST - 1) / 2)

struct trend_room {
    double slopes[TREND_PAIRS];
};

#define TREND_LAGS (FLOORS_MOST / 2)

/* How long values stay what they were: correlations at lags 1, 2, ...; later ones are none. */
struct trend_memory {
    double correlations[TREND_LAGS];
    uint32_t lags;
};

struct trend {
    double slope;          /* per second */
    struct interval range; /* 95 %; NAN: too few values for that end */
};

/* Of what is left of the points when their trend is taken out. False: no window has two of
 * different times; `out` is untouched. */
bool trend_remember(const struct floor_point *points, uint32_t count, struct trend_room *room,
                    struct trend_memory *out);
/* The slope, and its interval for values with that memory, which may be of more points than these.
 * False: as above. */
bool trend_find(const struct floor_point *points, uint32_t count, const struct trend_memory *memory,
                struct trend_room *room, struct trend *out);
