#include "observe/postgres_source.h"

#include <math.h>

#include "base/clock.h"
#include "net/pgsql.h"
#include "observe/meters.h"
#include "observe/pg_sessions.h"
#include "observe/pg_statements.h"

#define CONNECT_NS (2 * NS_PER_S)
#define WITHIN_NS (NS_PER_S)
#define OLDEST 140000 /* server_version_num: pg_stat_wal came with 14 */
#define SPLIT 170000  /* 17 moved checkpoints into a view of their own */

enum server_meter {
    COMMITS,
    ROLLBACKS,
    HIT,
    READ,
    RETURNED,
    WRITTEN,
    TEMP,
    DEADLOCKS,
    WAL,
    FULL_PAGES,
    TIMED,
    REQUESTED,
    BY_CHECKPOINT,
    BY_CLEANER,
    BY_BACKEND,
    SERVER_METERS
};

/* In the order in which they are asked for. */
static const struct meter server_meters[SERVER_METERS] = {
    [COMMITS] = {NULL, SERIES_OF_DB_COMMITS, METER_RATE, 1, NULL},
    [ROLLBACKS] = {NULL, SERIES_OF_DB_ROLLBACKS, METER_RATE, 1, NULL},
    [HIT] = {NULL, SERIES_OF_DB_BLOCKS_HIT, METER_RATE, 1, NULL},
    [READ] = {NULL, SERIES_OF_DB_BLOCKS_READ, METER_RATE, 1, NULL},
    [RETURNED] = {NULL, SERIES_OF_DB_ROWS_READ, METER_RATE, 1, NULL},
    [WRITTEN] = {NULL, SERIES_OF_DB_ROWS_WRITTEN, METER_RATE, 1, NULL},
    [TEMP] = {NULL, SERIES_OF_DB_TEMP, METER_RATE, 1, NULL},
    [DEADLOCKS] = {NULL, SERIES_OF_DB_DEADLOCKS, METER_RATE, 1, NULL},
    [WAL] = {NULL, SERIES_OF_DB_WAL, METER_RATE, 1, NULL},
    [FULL_PAGES] = {NULL, SERIES_OF_DB_WAL_FULL_PAGES, METER_RATE, 1, NULL},
    [TIMED] = {NULL, SERIES_OF_DB_CHECKPOINTS, METER_RATE, 1, "timed"},
    [REQUESTED] = {NULL, SERIES_OF_DB_CHECKPOINTS, METER_RATE, 1, "requested"},
    [BY_CHECKPOINT] = {NULL, SERIES_OF_DB_BUFFERS_WRITTEN, METER_RATE, 1, "checkpoint"},
    [BY_CLEANER] = {NULL, SERIES_OF_DB_BUFFERS_WRITTEN, METER_RATE, 1, "cleaner"},
    [BY_BACKEND] = {NULL, SERIES_OF_DB_BUFFERS_WRITTEN, METER_RATE, 1, "backend"},
};

#define DATABASE_SQL                                                                               \
    "SELECT /* prony */ d.xact_commit, d.xact_rollback, d.blks_hit, d.blks_read, d.tup_returned,"  \
    " d.tup_inserted + d.tup_updated + d.tup_deleted, d.temp_bytes, d.deadlocks,"                  \
    " w.wal_bytes, w.wal_fpi, "

static const char server_sql[] =
    DATABASE_SQL "b.checkpoints_timed, b.checkpoints_req, b.buffers_checkpoint, b.buffers_clean,"
                 " b.buffers_backend FROM pg_stat_database d, pg_stat_wal w, pg_stat_bgwriter b"
                 " WHERE d.datname = current_database()";
static const char server_split_sql[] =
    DATABASE_SQL "c.num_timed, c.num_requested, c.buffers_written, b.buffers_clean, NULL"
                 " FROM pg_stat_database d, pg_stat_wal w, pg_stat_bgwriter b,"
                 " pg_stat_checkpointer c WHERE d.datname = current_database()";

struct postgres {
    struct bytes service;
    const struct ask *ask;
    struct pgsql link;
    struct pg_sessions sessions;
    struct pg_statements statements;
    struct meters server;
    int64_t version;
    double most_connections;
    bool sees_all; /* of all roles */
    char role[64];
    bool blind_told;
    struct err hurt; /* what a glance met; kind ERR_NONE: nothing */
};

/* -- Connecting ----------------------------------------------------------------------------- */

static void on_hello(void *ctx, const struct pgsql_row *row)
{
    struct postgres *p = ctx;
    struct text role = text_in(p->role, sizeof p->role);
    p->version = pgsql_integer(row, 0);
    p->most_connections = pgsql_number(row, 1);
    p->sees_all = bytes_is(pgsql_text(row, 2), "t");
    text_add(&role, pgsql_text(row, 3));
    pg_statements_begin(&p->statements, pgsql_text(row, 4));
}

