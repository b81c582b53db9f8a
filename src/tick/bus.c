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
        if (s->result) s->result(s->ctx, result);
    }
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
