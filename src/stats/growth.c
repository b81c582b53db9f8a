#include "stats/growth.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define RETURNED_MOST 0.5 /* of what it grew by it may have given back, and still have grown */
#define SLOWED 0.5        /* of the first third's slope */
#define STOPPED 0.25      /* of what would be grown in the last part of the time ... */
#define STOPPED_STEPS 3   /* ... in which so many steps were due */
#define STOPPED_PART 8    /* or the last eighth */
#define WARMED 0.66       /* of all growth, if so much comes in the first third, that warms up */
#define TIMES_MOST 10000  /* what needs longer than that is not told */

/* -- The ratchet: the level that was never gone below again ---------------------------------- */

struct ratchet {
    double grown, squares; /* sums of its steps, and of their squares */
    double fallen;
    double seconds;
};

/* steps[i]: from points[i] to the next of its window. */
static struct ratchet ratchet_of(const struct floor_point *p, uint32_t count, double *steps)
{
    struct ratchet r = {0};
    double level = 0; /* of what follows, the least */
    double fall = 0;
    for (uint32_t i = count; i-- > 0;) {
        bool last = i + 1 == count || p[i + 1].window != p[i].window;
        double before = last ? p[i].value : fmin(level, p[i].value);
        steps[i] = last ? 0 : level - before;
        r.grown += steps[i];
        r.squares += steps[i] * steps[i];
        if (last) {
            r.fallen += fall;
            fall = 0;
        } else {
            fall = fmax(fall, p[i].value - level);
            r.seconds += p[i + 1].at_s - p[i].at_s;
        }
        level = before;
    }
    r.fallen += fall;
    return r;
}

/* Has it stopped before the end? Only where steps were due. */
static bool has_stopped(const struct ratchet *r, const double *steps, uint32_t count)
{
    if (r->squares <= 0) return false;
    double worth = r->grown * r->grown / r->squares;
    double part = fmax((double)count / STOPPED_PART, STOPPED_STEPS * count / worth);
    if (part > (double)count / 3) return false;
    uint32_t from = count - (uint32_t)part;
    double late = 0;
    for (uint32_t i = from; i < count; i++) late += steps[i];
    return late < STOPPED * r->grown * (count - from) / count;
}

/* -- Parts of the time ------------------------------------------------------------------------ */

struct look {
    double grain;
    struct trend_memory memory;
    struct trend_room *room;
};

static bool find_part(const struct look *look, const struct floor_point *p, uint32_t count,
                      struct growth_part *out)
{
    double steps[FLOORS_MOST];
    struct trend trend;
    if (!trend_find(p, count, &look->memory, look->room, &trend)) return false;
    struct ratchet r = ratchet_of(p, count, steps);
    *out = (struct growth_part){.slope = trend.slope, .seconds = r.seconds, .grown = r.grown};
    if (r.squares > 0) out->steps = r.grown * r.grown / r.squares;
    out->stepped = INTERVAL_Z * sqrt(r.squares) / r.seconds;
    out->grain = look->grain / r.seconds;
    out->smooth = (trend.range.hi - trend.range.lo) / 2;
    out->range.lo = trend.slope - hypot(trend.slope - trend.range.lo, out->stepped) - out->grain;
    out->range.hi = trend.slope + hypot(trend.range.hi - trend.slope, out->stepped) + out->grain;
    return true;
}

/* It rises for certain: by its slope, or where that has too few values for an interval, since
 * enough was added, and kept, in enough steps. */
static bool goes_on(const struct growth_part *end)
{
    if (isnan(end->range.lo)) return end->slope > end->stepped + end->grain;
    return end->range.lo > 0;
}

/* What the course of points[count] says, and of what is to come. */
static enum growth_kind find_course(const struct look *look, const struct floor_point *p,
                                    uint32_t count, double slowed, struct growth *out)
{
    double steps[FLOORS_MOST];
    struct growth_part first;
    uint32_t third = count / 3;
    if (!find_part(look, p, count, &out->all) || !find_part(look, p, third, &first)
        || !find_part(look, p + count - third, third, &out->end))
        return GROWTH_UNSURE;
    struct ratchet r = ratchet_of(p, count, steps);
    const struct growth_part *end = &out->end;
    if (end->range.lo > fmax(0, out->all.range.hi)) return GROWTH_RISING;
    if (!(out->all.range.lo > 0)) return GROWTH_EVEN;
    bool stopped = has_stopped(&r, steps, count);
    if (end->slope < slowed * first.slope || stopped) {
        double ratio = end->slope / first.slope;
        bool nears = ratio > 0 && ratio < 1 && !stopped;
        double apart_s = out->all.seconds * 2 / 3; /* of the two thirds' middles */
        out->rest_tau_s = nears ? -apart_s / log(ratio) : 0;
        out->rest =
            nears ? end->slope * exp(-out->all.seconds / 6 / out->rest_tau_s) * out->rest_tau_s : 0;
        return GROWTH_SLOWING;
    }
    return goes_on(end) ? GROWTH_EVEN : GROWTH_UNSURE;
}

/* With the memory of these points. */
static bool look_at(struct look *look, const struct floor_point *p, uint32_t count)
{
    return trend_remember(p, count, look->room, &look->memory);
}

