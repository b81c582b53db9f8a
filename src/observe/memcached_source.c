#include "observe/memcached_source.h"

#include <math.h>

#include "base/clock.h"
#include "net/talk.h"
#include "observe/meters.h"
#include "wire/stat_text.h"

#define ANSWER_BYTES ((size_t)256 << 10)
#define CONNECT_NS (NS_PER_S)
#define WITHIN_NS (NS_PER_S)
#define CLASSES_MAX 64 /* POWER_LARGEST is 64, and the first is 1 */

enum stats_meter {
    GETS,
    SETS,
    TOUCHES,
    HITS,
    MISSES,
    USER,
    SYSTEM,
    OTHERS /* each by itself */
};

static const struct meter stats_meters[] = {
    [GETS] = {"cmd_get", SERIES_OF_CACHE_COMMAND_CALLS, METER_RATE, 1, "get"},
    [SETS] = {"cmd_set", SERIES_OF_CACHE_COMMAND_CALLS, METER_RATE, 1, "set"},
    [TOUCHES] = {"cmd_touch", SERIES_OF_CACHE_COMMAND_CALLS, METER_RATE, 1, "touch"},
    [HITS] = {"get_hits", SERIES_OF_CACHE_HITS, METER_RATE, 1, NULL},
    [MISSES] = {"get_misses", SERIES_OF_CACHE_MISSES, METER_RATE, 1, NULL},
    [USER] = {"rusage_user", SERIES_OF_CACHE_CPU, METER_BASE, 1, NULL},
    [SYSTEM] = {"rusage_system", SERIES_OF_CACHE_CPU, METER_BASE, 1, NULL},
    {"evictions", SERIES_OF_CACHE_EVICTIONS, METER_RATE, 1, NULL},
    {"curr_items", SERIES_OF_CACHE_KEYS, METER_LEVEL, 1, NULL},
    {"bytes", SERIES_OF_CACHE_MEMORY, METER_LEVEL, 1, NULL},
    {"limit_maxbytes", SERIES_OF_CACHE_MEMORY_LIMIT, METER_LIMIT, 1, NULL},
    {"curr_connections", SERIES_OF_CACHE_CLIENTS, METER_LEVEL, 1, NULL},
    {"max_connections", SERIES_OF_CACHE_CLIENTS_LIMIT, METER_LIMIT, 1, NULL},
    {"rejected_connections", SERIES_OF_CACHE_REFUSED, METER_RATE, 1, NULL},
    {"time_in_listen_disabled_us", SERIES_OF_CACHE_ACCEPT_STOPPED, METER_RATE, 1e-6, NULL},
    {"conn_yields", SERIES_OF_CACHE_YIELDS, METER_RATE, 1, NULL},
    {"bytes_read", SERIES_OF_CACHE_NET_IN, METER_RATE, 1, NULL},
    {"bytes_written", SERIES_OF_CACHE_NET_OUT, METER_RATE, 1, NULL},
};

/* Items of one range of sizes. */
struct slab {
    double chunk_bytes, total, free, evicted, evicted_before;
    bool used, has_evicted, had_evicted;
};

struct memcached {
    struct bytes service;
    const struct ask *ask;
    struct talk talk;
    struct meters stats;
    struct slab slabs[CLASSES_MAX];
};

/* -- What it answers ------------------------------------------------------------------------ */

static void note_stats(struct memcached *m, struct bytes text)
{
    struct bytes name;
    struct bytes value;
    while (stat_text_stat(&text, &name, &value)) meters_note_name(&m->stats, name, value);
}

/* Parts `5:free_chunks`; NULL: it is of no class. */
static struct slab *class_of(struct memcached *m, struct bytes *name)
{
    size_t colon = bytes_find(*name, BYTES_LIT(":"));
    uint64_t number;
    if (colon == SIZE_MAX || !bytes_to_u64((struct bytes){name->at, colon}, &number)) return NULL;
    *name = bytes_from(*name, colon + 1);
    return number < CLASSES_MAX ? &m->slabs[number] : NULL;
}

static void note_slabs(struct memcached *m, struct bytes text)
{
    struct bytes name;
    struct bytes value;
    while (stat_text_stat(&text, &name, &value)) {
        struct slab *slab = class_of(m, &name);
        double number;
        if (!slab || !bytes_to_double(value, &number)) continue;
        if (bytes_is(name, "chunk_size")) slab->chunk_bytes = number;
        if (bytes_is(name, "free_chunks")) slab->free = number;
        if (!bytes_is(name, "total_chunks")) continue;
        slab->total = number;
        slab->used = number > 0;
    }
}

static void note_items(struct memcached *m, struct bytes text)
{
    struct bytes items = BYTES_LIT("items:");
    struct bytes name;
    struct bytes value;
    while (stat_text_stat(&text, &name, &value)) {
        if (!bytes_starts(name, items)) continue;
        name = bytes_from(name, items.len);
        struct slab *slab = class_of(m, &name);
        double number;
        if (!slab || !bytes_is(name, "evicted") || !bytes_to_double(value, &number)) continue;
        slab->evicted = number;
        slab->has_evicted = true;
    }
}

