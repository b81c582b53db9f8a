#include "observe/pgbouncer_source.h"

#include <math.h>

#include "base/clock.h"
#include "net/pgsql.h"
#include "observe/meters.h"

#define CONNECT_NS (2 * NS_PER_S)
#define WITHIN_NS (NS_PER_S)
#define POOLS_MAX 32
#define NAME_BYTES 120

/* Of a database and a user. */
struct pool {
    char name[NAME_BYTES];
    double waiting, active; /* summed over glances */
    double idle, clients, longest_s;
    uint32_t glances;
};

enum base_count { TRANSACTIONS, QUERIES, QUERY_US, WAIT_US, BASE_COUNTS };

/* Of a database. */
struct base {
    char name[NAME_BYTES];
    double now[BASE_COUNTS], before[BASE_COUNTS];
    bool fresh, known;
};

struct pgbouncer {
    struct bytes service;
    const struct ask *ask;
    struct pgsql link;
    struct pool pools[POOLS_MAX];
    struct base bases[POOLS_MAX];
    uint32_t pool_count, base_count;
    bool full_told, full;
    struct err hurt; /* what a glance met; kind ERR_NONE: nothing */
};

/* By its name: columns come and go between versions. 0 where there is none. */
static double number_of(const struct pgsql_row *row, const char *column)
{
    double value = pgsql_number(row, pgsql_column(row, column));
    return isfinite(value) ? value : 0;
}

/* Its own console is a database of that name. */
static bool is_console(struct bytes database)
{
    return bytes_is(database, "pgbouncer");
}

/* -- Pools ---------------------------------------------------------------------------------- */

static struct pool *find_pool(struct pgbouncer *p, const char *name)
{
    for (uint32_t i = 0; i < p->pool_count; i++) {
        if (strcmp(p->pools[i].name, name) == 0) return &p->pools[i];
    }
    p->full = p->full || p->pool_count == POOLS_MAX;
    if (p->pool_count == POOLS_MAX) return NULL;
    struct pool *fresh = &p->pools[p->pool_count++];
    struct text text = text_in(fresh->name, sizeof fresh->name);
    text_adds(&text, name);
    return fresh;
}

static void on_pool(void *ctx, const struct pgsql_row *row)
{
    struct bytes database = pgsql_text(row, pgsql_column(row, "database"));
    struct bytes user = pgsql_text(row, pgsql_column(row, "user"));
    char array[NAME_BYTES];
    struct text name = text_in(array, sizeof array);
    if (database.len == 0 || is_console(database)) return;
    text_addf(&name, "%.*s/%.*s", BYTES_ARG(database), BYTES_ARG(user));
    struct pool *pool = find_pool(ctx, array);
    if (!pool) return;
    pool->glances++;
    pool->waiting += number_of(row, "cl_waiting");
    pool->active += number_of(row, "sv_active");
    pool->clients = number_of(row, "cl_active");
    pool->idle = number_of(row, "sv_idle") + number_of(row, "sv_used");
    pool->longest_s = number_of(row, "maxwait") + number_of(row, "maxwait_us") / 1e6;
}

static bool glance_at_pools(struct pgbouncer *p, struct err *err)
{
    return pgsql_ask(&p->link, "SHOW POOLS", WITHIN_NS, on_pool, p, err);
}

static void put_pools(struct pgbouncer *p, struct slip *slip)
{
    for (uint32_t i = 0; i < p->pool_count; i++) {
        struct pool *it = &p->pools[i];
        struct bytes name = bytes_of(it->name);
        struct bytes of = p->service;
        if (it->glances == 0) continue;
        slip_put(slip, slip_series(slip, of, SERIES_OF_DB_POOL_WAITING, name),
                 it->waiting / it->glances);
        slip_put(slip, slip_series(slip, of, SERIES_OF_DB_POOL_ACTIVE, name),
                 it->active / it->glances);
        slip_put_level(slip, slip_series(slip, of, SERIES_OF_DB_POOL_IDLE, name), it->idle);
        slip_put_level(slip, slip_series(slip, of, SERIES_OF_DB_POOL_CLIENTS, name), it->clients);
        slip_put_level(slip, slip_series(slip, of, SERIES_OF_DB_POOL_WAIT_LONGEST, name),
                       it->longest_s);
        it->waiting = it->active = 0;
        it->glances = 0;
    }
    if (!p->full || p->full_told) return;
    slip_say(slip, "%.*s: only %d of its pools are seen", BYTES_ARG(p->service), POOLS_MAX);
    p->full_told = true;
}

