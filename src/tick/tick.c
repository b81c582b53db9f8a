#include "tick/tick.h"

#include "base/attr.h"

const char *tick_outcome_name(enum outcome outcome)
{
    static const char *const names[OUTCOME_COUNT] = {"ok",       "status",  "check",  "timeout",
                                                     "dns",      "refused", "reset",  "tls",
                                                     "protocol", "cut",     "dropped"};
    assert(outcome < OUTCOME_COUNT);
    return names[outcome];
}

const char *tick_event_name(enum event_kind kind)
{
    static const char *const names[] = {"stage", "command", "service",  "recorder",
                                        "note",  "source",  "objective"};
    assert(kind < COUNT_OF(names));
    return names[kind];
}

bool tick_is_own(enum shortage shortage)
{
    return shortage < SHORTAGE_COUNT && shortage != SHORTAGE_VALUE;
}

bool tick_is_dropped(enum shortage shortage)
{
    return shortage == SHORTAGE_ROWS || shortage == SHORTAGE_PORTS || shortage == SHORTAGE_LATE;
}
