/* sqlite_schema.c - making the database ready: table, seed, journal, indexes. */
#include "sqlite.h"

#include <err.h>
#include <stdio.h>

static const char table_sql[] = "CREATE TABLE IF NOT EXISTS jobs ("
                                " id INTEGER PRIMARY KEY,"
                                " owner TEXT NOT NULL,"
                                " kind TEXT NOT NULL,"
                                " work_us INTEGER NOT NULL,"
                                " state TEXT NOT NULL,"
                                " created_ms INTEGER NOT NULL,"
                                " finished_ms INTEGER NOT NULL DEFAULT 0)";

/* Two indexes: in the first an owner's jobs stand in the order of their ids, which is the order
 * of the pages; the second does the same for an owner and a state. */
static const char create_index_sql[] = "CREATE INDEX IF NOT EXISTS jobs_owner ON jobs(owner);"
                                       "CREATE INDEX IF NOT EXISTS jobs_owner_state"
                                       " ON jobs(owner, state)";
static const char drop_index_sql[] = "DROP INDEX IF EXISTS jobs_owner;"
                                     "DROP INDEX IF EXISTS jobs_owner_state";

/* Finished jobs of STORE_SEED_OWNERS owners in turn, a second apart; one in 47 has failed. */
static const char seed_sql[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
    " INSERT INTO jobs(owner, kind, work_us, state, created_ms, finished_ms)"
    " SELECT 'owner-' || ((i - 1) %% %d + 1),"
    " CASE i %% 3 WHEN 0 THEN 'resize' WHEN 1 THEN 'encode' ELSE 'mail' END,"
    " 20000, CASE WHEN i %% 47 = 0 THEN 'failed' ELSE 'done' END,"
    " 1700000000000 + i * 1000, 1700000000020 + i * 1000 FROM n";

/* The first integer of a query's first row; -1: it failed. */
static int64_t query_integer(struct sqlite *db, const char *sql)
{
    sqlite3_stmt *query = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &query, NULL) == SQLITE_OK
        && sqlite3_step(query) == SQLITE_ROW) {
        value = sqlite3_column_int64(query, 0);
    } else {
        warnx("%s: %s", sql, sqlite3_errmsg(db->handle));
    }
    sqlite3_finalize(query);
    return value;
}

/* One transaction: a process that is killed meanwhile leaves an empty table, seeded next time. */
static bool seed(struct sqlite *db, uint32_t rows)
{
    int64_t empty = query_integer(db, "SELECT NOT EXISTS (SELECT 1 FROM jobs)");
    if (empty < 0) return false;
    if (empty == 0 || rows == 0) return true;
    char sql[sizeof seed_sql + 32];
    snprintf(sql, sizeof sql, seed_sql, (unsigned)rows, STORE_SEED_OWNERS);
    return sqlite_run(db, "PRAGMA synchronous=OFF") && sqlite_run(db, sql)
           && sqlite_run(db, "PRAGMA synchronous=FULL");
}

bool sqlite_prepare(struct sqlite *db, const struct settings *settings)
{
    const char *journal =
        settings->batch > 1 ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE";
    if (!sqlite_run(db, journal) || !sqlite_run(db, table_sql)) return false;
    if (!seed(db, settings->rows)) return false;
    switch (settings->index) {
    case INDEX_KEEP:
        return true;
    case INDEX_DROP:
        return sqlite_run(db, drop_index_sql);
    case INDEX_CREATE:
        return sqlite_run(db, create_index_sql);
    }
    return false;
}
