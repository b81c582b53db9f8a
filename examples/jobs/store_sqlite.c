/* store_sqlite.c - jobs in the embedded database, a file. */
#include "sqlite.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "store.h"

enum store_statement {
    SELECT_JOB,
    SELECT_COUNTS,
    INSERT_JOB,
    MARK_JOB,
    COUNT_PAGE,                   /* four: by the columns that the filter names */
    SELECT_PAGE = COUNT_PAGE + 4, /* four more */
    STATEMENT_COUNT = SELECT_PAGE + 4
};
static_assert((int)STATEMENT_COUNT <= SQLITE_STATEMENTS,
              "a connection has room for every statement");

#define COLUMNS "id, owner, kind, work_us, state, created_ms, finished_ms"
#define PAGE_END " ORDER BY id DESC LIMIT ?3 OFFSET ?4"

static const char *const sql_of[STATEMENT_COUNT] = {
    [SELECT_JOB] = "SELECT " COLUMNS " FROM jobs WHERE id = ?1",
    [SELECT_COUNTS] = "SELECT state, count(*) FROM jobs GROUP BY state",
    [INSERT_JOB] = "INSERT INTO jobs(owner, kind, work_us, state, created_ms)"
                   " VALUES (?1, ?2, ?3, 'queued', ?4)",
    [MARK_JOB] = "UPDATE jobs SET state = ?2, finished_ms = ?3 WHERE id = ?1",
    [COUNT_PAGE + 0] = "SELECT count(*) FROM jobs",
    [COUNT_PAGE + 1] = "SELECT count(*) FROM jobs WHERE owner = ?1",
    [COUNT_PAGE + 2] = "SELECT count(*) FROM jobs WHERE state = ?2",
    [COUNT_PAGE + 3] = "SELECT count(*) FROM jobs WHERE owner = ?1 AND state = ?2",
    [SELECT_PAGE + 0] = "SELECT " COLUMNS " FROM jobs" PAGE_END,
    [SELECT_PAGE + 1] = "SELECT " COLUMNS " FROM jobs WHERE owner = ?1" PAGE_END,
    [SELECT_PAGE + 2] = "SELECT " COLUMNS " FROM jobs WHERE state = ?2" PAGE_END,
    [SELECT_PAGE + 3] = "SELECT " COLUMNS " FROM jobs WHERE owner = ?1 AND state = ?2" PAGE_END,
};

static struct sqlite *own(struct store *store)
{
    return (struct sqlite *)store; /* its first member */
}

static sqlite3_stmt *statement(struct sqlite *db, int index)
{
    return sqlite_statement(db, index, sql_of[index]);
}

/* Why there is no statement: preparing one reads the schema, for which it may have to wait. */
static enum store_result unprepared(const struct sqlite *db, const char *what)
{
    return sqlite_result(db, sqlite3_errcode(db->handle), what);
}

static void copy_name(char out[STORE_NAME_MAX], sqlite3_stmt *row, int column)
{
    const unsigned char *name = sqlite3_column_text(row, column);
    snprintf(out, STORE_NAME_MAX, "%s", name ? (const char *)name : "");
}

static void read_row(sqlite3_stmt *row, struct job *out)
{
    const char *state = (const char *)sqlite3_column_text(row, 4);
    int known = state ? store_state_of(state) : -1;
    out->id = sqlite3_column_int64(row, 0);
    copy_name(out->owner, row, 1);
    copy_name(out->kind, row, 2);
    out->work_us = sqlite3_column_int64(row, 3);
    out->state = known < 0 ? JOB_FAILED : (enum job_state)known;
    out->created_ms = sqlite3_column_int64(row, 5);
    out->finished_ms = sqlite3_column_int64(row, 6);
}

static bool sqlite_unfinished(struct store *store, void (*each)(void *arg, const struct job *job),
                              void *arg)
{
    struct sqlite *db = own(store);
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db->handle,
                                  "SELECT " COLUMNS " FROM jobs"
                                  " WHERE state IN ('queued', 'running') ORDER BY id",
                                  -1, &query, NULL);
    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(query)) == SQLITE_ROW) {
            struct job job;
            read_row(query, &job);
            each(arg, &job);
        }
    }
    bool good = sqlite_result(db, code, "cannot read unfinished jobs") == STORE_OK;
    sqlite3_finalize(query);
    return good;
}

static enum store_result sqlite_job(struct store *store, int64_t id, struct job *out)
{
    struct sqlite *db = own(store);
    sqlite3_stmt *query = statement(db, SELECT_JOB);
    if (!query) return unprepared(db, "cannot read a job");
    sqlite3_bind_int64(query, 1, id);
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) read_row(query, out);
    enum store_result result = sqlite_result(db, code, "cannot read a job");
    sqlite3_reset(query); /* ends the read, so that it does not hold up a checkpoint */
    return code == SQLITE_DONE ? STORE_NONE : result;
}

static void bind_filter(sqlite3_stmt *query, const struct page_filter *filter)
{
    if (filter->owner) sqlite3_bind_text(query, 1, filter->owner, -1, SQLITE_STATIC);
    if (filter->state < 0) return;
    sqlite3_bind_text(query, 2, store_state_name((enum job_state)filter->state), -1, SQLITE_STATIC);
}

