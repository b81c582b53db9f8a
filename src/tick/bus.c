#include "tick/bus.h"

#include <assert.h>

#include "base/text.h"

void bus_init(struct bus *bus)
{
    *bus = (struct bus){0};
}

void bus_add(struct bus *bus, struct sink sink)
{
    assert(bus->sink_count < BUS_SINKS_MAX);
    bus->sinks[bus->sink_count++] = sink;
}

void bus_begin(struct bus *bus, const struct run_header *header)
{
    for (uint32_t i = 0; i < bus->sink_count; i++) {
        const struct sink *s = &bus->sinks[i];
        if (s->begin) s->begin(s->ctx, header);
    }
}

/* What was going round has been seen by all; now the result that it led to. */
static void settle(struct bus *bus)
{
    bus->busy = false;
    const struct result *waiting = bus->waiting;
    bus->waiting = NULL;
    if (waiting) bus_result(bus, waiting);
}

void bus_tick(struct bus *bus, const struct tick *tick)
{
    bus->busy = true;
    for (uint32_t i = 0; i < bus->sink_count; i++) {
        const struct sink *s = &bus->sinks[i];
        if (s->tick) s->tick(s->ctx, tick);
    }
    settle(bus);
}

void bus_result(struct bus *bus, const struct result *result)
{
    if (bus->busy) {
        bus->waiting = result;
        return;
    }
    for (uint32_t i = 0; i < bus->sink_count; i++) {
        const struct sink *s = &bus->sinks[i];
        if (s->result && (result->final || !s->final_only)) s->result(s->ctx, result);
    }
}

bool bus_wants_results(const struct bus *bus)
{
    for (uint32_t i = 0; i < bus->sink_count; i++) {
        if (bus->sinks[i].result && !bus->sinks[i].final_only) return true;
    }
    return false;
}

void bus_end(struct bus *bus, const struct run_end *end)
{
    bus->busy = true;
    for (uint32_t i = 0; i < bus->sink_count; i++) {
        const struct sink *s = &bus->sinks[i];
        if (s->end) s->end(s->ctx, end);
    }
    settle(bus);
}

void bus_command(struct bus *bus, enum command command, const char *reason)
{
    if (reason && (uint64_t)command > shared_see(&bus->command)) {
        struct text text = text_in(bus->reason, sizeof bus->reason);
        text_adds(&text, reason);
    }
    shared_raise(&bus->command, (uint64_t)command);
}

enum command bus_commanded(const struct bus *bus)
{
    return (enum command)shared_see(&bus->command);
}

void bus_hold(struct bus *bus)
{
    shared_publish(&bus->holds, shared_see(&bus->holds) + 1);
}

uint64_t bus_holds(const struct bus *bus)
{
    return shared_see(&bus->holds);
}

void bus_rate(struct bus *bus, uint32_t per_mille)
{
    uint64_t count = (shared_see(&bus->rates) >> 32) + 1;
    shared_publish(&bus->rates, count << 32 | per_mille);
}

bool bus_rated(const struct bus *bus, uint32_t *count, uint32_t *per_mille)
{
    uint64_t asked = shared_see(&bus->rates);
    if ((uint32_t)(asked >> 32) == *count) return false;
    *count = (uint32_t)(asked >> 32);
    *per_mille = (uint32_t)asked;
    return true;
}

void bus_end_stage(struct bus *bus, uint32_t stage, const char *why)
{
    uint64_t count = (shared_see(&bus->ends) >> 32) + 1;
    struct text text = text_in(bus->why, sizeof bus->why);
    text_adds(&text, why);
    shared_publish(&bus->ends, count << 32 | stage);
}

bool bus_ended_stage(const struct bus *bus, uint32_t *count, uint32_t *stage)
{
    uint64_t asked = shared_see(&bus->ends);
    if ((uint32_t)(asked >> 32) == *count) return false;
    *count = (uint32_t)(asked >> 32);
    *stage = (uint32_t)asked;
    return true;
}