/* How many points at the start most of all growth comes in: no leak begins so. */
static uint32_t find_warmup(const struct look *look, const struct floor_point *p, uint32_t count)
{
    double steps[FLOORS_MOST];
    uint32_t from = 0;
    while (count - from >= GROWTH_LEAST * 3 / 2) {
        uint32_t third = (count - from) / 3;
        struct ratchet r = ratchet_of(p + from, count - from, steps);
        double early = 0;
        for (uint32_t i = 0; i < third; i++) early += steps[i];
        if (early < 2 * look->grain || early < WARMED * r.grown) break;
        from += third;
    }
    return from;
}

/* A start that only warmed up: what is left without it must be the more even, so that nothing that
 * nears a plateau passes for a leak by being looked at in short pieces. */
static void leave_start_out(const struct look *whole, const struct floor_point *p, uint32_t count,
                            struct growth *out)
{
    static const struct {
        double from, slowed;
    } cuts[] = {{1.0 / 3, 0.65}, {0.5, 0.75}};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        uint32_t from = (uint32_t)(count * cuts[i].from);
        if (count - from < GROWTH_LEAST) return;
        struct growth rest = *out;
        struct look look = *whole;
        if (!look_at(&look, p + from, count - from)) return;
        enum growth_kind kind = find_course(&look, p + from, count - from, cuts[i].slowed, &rest);
        if (kind != GROWTH_EVEN || !(rest.all.range.lo > 0)) continue;
        *out = rest;
        out->kind = GROWTH_EVEN;
        out->warmed_s += p[from].at_s - p[0].at_s;
        return;
    }
}

/* Blocks so long that what is left of points[count] has not given back what it grew by. False: none
 * are, or too few would be left; then those by which its slope is known best. */
static bool find_blocks(struct look *look, struct floor_point *p, uint32_t *count)
{
    struct floor_point best[FLOORS_MOST] = {0};
    double steps[FLOORS_MOST];
    uint32_t best_count = 0;
    double best_half = (double)INFINITY;
    for (; *count >= GROWTH_LEAST; *count = floors_halve(p, *count)) {
        struct ratchet r = ratchet_of(p, *count, steps);
        if (r.fallen <= RETURNED_MOST * r.grown) return true;
        struct growth_part part;
        if (!look_at(look, p, *count) || !find_part(look, p, *count, &part)) continue;
        double half = part.range.hi - part.range.lo;
        if (best_count > 0 && !(half < best_half)) continue;
        best_half = half;
        best_count = *count;
        memcpy(best, p, *count * sizeof p[0]);
    }
    memcpy(p, best, best_count * sizeof p[0]);
    *count = best_count;
    return false;
}

void growth_find(const struct floor_point *points, uint32_t count, double grain,
                 struct trend_room *room, struct growth *out)
{
    assert(count <= FLOORS_MOST);
    struct floor_point array[FLOORS_MOST];
    double steps[FLOORS_MOST];
    *out = (struct growth){.kind = GROWTH_FEW, .rest = (double)NAN};
    memcpy(array, points, count * sizeof array[0]);
    struct look look = {.grain = grain, .room = room};
    uint32_t warmup = find_warmup(&look, array, count);
    struct floor_point *p = array + warmup;
    count -= warmup;
    if (warmup > 0) out->warmed_s = p[0].at_s - array[0].at_s;
    bool kept = find_blocks(&look, p, &count);
    out->count = count;
    if (count < GROWTH_LEAST || !look_at(&look, p, count)) return;
    out->fallen = ratchet_of(p, count, steps).fallen;
    out->kind = find_course(&look, p, count, SLOWED, out);
    bool slower = out->kind == GROWTH_SLOWING || out->kind == GROWTH_UNSURE;
    if (slower && kept) leave_start_out(&look, p, count, out);
    if (!kept && out->kind != GROWTH_RISING) out->kind = GROWTH_RETURNED;
}

/* -- How much longer -------------------------------------------------------------------------- */

/* Half of the interval, were it watched for so many times as long. */
static double half_after(const struct growth_part *part, double times)
{
    double smooth = part->smooth / (times * sqrt(times));
    double stepped = part->stepped / sqrt(times);
    return hypot(smooth, stepped) + part->grain / times;
}

static double times_until(const struct growth_part *part, double apart)
{
    double times = isnan(part->smooth) ? 2 : 1; /* too few values for an interval */
    while (half_after(part, times) >= apart && times < TIMES_MOST) times *= 1.05;
    return times < TIMES_MOST ? times : (double)NAN;
}

double growth_needed_s(const struct growth *g, double limit)
{
    double all_s = g->all.seconds + g->warmed_s;
    switch (g->kind) {
    case GROWTH_FEW:
    case GROWTH_RETURNED:
        return (double)NAN;
    case GROWTH_SLOWING: {
        /* Until its slope is half the limit, and then a third of the time, so that it can be seen.
         */
        double slope = fmax(g->end.slope, 0);
        double more_s = slope > limit / 2 && g->rest_tau_s > 0 && limit > 0
                            ? g->rest_tau_s * log(slope / (limit / 2))
                            : 0;
        double seen = times_until(&g->end, limit - fmin(slope, limit / 2));
        return fmax((all_s + more_s) * 1.5, g->end.seconds * seen * 3);
    }
    case GROWTH_RISING:
    case GROWTH_UNSURE:
        return all_s * 3; /* until what is the last third has become the first */
    case GROWTH_EVEN:
        break;
    }
    return all_s * times_until(&g->all, fabs(g->all.slope - limit));
}
