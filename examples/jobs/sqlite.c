#include "sqlite.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "metrics.h"

#define BUSY_PATIENCE_NS (5 * NS_PER_S) /* what most drivers wait for a lock by default */
#define BUSY_SLEEP_MOST_MS 20
#define STEPS_PER_LOOK 2000 /* virtual machine steps, well under 1 ms */

/* Sleeps longer each time, as SQLite's own handler does; gives up at the deadline as well. */
static int wait_for_lock(void *arg, int tries)
{
    struct sqlite *db = arg;
    struct store *store = &db->store;
    uint64_t now_ns = clock_now_ns();
    if (tries == 0) db->busy_since_ns = now_ns;
    if (now_ns - db->busy_since_ns > BUSY_PATIENCE_NS || store_is_late(store)) return 0;
    if (store_gives_up(store)) return 0;
    metrics_add(METRIC_DB_BUSY, 1);
    if (store->while_waiting) store->while_waiting(store->while_waiting_arg);
    uint64_t sleep_ms = tries < BUSY_SLEEP_MOST_MS ? (uint64_t)tries + 1 : BUSY_SLEEP_MOST_MS;
    clock_sleep_until(now_ns + sleep_ms * NS_PER_MS);
    return 1;
}

static int look_at_clock(void *arg)
{
    struct sqlite *db = arg;
    return store_is_late(&db->store);
}

struct sqlite *sqlite_open(const char *path, const struct store *head)
{
    struct sqlite *db = calloc(1, sizeof *db);
    if (!db) return NULL;
    db->store = *head;
    db->store.calls = &store_sqlite;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (code != SQLITE_OK) {
        warnx("cannot open %s: %s", path,
              db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
        sqlite_close(db);
        return NULL;
    }
    sqlite3_busy_handler(db->handle, wait_for_lock, db);
    sqlite_watch_clock(db);
    metrics_add(METRIC_DB_OPENS, 1);
    return db;
}

void sqlite_close(struct sqlite *db)
{
    if (!db) return;
    for (int i = 0; i < SQLITE_STATEMENTS; i++) sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->handle);
    free(db);
}

/* A lock not waited for because the service is ending is no fault: nobody wants the answer. */
static bool gave_up(const struct sqlite *db, int code)
{
    return code == SQLITE_BUSY && store_gives_up(&db->store);
}

bool sqlite_run(struct sqlite *db, const char *sql)
{
    char *reason = NULL;
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, &reason);
    if (code != SQLITE_OK && !gave_up(db, code)) {
        warnx("%s: %s", sql, reason ? reason : sqlite3_errstr(code));
    }
    sqlite3_free(reason);
    return code == SQLITE_OK;
}

sqlite3_stmt *sqlite_statement(struct sqlite *db, int index, const char *sql)
{
    sqlite3_stmt **statement = &db->statements[index];
    if (*statement) {
        sqlite3_reset(*statement);
        return *statement;
    }
    unsigned flags = SQLITE_PREPARE_PERSISTENT;
    int code = sqlite3_prepare_v3(db->handle, sql, -1, flags, statement, NULL);
    if (code != SQLITE_OK) return NULL;
    return *statement;
}

void sqlite_watch_clock(struct sqlite *db)
{
    if (db->store.deadline_ns == 0) sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    else sqlite3_progress_handler(db->handle, STEPS_PER_LOOK, look_at_clock, db);
}

enum store_result sqlite_result(const struct sqlite *db, int code, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return STORE_OK;
    if (store_is_late(&db->store)) return STORE_LATE;
    if (gave_up(db, code)) return STORE_FAIL;
    warnx("%s: %s", what, sqlite3_errmsg(db->handle));
    return STORE_FAIL;
}