static enum store_result sqlite_page(struct store *store, const struct page_filter *filter,
                                     struct page *out)
{
    struct sqlite *db = own(store);
    int which = (filter->owner ? 1 : 0) + (filter->state >= 0 ? 2 : 0);
    *out = (struct page){.number = filter->number};
    sqlite3_stmt *query = statement(db, COUNT_PAGE + which);
    if (!query) return unprepared(db, "cannot count jobs");
    bind_filter(query, filter);
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) out->total = sqlite3_column_int64(query, 0);
    enum store_result result = sqlite_result(db, code, "cannot count jobs");
    sqlite3_reset(query);
    if (result != STORE_OK) return result;

    query = statement(db, SELECT_PAGE + which);
    if (!query) return unprepared(db, "cannot list jobs");
    bind_filter(query, filter);
    sqlite3_bind_int(query, 3, STORE_PAGE_ROWS);
    sqlite3_bind_int64(query, 4, (filter->number - 1) * STORE_PAGE_ROWS);
    while ((code = sqlite3_step(query)) == SQLITE_ROW && out->count < STORE_PAGE_ROWS) {
        read_row(query, &out->jobs[out->count++]);
    }
    result = sqlite_result(db, code, "cannot list jobs");
    sqlite3_reset(query);
    return result;
}

static enum store_result sqlite_counts(struct store *store, int64_t counts[JOB_STATES])
{
    struct sqlite *db = own(store);
    memset(counts, 0, JOB_STATES * sizeof *counts);
    sqlite3_stmt *query = statement(db, SELECT_COUNTS);
    if (!query) return unprepared(db, "cannot count jobs by state");
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(query, 0);
        int state = name ? store_state_of(name) : -1;
        if (state >= 0) counts[state] = sqlite3_column_int64(query, 1);
    }
    enum store_result result = sqlite_result(db, code, "cannot count jobs by state");
    sqlite3_reset(query);
    return result;
}

/* Runs a write to its end. The reset is what reports a commit that failed. */
static enum store_result finish_write(struct sqlite *db, sqlite3_stmt *write, const char *what)
{
    int code = sqlite3_step(write);
    enum store_result result = sqlite_result(db, code, what);
    sqlite3_reset(write);
    sqlite3_clear_bindings(write);
    return result;
}

static enum store_result sqlite_insert(struct store *store, struct job *job)
{
    struct sqlite *db = own(store);
    sqlite3_stmt *write = statement(db, INSERT_JOB);
    if (!write) return unprepared(db, "cannot add a job");
    job->created_ms = clock_wall_ms();
    sqlite3_bind_text(write, 1, job->owner, -1, SQLITE_STATIC);
    sqlite3_bind_text(write, 2, job->kind, -1, SQLITE_STATIC);
    sqlite3_bind_int64(write, 3, job->work_us);
    sqlite3_bind_int64(write, 4, job->created_ms);
    enum store_result result = finish_write(db, write, "cannot add a job");
    if (result == STORE_OK) job->id = sqlite3_last_insert_rowid(db->handle);
    return result;
}

static enum store_result sqlite_mark(struct store *store, int64_t id, enum job_state state,
                                     int64_t at_ms)
{
    struct sqlite *db = own(store);
    sqlite3_stmt *write = statement(db, MARK_JOB);
    if (!write) return unprepared(db, "cannot mark a job");
    bool ended = state == JOB_DONE || state == JOB_FAILED;
    sqlite3_bind_int64(write, 1, id);
    sqlite3_bind_text(write, 2, store_state_name(state), -1, SQLITE_STATIC);
    sqlite3_bind_int64(write, 3, ended ? at_ms : 0);
    return finish_write(db, write, "cannot mark a job");
}

/* Mapped pages and a larger cache are hints: failing costs speed only. Each commit of another
 * connection empties the cache of this one; mapped pages need no read() to come back. */
static void sqlite_keep(struct store *store)
{
    if (!sqlite_run(own(store), "PRAGMA mmap_size=268435456; PRAGMA cache_size=-8192")) return;
}

static void sqlite_end(struct store *store)
{
    sqlite_close(own(store));
}

static void sqlite_deadline(struct store *store)
{
    sqlite_watch_clock(own(store));
}

static bool sqlite_ready(struct store *store, const struct settings *settings)
{
    return sqlite_prepare(own(store), settings);
}

/* WAL, synchronous=NORMAL, and checkpoints are checkpoint.c's. */
static bool sqlite_writer(struct store *store)
{
    return sqlite_run(own(store), "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                                  " PRAGMA wal_autocheckpoint=0");
}

static bool sqlite_begin(struct store *store)
{
    return sqlite_run(own(store), "BEGIN IMMEDIATE");
}

static bool sqlite_commit(struct store *store)
{
    return sqlite_run(own(store), "COMMIT");
}

static void sqlite_rollback(struct store *store)
{
    sqlite3 *handle = own(store)->handle;
    if (!sqlite3_get_autocommit(handle)) sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
}

static enum store_result sqlite_lock_row(struct store *store)
{
    (void)store;
    return STORE_OK;
}

const struct store_calls store_sqlite = {
    .close = sqlite_end,
    .keep = sqlite_keep,
    .set_deadline = sqlite_deadline,
    .prepare = sqlite_ready,
    .prepare_writer = sqlite_writer,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .lock_row = sqlite_lock_row,
    .unfinished = sqlite_unfinished,
    .job = sqlite_job,
    .page = sqlite_page,
    .counts = sqlite_counts,
    .insert = sqlite_insert,
    .mark = sqlite_mark,
};
