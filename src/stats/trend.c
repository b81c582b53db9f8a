#include "stats/trend.h"

#include <assert.h>
#include <math.h>

#include "stats/median.h"

static int32_t find_slopes(const struct floor_point *p, uint32_t count, double *slopes)
{
    int32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count && p[j].window == p[i].window; j++) {
            double dt = p[j].at_s - p[i].at_s;
            if (dt > 0) slopes[n++] = (p[j].value - p[i].value) / dt;
        }
    }
    return n;
}

/* Where the window of points[from] ends. */
static uint32_t end_of(const struct floor_point *p, uint32_t count, uint32_t from)
{
    uint32_t to = from;
    while (to < count && p[to].window == p[from].window) to++;
    return to;
}

/* Var S of one window of independent values: ties take from it. */
static double variance_of(const struct floor_point *p, uint32_t count)
{
    double n = count;
    double sum = n * (n - 1) * (2 * n + 5);
    for (uint32_t i = 0; i < count; i++) {
        double ties = 0;
        bool first = true;
        for (uint32_t j = 0; j < count; j++) {
            bool tie = p[j].value == p[i].value;
            first = first && !(tie && j < i);
            ties += tie;
        }
        if (first) sum -= ties * (ties - 1) * (2 * ties + 5);
    }
    return sum / 18;
}

/* Ranks of what is left of a window when its trend is taken out, their mean taken off. */
static void find_ranks(const struct floor_point *p, uint32_t count, double slope, double *ranks)
{
    double left[FLOORS_MOST];
    for (uint32_t i = 0; i < count; i++) left[i] = p[i].value - slope * p[i].at_s;
    for (uint32_t i = 0; i < count; i++) {
        double below = 0;
        double ties = 0;
        for (uint32_t j = 0; j < count; j++) {
            below += left[j] < left[i];
            ties += left[j] == left[i];
        }
        ranks[i] = below + (ties - 1) / 2 - ((double)count - 1) / 2;
    }
}

/* Correlations of the ranks at lags 1, 2, ..., over all windows; up to the first that is none. */
static uint32_t find_correlations(const struct floor_point *p, uint32_t count, const double *ranks,
                                  double *correlations)
{
    double all = 0;
    for (uint32_t i = 0; i < count; i++) all += ranks[i] * ranks[i];
    uint32_t lags = 0;
    if (all <= 0) return 0;
    double least = INTERVAL_Z / sqrt(count);
    for (uint32_t lag = 1; lag < count && lag <= TREND_LAGS; lag++) {
        double sum = 0;
        double pairs = 0;
        for (uint32_t i = 0; i + lag < count; i++) {
            if (p[i + lag].window != p[i].window) continue;
            sum += ranks[i] * ranks[i + lag];
            pairs++;
        }
        double r = pairs > 0 ? sum / all * count / pairs : 0;
        if (r < least) break;
        correlations[lags++] = fmin(1, r + (1 + 3 * r) / count);
    }
    return lags;
}

/* What Var S of a window of n values grows by. */
static double effect_of(double n, const struct trend_memory *memory)
{
    double sum = 0;
    for (uint32_t i = 1; i <= memory->lags && i + 2 < n; i++)
        sum += (n - i) * (n - i - 1) * (n - i - 2) * memory->correlations[i - 1];
    return n > 2 ? 1 + 2 * sum / (n * (n - 1) * (n - 2)) : 1;
}

bool trend_remember(const struct floor_point *points, uint32_t count, struct trend_room *room,
                    struct trend_memory *out)
{
    assert(count <= FLOORS_MOST);
    double ranks[FLOORS_MOST];
    int32_t n = find_slopes(points, count, room->slopes);
    if (n == 0) return false;
    double slope = median_of(room->slopes, n);
    for (uint32_t i = 0, to; i < count; i = to) {
        to = end_of(points, count, i);
        find_ranks(points + i, to - i, slope, ranks + i);
    }
    out->lags = find_correlations(points, count, ranks, out->correlations);
    return true;
}

/* How far from the median an end of the interval lies among the slopes, times two. */
static double spread_of(const struct floor_point *p, uint32_t count,
                        const struct trend_memory *memory)
{
    double variance = 0;
    for (uint32_t i = 0, to; i < count; i = to) {
        to = end_of(p, count, i);
        variance += variance_of(p + i, to - i) * effect_of(to - i, memory);
    }
    return INTERVAL_Z * sqrt(variance);
}

bool trend_find(const struct floor_point *points, uint32_t count, const struct trend_memory *memory,
                struct trend_room *room, struct trend *out)
{
    assert(count <= FLOORS_MOST);
    int32_t n = find_slopes(points, count, room->slopes);
    if (n == 0) return false;
    out->slope = median_of(room->slopes, n);
    double spread = spread_of(points, count, memory);
    double lo = ceil((n - spread) / 2) - 1; /* 0-based */
    double hi = floor((n + spread) / 2);
    out->range.lo = lo >= 0 ? median_rank(room->slopes, n, (int32_t)lo) : (double)NAN;
    out->range.hi = hi < n ? median_rank(room->slopes, n, (int32_t)hi) : (double)NAN;
    return true;
}