static void begin(struct memcached *m, bool first)
{
    meters_begin(&m->stats, first);
    for (uint32_t i = 0; i < CLASSES_MAX; i++) {
        struct slab *slab = &m->slabs[i];
        *slab = (struct slab){.evicted_before = slab->evicted,
                              .had_evicted = slab->has_evicted && !first};
    }
}

static void put_slabs(struct memcached *m, struct slip *slip, const struct look *when)
{
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    for (uint32_t i = 0; i < CLASSES_MAX; i++) {
        const struct slab *slab = &m->slabs[i];
        char array[48];
        struct text label = text_in(array, sizeof array);
        if (!slab->used) continue;
        text_addf(&label, "class %u, up to %.0f B", i, slab->chunk_bytes);
        struct bytes name = text_bytes(&label);
        slip_put_level(slip, slip_series(slip, m->service, SERIES_OF_CACHE_SLAB_FREE_SHARE, name),
                       slab->free / slab->total);
        if (!slab->has_evicted || when->first) continue;
        double before = slab->had_evicted ? slab->evicted_before : 0;
        slip_put(slip, slip_series(slip, m->service, SERIES_OF_CACHE_SLAB_EVICTIONS, name),
                 meters_growth(before, slab->evicted) / seconds);
    }
}

static void put_all(struct memcached *m, struct slip *slip, const struct look *when)
{
    const struct meters *stats = &m->stats;
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    double commands =
        meters_grown(stats, GETS) + meters_grown(stats, SETS) + meters_grown(stats, TOUCHES);
    double cpu = meters_grown(stats, USER) + meters_grown(stats, SYSTEM);
    struct bytes none = {0};
    meters_put(stats, slip, m->service, when);
    slip_put(slip, slip_series(slip, m->service, SERIES_OF_CACHE_COMMANDS, none),
             commands / seconds);
    slip_put(slip, slip_series(slip, m->service, SERIES_OF_CACHE_CPU, none), cpu / seconds);
    slip_put(slip, slip_series(slip, m->service, SERIES_OF_CACHE_HIT_SHARE, none),
             meters_share(stats, HITS, MISSES));
    put_slabs(m, slip, when);
}

/* -- Looking -------------------------------------------------------------------------------- */

/* An error of the server, where that is what it said. */
static bool add_said(struct err *err, struct bytes said)
{
    size_t end = bytes_find(said, BYTES_LIT("\r\n"));
    if (end == SIZE_MAX || bytes_find(said, BYTES_LIT("ERROR")) >= end) return false;
    char array[200];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, (struct bytes){said.at, end});
    return err_set(err, ERR_IO, 0, "it answers %s", array);
}

static bool hear_all(struct memcached *m, uint64_t deadline_ns, struct err *err)
{
    static void (*const notes[])(struct memcached *, struct bytes) = {note_stats, note_slabs,
                                                                      note_items};
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        struct bytes said;
        if (!talk_hear(&m->talk, stat_text_whole, deadline_ns, &said, err)) {
            return add_said(err, said);
        }
        notes[i](m, said);
    }
    return true;
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct memcached *m = ctx;
    if (m->talk.fd < 0 && !talk_open(&m->talk, m->ask->host, m->ask->port, CONNECT_NS, err)) {
        return false;
    }
    uint64_t began_ns = clock_now_ns();
    uint64_t deadline_ns = began_ns + WITHIN_NS;
    begin(m, when->first);
    if (!talk_say(&m->talk, BYTES_LIT("stats\r\nstats slabs\r\nstats items\r\n"), deadline_ns, err)
        || !hear_all(m, deadline_ns, err)) {
        talk_close(&m->talk);
        return false;
    }
    put_all(m, slip, when);
    slip_put(slip, slip_series(slip, m->service, SERIES_OF_CACHE_ASK_TIME, (struct bytes){0}),
             (double)(clock_now_ns() - began_ns) / 1e9);
    return true;
}

static void close_source(void *ctx)
{
    struct memcached *m = ctx;
    talk_close(&m->talk);
}

bool memcached_source(struct source *out, struct arena *arena, struct bytes service,
                      const struct ask *ask)
{
    struct memcached *m = ARENA_NEW(arena, struct memcached);
    char *buffer = arena_alloc(arena, ANSWER_BYTES);
    if (!m || !buffer) return false;
    talk_init(&m->talk, buffer, ANSWER_BYTES);
    m->service = service;
    m->ask = ask;
    m->stats =
        (struct meters){.all = stats_meters, .count = sizeof stats_meters / sizeof stats_meters[0]};
    *out = (struct source){.ctx = m, .look = look, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "memcached of %.*s", BYTES_ARG(service));
    return true;
}
