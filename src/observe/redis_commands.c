#include "observe/redis_commands.h"

#include <math.h>

#include "observe/meters.h"
#include "wire/stat_text.h"

void redis_commands_begin(struct redis_commands *c, bool first)
{
    for (uint32_t i = 0; i < c->count; i++) {
        struct redis_command *it = &c->all[i];
        it->calls_before = it->calls;
        it->usec_before = it->usec;
        it->known = it->fresh && !first;
        it->fresh = false;
        it->p99_usec = (double)NAN;
    }
}

/* The command of that name, met or new; NULL: there is no room. */
static struct redis_command *find(struct redis_commands *c, struct bytes name)
{
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t at = (c->last + 1 + i) % c->count;
        if (!bytes_is(name, c->all[at].name)) continue;
        c->last = at;
        return &c->all[at];
    }
    bool fits = name.len < sizeof c->all[0].name && memchr(name.at, '\0', name.len) == NULL;
    if (c->count == REDIS_COMMANDS_MAX || !fits) return NULL;
    struct redis_command *fresh = &c->all[c->count];
    c->last = c->count++;
    *fresh = (struct redis_command){.p99_usec = (double)NAN};
    struct text text = text_in(fresh->name, sizeof fresh->name);
    text_add(&text, name);
    return fresh;
}

static bool note_counts(struct redis_commands *c, struct bytes command, struct bytes value)
{
    struct redis_command *it = find(c, command);
    struct bytes name;
    struct bytes number;
    while (it && stat_text_field(&value, &name, &number)) {
        if (bytes_is(name, "calls")) it->fresh = bytes_to_double(number, &it->calls);
        if (bytes_is(name, "usec") && !bytes_to_double(number, &it->usec)) it->usec = 0;
    }
    return true;
}

static bool note_latency(struct redis_commands *c, struct bytes command, struct bytes value)
{
    struct redis_command *it = find(c, command);
    struct bytes name;
    struct bytes number;
    while (it && stat_text_field(&value, &name, &number)) {
        if (bytes_is(name, "p99") && !bytes_to_double(number, &it->p99_usec)) {
            it->p99_usec = (double)NAN;
        }
    }
    return true;
}

bool redis_commands_note(struct redis_commands *c, struct bytes name, struct bytes value)
{
    struct bytes counts = BYTES_LIT("cmdstat_");
    struct bytes latency = BYTES_LIT("latency_percentiles_usec_");
    if (bytes_starts(name, counts)) return note_counts(c, bytes_from(name, counts.len), value);
    if (bytes_starts(name, latency)) return note_latency(c, bytes_from(name, latency.len), value);
    return false;
}

/* One that was not there before has been called for the first time, or after a reset. */
static double usec_grown(const struct redis_command *it)
{
    return it->fresh ? meters_growth(it->known ? it->usec_before : 0, it->usec) : 0;
}

static double calls_grown(const struct redis_command *it)
{
    return it->fresh ? meters_growth(it->known ? it->calls_before : 0, it->calls) : 0;
}

static void give_names(struct redis_commands *c)
{
    for (int i = 0; i < REDIS_COMMANDS_TOP && c->named_count < REDIS_COMMANDS_NAMED; i++) {
        struct redis_command *top = NULL;
        uint32_t above = 0;
        for (uint32_t k = 0; k < c->count; k++) {
            struct redis_command *it = &c->all[k];
            if (it->named || calls_grown(it) <= 0) continue;
            if (!top || usec_grown(it) > usec_grown(top)) top = it;
        }
        for (uint32_t k = 0; k < c->count && top; k++) {
            above += c->all[k].named && usec_grown(&c->all[k]) > usec_grown(top);
        }
        if (!top || above >= REDIS_COMMANDS_TOP) return;
        top->named = true;
        c->named_count++;
    }
}

static void put_one(struct slip *slip, struct bytes of, struct bytes label, double calls,
                    double usec, double seconds)
{
    slip_put(slip, slip_series(slip, of, SERIES_OF_CACHE_COMMAND_CALLS, label), calls / seconds);
    slip_put(slip, slip_series(slip, of, SERIES_OF_CACHE_COMMAND_RUNNING, label),
             usec / 1e6 / seconds);
    slip_put(slip, slip_series(slip, of, SERIES_OF_CACHE_COMMAND_TIME, label),
             usec / 1e6 / calls); /* no call: no mean */
}

void redis_commands_put(struct redis_commands *c, struct slip *slip, struct bytes of,
                        const struct look *when)
{
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    double calls = 0;
    double usec = 0;
    if (when->first) return;
    give_names(c);
    for (uint32_t i = 0; i < c->count; i++) {
        const struct redis_command *it = &c->all[i];
        if (!it->named) {
            calls += calls_grown(it);
            usec += usec_grown(it);
            continue;
        }
        struct bytes label = bytes_of(it->name);
        put_one(slip, of, label, calls_grown(it), usec_grown(it), seconds);
        slip_put_level(slip, slip_series(slip, of, SERIES_OF_CACHE_COMMAND_P99, label),
                       it->p99_usec / 1e6);
    }
    put_one(slip, of, BYTES_LIT("other"), calls, usec, seconds);
}