static bool say_hello(struct postgres *p, struct err *err)
{
    return pgsql_ask(&p->link,
                     "SET statement_timeout = 500; SET lock_timeout = 100;"
                     "SELECT /* prony */ current_setting('server_version_num'),"
                     " current_setting('max_connections'),"
                     " pg_has_role('pg_read_all_stats', 'USAGE'), quote_ident(current_user),"
                     " (SELECT quote_ident(n.nspname) FROM pg_extension x JOIN pg_namespace n"
                     " ON n.oid = x.extnamespace WHERE x.extname = 'pg_stat_statements')",
                     WITHIN_NS, on_hello, p, err);
}

static bool enter(struct postgres *p, struct slip *slip, struct err *err)
{
    if (!pgsql_open(&p->link, p->ask->text.at, CONNECT_NS, err)) return false;
    p->version = 0;
    if (!say_hello(p, err)) {
        pgsql_close(&p->link);
        return false;
    }
    if (p->version < OLDEST) {
        pgsql_close(&p->link);
        return err_set(err, ERR_DENIED, 0, "PostgreSQL before 14, or none, is not understood");
    }
    if (!p->sees_all && !p->blind_told) {
        p->blind_told = true;
        slip_say(slip, "%.*s: only sessions of its own role are seen: GRANT pg_monitor TO %s",
                 BYTES_ARG(p->service), p->role);
    }
    return true;
}

/* -- Looking -------------------------------------------------------------------------------- */

static void on_server(void *ctx, const struct pgsql_row *row)
{
    struct postgres *p = ctx;
    for (uint32_t i = 0; i < SERVER_METERS; i++) meters_note(&p->server, i, pgsql_number(row, i));
}

static bool look_at_server(struct postgres *p, struct slip *slip, const struct look *when,
                           struct err *err)
{
    const char *sql = p->version < SPLIT ? server_sql : server_split_sql;
    meters_begin(&p->server, when->first);
    if (!pgsql_ask(&p->link, sql, WITHIN_NS, on_server, p, err)) return false;
    meters_put(&p->server, slip, p->service, when);
    struct bytes none = {0};
    slip_put(slip, slip_series(slip, p->service, SERIES_OF_DB_HIT_SHARE, none),
             meters_share(&p->server, HIT, READ));
    slip_put_level(slip, slip_series(slip, p->service, SERIES_OF_DB_CONNECTIONS_LIMIT, none),
                   p->most_connections);
    return true;
}

static bool look_at_all(struct postgres *p, struct slip *slip, const struct look *when,
                        struct err *err)
{
    uint64_t began_ns = clock_now_ns();
    if (!look_at_server(p, slip, when, err)) return false;
    if (!pg_statements_look(&p->statements, &p->link, slip, when, err)) return false;
    pg_sessions_put(&p->sessions, slip);
    if (!pg_sessions_tell_blocker(&p->sessions, &p->statements, &p->link, slip, when->now_ns,
                                  err)) {
        return false;
    }
    slip_put(slip, slip_series(slip, p->service, SERIES_OF_DB_ASK_TIME, (struct bytes){0}),
             (double)(clock_now_ns() - began_ns) / 1e9);
    return true;
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct postgres *p = ctx;
    struct err hurt = p->hurt;
    p->hurt = (struct err){0};
    if (hurt.kind != ERR_NONE) {
        pgsql_close(&p->link);
        *err = hurt;
        return false;
    }
    if (!p->link.link && !enter(p, slip, err)) return false;
    if (look_at_all(p, slip, when, err)) return true;
    pgsql_close(&p->link);
    return false;
}

static void glance(void *ctx)
{
    struct postgres *p = ctx;
    if (!p->link.link || p->hurt.kind != ERR_NONE) return;
    struct err err = {0};
    if (!pg_sessions_glance(&p->sessions, &p->link, &err)) p->hurt = err;
}

static void close_source(void *ctx)
{
    struct postgres *p = ctx;
    pgsql_close(&p->link);
}

bool postgres_source(struct source *out, struct arena *arena, struct bytes service,
                     const struct ask *ask)
{
    struct postgres *p = ARENA_NEW(arena, struct postgres);
    if (!p || !pg_statements_open(&p->statements, arena, service)) return false;
    p->service = service;
    p->ask = ask;
    p->sessions.of = service;
    p->server = (struct meters){.all = server_meters, .count = SERVER_METERS};
    *out = (struct source){.ctx = p, .look = look, .glance = glance, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "postgres of %.*s", BYTES_ARG(service));
    return true;
}
