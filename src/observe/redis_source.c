#include "observe/redis_source.h"

#include <math.h>

#include "base/clock.h"
#include "net/talk.h"
#include "observe/meters.h"
#include "observe/redis_commands.h"
#include "wire/resp.h"
#include "wire/stat_text.h"

#define ANSWER_BYTES ((size_t)1 << 20)
#define CONNECT_NS (NS_PER_S)
#define WITHIN_NS (NS_PER_S)
#define SPIKES_MAX 16 /* events that LATENCY knows */

enum info_meter {
    HITS,
    MISSES,
    USER_MAIN,
    SYSTEM_MAIN,
    USER,
    SYSTEM,
    OTHERS /* each by itself */
};

static const struct meter info_meters[] = {
    [HITS] = {"keyspace_hits", SERIES_OF_CACHE_HITS, METER_RATE, 1, NULL},
    [MISSES] = {"keyspace_misses", SERIES_OF_CACHE_MISSES, METER_RATE, 1, NULL},
    [USER_MAIN] = {"used_cpu_user_main_thread", SERIES_OF_CACHE_CPU, METER_BASE, 1, NULL},
    [SYSTEM_MAIN] = {"used_cpu_sys_main_thread", SERIES_OF_CACHE_CPU, METER_BASE, 1, NULL},
    [USER] = {"used_cpu_user", SERIES_OF_CACHE_CPU, METER_BASE, 1, NULL},
    [SYSTEM] = {"used_cpu_sys", SERIES_OF_CACHE_CPU, METER_BASE, 1, NULL},
    {"total_commands_processed", SERIES_OF_CACHE_COMMANDS, METER_RATE, 1, NULL},
    {"evicted_keys", SERIES_OF_CACHE_EVICTIONS, METER_RATE, 1, NULL},
    {"expired_keys", SERIES_OF_CACHE_EXPIRED, METER_RATE, 1, NULL},
    {"used_memory", SERIES_OF_CACHE_MEMORY, METER_LEVEL, 1, NULL},
    {"maxmemory", SERIES_OF_CACHE_MEMORY_LIMIT, METER_LIMIT, 1, NULL},
    {"used_memory_rss", SERIES_OF_CACHE_MEMORY_RSS, METER_LEVEL, 1, NULL},
    {"connected_clients", SERIES_OF_CACHE_CLIENTS, METER_LEVEL, 1, NULL},
    {"maxclients", SERIES_OF_CACHE_CLIENTS_LIMIT, METER_LIMIT, 1, NULL},
    {"blocked_clients", SERIES_OF_CACHE_CLIENTS_BLOCKED, METER_LEVEL, 1, NULL},
    {"rejected_connections", SERIES_OF_CACHE_REFUSED, METER_RATE, 1, NULL},
    {"total_net_input_bytes", SERIES_OF_CACHE_NET_IN, METER_RATE, 1, NULL},
    {"total_net_output_bytes", SERIES_OF_CACHE_NET_OUT, METER_RATE, 1, NULL},
    {"latest_fork_usec", SERIES_OF_CACHE_FORK_TIME, METER_LIMIT, 1e-6, NULL},
    {"aof_delayed_fsync", SERIES_OF_CACHE_FSYNC_DELAYED, METER_RATE, 1, NULL},
};

/* The last spike of an event of LATENCY. */
struct spike {
    char event[40];
    int64_t at_s; /* by the server's clock */
};

struct redis {
    struct bytes service;
    const struct ask *ask;
    struct talk talk;
    struct meters info;
    struct redis_commands commands;
    double keys;
    int64_t slow_count; /* commands in the slow log so far; -1: not known */
    struct spike spikes[SPIKES_MAX];
    uint32_t spike_count;
    bool refusal_told;
};

/* -- Connecting ----------------------------------------------------------------------------- */

static void add_word(struct text *out, struct bytes word)
{
    text_addf(out, "$%zu\r\n", word.len);
    text_add(out, word);
    text_adds(out, "\r\n");
}

/* Hears one answer; a list's head is in `*out`, what belongs to it in `*rest`. */
static bool hear(struct redis *r, uint64_t deadline_ns, struct resp_item *out, struct bytes *rest,
                 struct err *err)
{
    *rest = (struct bytes){0};
    if (!talk_hear(&r->talk, resp_whole, deadline_ns, rest, err)) return false;
    return resp_next(rest, out) == RESP_ITEM; /* it is whole */
}

