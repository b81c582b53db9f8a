#include "judge/strips.h"

#include <math.h>

#include "base/ns.h"

void strips_open(struct strips *s, struct arena *arena, uint32_t count, uint64_t tick_ns)
{
    *s = (struct strips){.arena = arena, .count = count, .tick_ns = tick_ns};
    s->items = ARENA_ARRAY(arena, count, struct strip);
    if (!s->items || tick_ns == 0) s->count = 0;
}

/* Two neighbours are one from here on. */
static void join(struct strip *strip)
{
    for (size_t i = 0; strip->means && i < SIGNALS_POINTS; i++) {
        uint32_t both = 0;
        double sum = 0;
        for (size_t at = 2 * i; at < 2 * i + 2 && at < SIGNALS_POINTS; at++) {
            if (strip->counts[at] > 0) sum += (double)strip->means[at] * strip->counts[at];
            both += strip->counts[at];
        }
        strip->means[i] = both > 0 ? (float)(sum / both) : NAN;
        strip->counts[i] = (uint16_t)(both < UINT16_MAX ? both : UINT16_MAX);
    }
}

/* The point of that tick, which exists from now on; UINT32_MAX: it lies before the axis. */
static uint32_t point_of(struct strips *s, uint64_t place)
{
    if (!s->begun) {
        s->begun = true;
        s->first = place;
    }
    if (place < s->first) return UINT32_MAX;
    while ((place - s->first) >> s->level >= SIGNALS_POINTS) {
        for (uint32_t i = 0; i < s->count; i++) join(&s->items[i]);
        s->level++;
        s->points = (s->points + 1) / 2;
    }
    uint32_t point = (uint32_t)((place - s->first) >> s->level);
    if (point >= s->points) s->points = point + 1;
    return point;
}

void strips_reach(struct strips *s, uint64_t at_ns)
{
    if (s->count > 0) point_of(s, at_ns / s->tick_ns);
}

static void add(struct strips *s, struct strip *strip, uint64_t place, double value)
{
    if (!s->begun || (place - s->first) >> s->level > UINT64_C(2) * SIGNALS_POINTS)
        return; /* far ahead */
    uint32_t point = point_of(s, place);
    if (point == UINT32_MAX) return;
    if (!strip->means) {
        strip->means = ARENA_ARRAY(s->arena, SIGNALS_POINTS, float);
        strip->counts = ARENA_ARRAY(s->arena, SIGNALS_POINTS, uint16_t);
        if (!strip->means || !strip->counts) {
            *strip = (struct strip){0};
            return;
        }
        for (uint32_t i = 0; i < SIGNALS_POINTS; i++) strip->means[i] = NAN;
    }
    uint32_t count = strip->counts[point];
    double mean = count > 0 ? (double)strip->means[point] : 0;
    strip->means[point] = (float)(mean + (value - mean) / (count + 1));
    if (count < UINT16_MAX) strip->counts[point]++;
}

void strips_put(struct strips *s, const struct sample *sample)
{
    uint64_t from;
    uint64_t to;
    if (sample->series >= s->count || !isfinite(sample->value) || sample->to_ns < sample->from_ns)
        return;
    sample_places(sample, s->tick_ns, &from, &to);
    if (to - from > SIGNALS_POINTS) from = to - SIGNALS_POINTS;
    for (uint64_t place = from; place < to; place++)
        add(s, &s->items[sample->series], place, sample->value);
}

const float *strips_of(const struct strips *s, uint32_t item)
{
    return item < s->count ? s->items[item].means : NULL;
}

double strips_start_s(const struct strips *s)
{
    return (double)(s->first * s->tick_ns) / 1e9;
}

double strips_point_s(const struct strips *s)
{
    return (double)(s->tick_ns << s->level) / 1e9;
}