/* -- Databases ------------------------------------------------------------------------------ */

static struct base *find_base(struct pgbouncer *p, struct bytes name)
{
    for (uint32_t i = 0; i < p->base_count; i++) {
        if (bytes_is(name, p->bases[i].name)) return &p->bases[i];
    }
    if (p->base_count == POOLS_MAX || name.len >= NAME_BYTES) return NULL;
    struct base *fresh = &p->bases[p->base_count++];
    struct text text = text_in(fresh->name, sizeof fresh->name);
    text_add(&text, name);
    return fresh;
}

static void on_base(void *ctx, const struct pgsql_row *row)
{
    struct bytes database = pgsql_text(row, pgsql_column(row, "database"));
    if (database.len == 0 || is_console(database)) return;
    struct base *base = find_base(ctx, database);
    if (!base) return;
    base->fresh = true;
    base->now[TRANSACTIONS] = number_of(row, "total_xact_count");
    base->now[QUERIES] = number_of(row, "total_query_count");
    base->now[QUERY_US] = number_of(row, "total_query_time");
    base->now[WAIT_US] = number_of(row, "total_wait_time");
}

/* One that was not there before began with its first client, at 0. */
static double grown(const struct base *base, enum base_count count)
{
    return meters_growth(base->known ? base->before[count] : 0, base->now[count]);
}

static void put_bases(struct pgbouncer *p, struct slip *slip, const struct look *when)
{
    double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
    for (uint32_t i = 0; i < p->base_count && !when->first; i++) {
        const struct base *it = &p->bases[i];
        struct bytes name = bytes_of(it->name);
        struct bytes of = p->service;
        if (!it->fresh) continue;
        slip_put(slip, slip_series(slip, of, SERIES_OF_DB_POOL_TRANSACTIONS, name),
                 grown(it, TRANSACTIONS) / seconds);
        slip_put(slip, slip_series(slip, of, SERIES_OF_DB_POOL_WAIT_TIME, name),
                 grown(it, WAIT_US) / 1e6 / grown(it, TRANSACTIONS)); /* none: no mean */
        slip_put(slip, slip_series(slip, of, SERIES_OF_DB_POOL_QUERY_TIME, name),
                 grown(it, QUERY_US) / 1e6 / grown(it, QUERIES));
    }
}

static void begin_bases(struct pgbouncer *p, bool first)
{
    for (uint32_t i = 0; i < p->base_count; i++) {
        struct base *it = &p->bases[i];
        memcpy(it->before, it->now, sizeof it->before);
        it->known = it->fresh && !first;
        it->fresh = false;
    }
}

/* -- Looking -------------------------------------------------------------------------------- */

static bool look_at_all(struct pgbouncer *p, struct slip *slip, const struct look *when,
                        struct err *err)
{
    uint64_t began_ns = clock_now_ns();
    begin_bases(p, when->first);
    if (!pgsql_ask(&p->link, "SHOW STATS", WITHIN_NS, on_base, p, err)) return false;
    put_pools(p, slip);
    put_bases(p, slip, when);
    slip_put(slip, slip_series(slip, p->service, SERIES_OF_DB_ASK_TIME, (struct bytes){0}),
             (double)(clock_now_ns() - began_ns) / 1e9);
    return true;
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct pgbouncer *p = ctx;
    bool hurt = p->hurt.kind != ERR_NONE;
    if (hurt) *err = p->hurt;
    p->hurt = (struct err){0};
    if (!hurt && !p->link.link && !pgsql_open(&p->link, p->ask->text.at, CONNECT_NS, err)) {
        return false;
    }
    if (!hurt && look_at_all(p, slip, when, err)) return true;
    pgsql_close(&p->link);
    return false;
}

static void glance(void *ctx)
{
    struct pgbouncer *p = ctx;
    if (!p->link.link || p->hurt.kind != ERR_NONE) return;
    struct err err = {0};
    if (!glance_at_pools(p, &err)) p->hurt = err;
}

static void close_source(void *ctx)
{
    struct pgbouncer *p = ctx;
    pgsql_close(&p->link);
}

bool pgbouncer_source(struct source *out, struct arena *arena, struct bytes service,
                      const struct ask *ask)
{
    struct pgbouncer *p = ARENA_NEW(arena, struct pgbouncer);
    if (!p) return false;
    p->service = service;
    p->ask = ask;
    *out = (struct source){.ctx = p, .look = look, .glance = glance, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "pgbouncer of %.*s", BYTES_ARG(service));
    return true;
}