/* What a server answers with an error, made safe. */
static bool refused(struct err *err, struct bytes said)
{
    char array[200];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, said);
    return err_set(err, ERR_DENIED, 0, "%s", array);
}

static bool enter(struct redis *r, struct err *err)
{
    const struct ask *ask = r->ask;
    char array[2048];
    struct text words = text_in(array, sizeof array);
    struct bytes rest;
    struct resp_item item;
    uint64_t deadline_ns = clock_now_ns() + CONNECT_NS + WITHIN_NS;
    r->slow_count = -1;
    if (!talk_open(&r->talk, ask->host, ask->port, CONNECT_NS, err)) return false;
    if (!ask->password.at) return true;
    text_addf(&words, "*%d\r\n", ask->user.at ? 3 : 2);
    add_word(&words, BYTES_LIT("AUTH"));
    if (ask->user.at) add_word(&words, ask->user);
    add_word(&words, ask->password);
    if (words.cut) {
        talk_close(&r->talk);
        return err_set(err, ERR_LIMIT, 0, "the password is too long");
    }
    if (!talk_say(&r->talk, text_bytes(&words), deadline_ns, err)
        || !hear(r, deadline_ns, &item, &rest, err)) {
        return false;
    }
    if (item.kind != RESP_ERROR) return true;
    talk_close(&r->talk);
    return refused(err, item.text);
}

/* -- What it answers ------------------------------------------------------------------------ */

static void note_info(struct redis *r, struct bytes text)
{
    struct bytes name;
    struct bytes value;
    struct bytes field;
    struct bytes number;
    while (stat_text_info(&text, &name, &value)) {
        bool database =
            name.len > 2 && bytes_starts(name, BYTES_LIT("db")) && bytes_is_digit(name.at[2]);
        if (redis_commands_note(&r->commands, name, value)) continue;
        while (database && stat_text_field(&value, &field, &number)) {
            double keys;
            if (bytes_is(field, "keys") && bytes_to_double(number, &keys)) r->keys += keys;
        }
        if (!database) meters_note_name(&r->info, name, value);
    }
}

static void put_info(struct redis *r, struct slip *slip, const struct look *when)
{
    const struct meters *m = &r->info;
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    bool main_thread = m->has[USER_MAIN]; /* since 6.2 */
    double cpu = meters_grown(m, main_thread ? USER_MAIN : USER)
                 + meters_grown(m, main_thread ? SYSTEM_MAIN : SYSTEM);
    struct bytes none = {0};
    meters_put(m, slip, r->service, when);
    slip_put(slip, slip_series(slip, r->service, SERIES_OF_CACHE_CPU, none), cpu / seconds);
    slip_put(slip, slip_series(slip, r->service, SERIES_OF_CACHE_HIT_SHARE, none),
             meters_share(m, HITS, MISSES));
    slip_put_level(slip, slip_series(slip, r->service, SERIES_OF_CACHE_KEYS, none), r->keys);
    redis_commands_put(&r->commands, slip, r->service, when);
}

/* SLOWLOG GET 1: the last entry, whose number tells how many there have been. */
static void put_slow(struct redis *r, struct slip *slip, const struct look *when, struct bytes list)
{
    struct resp_item item;
    int64_t count = 0; /* an empty log: none yet, or reset */
    bool entry = resp_next(&list, &item) == RESP_ITEM && item.kind == RESP_LIST;
    if (entry && resp_next(&list, &item) == RESP_ITEM && item.kind == RESP_INTEGER) {
        count = item.number + 1;
    } else if (r->slow_count > 0) {
        count = r->slow_count;
    }
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    if (r->slow_count >= 0 && !when->first) {
        uint32_t series = slip_series(slip, r->service, SERIES_OF_CACHE_SLOW, (struct bytes){0});
        slip_put(slip, series, meters_growth((double)r->slow_count, (double)count) / seconds);
    }
    r->slow_count = count;
}

static struct spike *find_spike(struct redis *r, struct bytes event)
{
    for (uint32_t i = 0; i < r->spike_count; i++) {
        if (bytes_is(event, r->spikes[i].event)) return &r->spikes[i];
    }
    if (r->spike_count == SPIKES_MAX || event.len >= sizeof r->spikes[0].event) return NULL;
    struct spike *fresh = &r->spikes[r->spike_count++];
    struct text name = text_in(fresh->event, sizeof fresh->event);
    text_add(&name, event);
    return fresh;
}

