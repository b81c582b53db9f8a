#include "db.h"

#include <err.h>
#include <stdio.h>

#include "clock.h"
#include "metrics.h"

#define BUSY_PATIENCE_NS (5 * NS_PER_S) /* what most drivers wait for a lock by default */
#define BUSY_SLEEP_MOST_MS 20
#define STEPS_PER_LOOK 2000 /* virtual machine steps, well under 1 ms */

static bool is_late(const struct db *db, uint64_t now_ns)
{
    return db->deadline_ns != 0 && now_ns >= db->deadline_ns;
}

/* Sleeps longer each time, as SQLite's own handler does; gives up at the deadline as well. */
static int wait_for_lock(void *arg, int tries)
{
    struct db *db = arg;
    uint64_t now_ns = clock_now_ns();
    if (tries == 0) db->busy_since_ns = now_ns;
    if (now_ns - db->busy_since_ns > BUSY_PATIENCE_NS || is_late(db, now_ns)) return 0;
    if (db->giving_up && atomic_load(db->giving_up)) return 0;
    metrics_add(METRIC_DB_BUSY, 1);
    if (db->while_waiting) db->while_waiting(db->while_waiting_arg);
    uint64_t sleep_ms = tries < BUSY_SLEEP_MOST_MS ? (uint64_t)tries + 1 : BUSY_SLEEP_MOST_MS;
    clock_sleep_until(now_ns + sleep_ms * NS_PER_MS);
    return 1;
}

static int look_at_clock(void *arg)
{
    return is_late(arg, clock_now_ns());
}

bool db_open(struct db *db, const char *path, const atomic_bool *giving_up)
{
    *db = (struct db){.giving_up = giving_up};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (code != SQLITE_OK) {
        warnx("cannot open %s: %s", path,
              db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
        db_close(db);
        return false;
    }
    sqlite3_busy_handler(db->handle, wait_for_lock, db);
    metrics_add(METRIC_DB_OPENS, 1);
    return true;
}

void db_close(struct db *db)
{
    for (int i = 0; i < DB_STATEMENTS; i++) sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->handle);
    *db = (struct db){0};
}

void db_tune(struct db *db)
{
    /* Each commit of another connection empties the cache of this one; mapped pages need no
     * read() to come back. Both are hints: failing costs speed only. */
    if (!db_run(db, "PRAGMA mmap_size=268435456; PRAGMA cache_size=-8192")) return;
}

/* A lock not waited for because the service is ending is no fault: nobody wants the answer. */
static bool gave_up(const struct db *db, int code)
{
    return code == SQLITE_BUSY && db->giving_up && atomic_load(db->giving_up);
}

bool db_run(struct db *db, const char *sql)
{
    char *reason = NULL;
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, &reason);
    if (code != SQLITE_OK && !gave_up(db, code)) {
        warnx("%s: %s", sql, reason ? reason : sqlite3_errstr(code));
    }
    sqlite3_free(reason);
    return code == SQLITE_OK;
}

sqlite3_stmt *db_statement(struct db *db, int index, const char *sql)
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

void db_set_deadline(struct db *db, uint64_t deadline_ns)
{
    db->deadline_ns = deadline_ns;
    if (deadline_ns == 0) sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    else sqlite3_progress_handler(db->handle, STEPS_PER_LOOK, look_at_clock, db);
}

enum store_result db_result(const struct db *db, int code, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return STORE_OK;
    if (is_late(db, clock_now_ns())) return STORE_LATE;
    if (gave_up(db, code)) return STORE_FAIL;
    warnx("%s: %s", what, sqlite3_errmsg(db->handle));
    return STORE_FAIL;
}
