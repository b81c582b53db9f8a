#include "observe/meters.h"

#include <assert.h>
#include <math.h>

void meters_begin(struct meters *m, bool first)
{
    assert(m->count <= METERS_MAX);
    for (uint32_t i = 0; i < m->count; i++) {
        m->before[i] = m->now[i];
        m->had[i] = m->has[i] && !first;
        m->has[i] = false;
    }
}

void meters_note(struct meters *m, uint32_t index, double value)
{
    assert(index < m->count);
    m->has[index] = isfinite(value);
    m->now[index] = value * m->all[index].factor;
}

void meters_note_name(struct meters *m, struct bytes name, struct bytes value)
{
    for (uint32_t i = 0; i < m->count; i++) {
        double number;
        if (!bytes_is(name, m->all[i].name)) continue;
        if (bytes_to_double(value, &number)) meters_note(m, i, number);
        return;
    }
}

double meters_growth(double before, double now)
{
    return now < before ? now : now - before;
}

double meters_grown(const struct meters *m, uint32_t index)
{
    if (!m->has[index] || !m->had[index]) return (double)NAN;
    return meters_growth(m->before[index], m->now[index]);
}

double meters_share(const struct meters *m, uint32_t a, uint32_t b)
{
    double of_a = meters_grown(m, a);
    return of_a / (of_a + meters_grown(m, b)); /* nothing of both: NAN */
}

void meters_put(const struct meters *m, struct slip *slip, struct bytes of, const struct look *when)
{
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct meter *meter = &m->all[i];
        if (!m->has[i] || meter->kind == METER_BASE) continue;
        if (meter->kind == METER_LIMIT && m->now[i] <= 0) continue;
        if (meter->kind == METER_RATE && when->first) continue;
        uint32_t series = slip_series(slip, of, meter->row, bytes_of(meter->label));
        if (meter->kind == METER_RATE) slip_put(slip, series, meters_grown(m, i) / seconds);
        else slip_put_level(slip, series, m->now[i]);
    }
}