/* LATENCY LATEST: events, each with name, time of its last spike, how long that was, the longest.
 */
static void put_spikes(struct redis *r, struct slip *slip, const struct look *when,
                       struct bytes list, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct resp_item head;
        struct resp_item event;
        struct resp_item at;
        struct resp_item latest;
        if (resp_next(&list, &head) != RESP_ITEM || head.kind != RESP_LIST || head.number < 3
            || resp_next(&list, &event) != RESP_ITEM || resp_next(&list, &at) != RESP_ITEM
            || resp_next(&list, &latest) != RESP_ITEM) {
            return;
        }
        struct resp_item more;
        for (int64_t k = 3; k < head.number; k++) {
            if (resp_next(&list, &more) != RESP_ITEM || more.kind == RESP_LIST) return;
        }
        struct spike *spike = find_spike(r, event.text);
        if (!spike || spike->at_s == at.number) continue;
        spike->at_s = at.number;
        if (when->first) continue; /* it was before */
        slip_put_level(
            slip, slip_series(slip, r->service, SERIES_OF_CACHE_LATENCY, bytes_of(spike->event)),
            (double)latest.number / 1e3);
    }
}

/* -- Looking -------------------------------------------------------------------------------- */

static void tell_refusal(struct redis *r, struct slip *slip, struct bytes said)
{
    if (r->refusal_told) return;
    r->refusal_told = true;
    slip_say(slip, "%.*s: slow commands and spikes are not seen: %.*s", BYTES_ARG(r->service),
             BYTES_ARG(said));
}

static bool hear_all(struct redis *r, struct slip *slip, const struct look *when,
                     uint64_t deadline_ns, struct err *err)
{
    struct resp_item item;
    struct bytes rest;
    if (!hear(r, deadline_ns, &item, &rest, err)) return false;
    if (item.kind == RESP_ERROR) return refused(err, item.text);
    if (item.kind != RESP_TEXT) return err_set(err, ERR_IO, 0, "its INFO is no text");
    redis_commands_begin(&r->commands, when->first);
    meters_begin(&r->info, when->first);
    r->keys = 0;
    note_info(r, item.text);
    put_info(r, slip, when);
    if (!hear(r, deadline_ns, &item, &rest, err)) return false;
    if (item.kind == RESP_ERROR) tell_refusal(r, slip, item.text);
    if (item.kind == RESP_LIST) put_slow(r, slip, when, rest);
    if (!hear(r, deadline_ns, &item, &rest, err)) return false;
    if (item.kind == RESP_ERROR) tell_refusal(r, slip, item.text);
    if (item.kind == RESP_LIST) put_spikes(r, slip, when, rest, item.number);
    return true;
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    static const char questions[] = "*2\r\n$4\r\nINFO\r\n$3\r\nall\r\n"
                                    "*3\r\n$7\r\nSLOWLOG\r\n$3\r\nGET\r\n$1\r\n1\r\n"
                                    "*2\r\n$7\r\nLATENCY\r\n$6\r\nLATEST\r\n";
    struct redis *r = ctx;
    if (r->talk.fd < 0 && !enter(r, err)) return false;
    uint64_t began_ns = clock_now_ns();
    uint64_t deadline_ns = began_ns + WITHIN_NS;
    if (!talk_say(&r->talk, BYTES_LIT(questions), deadline_ns, err)
        || !hear_all(r, slip, when, deadline_ns, err)) {
        talk_close(&r->talk);
        return false;
    }
    slip_put(slip, slip_series(slip, r->service, SERIES_OF_CACHE_ASK_TIME, (struct bytes){0}),
             (double)(clock_now_ns() - began_ns) / 1e9);
    return true;
}

static void close_source(void *ctx)
{
    struct redis *r = ctx;
    talk_close(&r->talk);
}

bool redis_source(struct source *out, struct arena *arena, struct bytes service,
                  const struct ask *ask)
{
    struct redis *r = ARENA_NEW(arena, struct redis);
    char *buffer = arena_alloc(arena, ANSWER_BYTES);
    if (!r || !buffer) return false;
    talk_init(&r->talk, buffer, ANSWER_BYTES);
    r->service = service;
    r->ask = ask;
    r->info =
        (struct meters){.all = info_meters, .count = sizeof info_meters / sizeof info_meters[0]};
    *out = (struct source){.ctx = r, .look = look, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "redis of %.*s", BYTES_ARG(service));
    return true;
}
