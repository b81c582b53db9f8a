#include "live/recent.h"

#include <math.h>

#define ARENA_BYTES ((size_t)8 << 20) /* address space */

bool recent_open(struct recent *r, struct err *err)
{
    *r = (struct recent){0};
    if (!arena_open(&r->arena, ARENA_BYTES, err)) return false;
    r->series = ARENA_ARRAY(&r->arena, SERIES_MAX, float *);
    return r->series || err_set(err, ERR_LIMIT, 0, "no memory for the live view");
}

void recent_close(struct recent *r)
{
    arena_close(&r->arena);
}

/* Places begin of which nothing is known. */
static void go_on(struct recent *r, uint64_t place)
{
    if (place <= r->newest) return;
    uint64_t from = place - r->newest > RECENT_POINTS ? place - RECENT_POINTS : r->newest;
    for (uint32_t i = 0; i < r->count; i++) {
        float *values = r->series[i];
        for (uint64_t at = from + 1; values && at <= place; at++) {
            values[at % RECENT_POINTS] = NAN;
        }
    }
    r->newest = place;
}

static float *values_of(struct recent *r, uint32_t series)
{
    if (r->series[series]) return r->series[series];
    float *values = ARENA_ARRAY(&r->arena, RECENT_POINTS, float);
    for (uint32_t i = 0; values && i < RECENT_POINTS; i++) values[i] = NAN;
    if (series >= r->count) r->count = series + 1;
    r->series[series] = values;
    return values;
}

static void take(struct recent *r, const struct sample *s, uint64_t tick_ns)
{
    uint64_t from;
    uint64_t to;
    if (s->series >= SERIES_MAX || s->to_ns < s->from_ns || !isfinite(s->value)) return;
    float *values = values_of(r, s->series);
    if (!values) return;
    sample_places(s, tick_ns, &from, &to);
    if (to > r->newest + 1) to = r->newest + 1; /* what lies ahead has no place yet */
    if (to > RECENT_POINTS && from < to - RECENT_POINTS) from = to - RECENT_POINTS;
    for (uint64_t at = from; at < to; at++) {
        if (at + RECENT_POINTS > r->newest) values[at % RECENT_POINTS] = (float)s->value;
    }
}

void recent_tick(struct recent *r, const struct tick *tick, uint64_t place, uint64_t tick_ns)
{
    go_on(r, place);
    for (uint32_t i = 0; i < tick->sample_count; i++) take(r, &tick->samples[i], tick_ns);
}

double recent_at(const struct recent *r, uint32_t series, uint32_t back)
{
    const float *values = series < r->count ? r->series[series] : NULL;
    bool is_kept = values && back <= r->newest && back < RECENT_POINTS;
    return is_kept ? (double)values[(r->newest - back) % RECENT_POINTS] : (double)NAN;
}
