#include "stats/change.h"

#include <assert.h>
#include <math.h>

/* Times the median step; with it one of 20 to 50 runs that did not change is called unusual. */
#define UNUSUAL 5.0
#define STEPS_LEAST (CHANGE_RUNS_LEAST - 1)
#define STEPS_MOST (CHANGE_RUNS_MOST - 1)

#define ALL ((double)INFINITY)

static double bound(double end, double otherwise)
{
    return isnan(end) ? otherwise : end;
}

enum change change_between(struct interval was, struct interval is)
{
    if (interval_is_point(was) || interval_is_point(is)) return CHANGE_UNKNOWN;
    if (bound(is.hi, ALL) < bound(was.lo, -ALL)) return CHANGE_DOWN;
    if (bound(is.lo, -ALL) > bound(was.hi, ALL)) return CHANGE_UP;
    bool open = isnan(was.lo) || isnan(was.hi) || isnan(is.lo) || isnan(is.hi);
    return open ? CHANGE_UNKNOWN : CHANGE_NONE;
}

/* Puts it in its place among the `count` rising ones. */
static void insert(double *steps, uint32_t count, double step)
{
    uint32_t at = count;
    for (; at > 0 && steps[at - 1] > step; at--) steps[at] = steps[at - 1];
    steps[at] = step;
}

bool change_is_unusual(const double *values, uint32_t count)
{
    double steps[STEPS_MOST];
    uint32_t step_count = 0;
    if (count < 2) return false;
    if (count > CHANGE_RUNS_MOST + 1) count = CHANGE_RUNS_MOST + 1;
    for (uint32_t i = 1; i + 1 < count; i++) {
        double step = fabs(values[i] - values[i + 1]);
        if (!isnan(step)) insert(steps, step_count++, step);
    }
    assert(step_count <= STEPS_MOST);
    if (step_count < STEPS_LEAST) return false;
    double median = (steps[(step_count - 1) / 2] + steps[step_count / 2]) / 2;
    return fabs(values[0] - values[1]) > UNUSUAL * median;
}
