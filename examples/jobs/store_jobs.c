/* store_jobs.c - reading and writing jobs. */
#include "store.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

enum store_statement {
    SELECT_JOB,
    SELECT_COUNTS,
    INSERT_JOB,
    MARK_JOB,
    COUNT_PAGE,                   /* four: by the columns that the filter names */
    SELECT_PAGE = COUNT_PAGE + 4, /* four more */
    STATEMENT_COUNT = SELECT_PAGE + 4
};
static_assert((int)STATEMENT_COUNT <= DB_STATEMENTS, "a connection has room for every statement");

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

static const char *const state_names[JOB_STATES] = {"queued", "running", "done", "failed"};

const char *store_state_name(enum job_state state)
{
    return state_names[state];
}

int store_state_of(const char *name)
{
    for (int i = 0; i < JOB_STATES; i++) {
        if (strcmp(name, state_names[i]) == 0) return i;
    }
    return -1;
}

static sqlite3_stmt *statement(struct db *db, int index)
{
    return db_statement(db, index, sql_of[index]);
}

/* Why there is no statement: preparing one reads the schema, for which it may have to wait. */
static enum store_result unprepared(const struct db *db, const char *what)
{
    return db_result(db, sqlite3_errcode(db->handle), what);
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

bool store_unfinished(struct db *db, void (*each)(void *arg, const struct job *job), void *arg)
{
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
    bool good = db_result(db, code, "cannot read unfinished jobs") == STORE_OK;
    sqlite3_finalize(query);
    return good;
}

enum store_result store_job(struct db *db, int64_t id, struct job *out)
{
    sqlite3_stmt *query = statement(db, SELECT_JOB);
    if (!query) return unprepared(db, "cannot read a job");
    sqlite3_bind_int64(query, 1, id);
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) read_row(query, out);
    enum store_result result = db_result(db, code, "cannot read a job");
    sqlite3_reset(query); /* ends the read, so that it does not hold up a checkpoint */
    return code == SQLITE_DONE ? STORE_NONE : result;
}

static void bind_filter(sqlite3_stmt *query, const struct page_filter *filter)
{
    if (filter->owner) sqlite3_bind_text(query, 1, filter->owner, -1, SQLITE_STATIC);
    if (filter->state < 0) return;
    sqlite3_bind_text(query, 2, state_names[filter->state], -1, SQLITE_STATIC);
}

enum store_result store_page(struct db *db, const struct page_filter *filter, struct page *out)
{
    int which = (filter->owner ? 1 : 0) + (filter->state >= 0 ? 2 : 0);
    *out = (struct page){.number = filter->number};
    sqlite3_stmt *query = statement(db, COUNT_PAGE + which);
    if (!query) return unprepared(db, "cannot count jobs");
    bind_filter(query, filter);
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) out->total = sqlite3_column_int64(query, 0);
    enum store_result result = db_result(db, code, "cannot count jobs");
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
    result = db_result(db, code, "cannot list jobs");
    sqlite3_reset(query);
    return result;
}

enum store_result store_counts(struct db *db, int64_t counts[JOB_STATES])
{
    memset(counts, 0, JOB_STATES * sizeof *counts);
    sqlite3_stmt *query = statement(db, SELECT_COUNTS);
    if (!query) return unprepared(db, "cannot count jobs by state");
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(query, 0);
        int state = name ? store_state_of(name) : -1;
        if (state >= 0) counts[state] = sqlite3_column_int64(query, 1);
    }
    enum store_result result = db_result(db, code, "cannot count jobs by state");
    sqlite3_reset(query);
    return result;
}

/* Runs a write to its end. The reset is what reports a commit that failed. */
static enum store_result finish_write(struct db *db, sqlite3_stmt *write, const char *what)
{
    int code = sqlite3_step(write);
    enum store_result result = db_result(db, code, what);
    sqlite3_reset(write);
    sqlite3_clear_bindings(write);
    return result;
}

enum store_result store_insert(struct db *db, struct job *job)
{
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

enum store_result store_mark(struct db *db, int64_t id, enum job_state state, int64_t at_ms)
{
    sqlite3_stmt *write = statement(db, MARK_JOB);
    if (!write) return unprepared(db, "cannot mark a job");
    bool ended = state == JOB_DONE || state == JOB_FAILED;
    sqlite3_bind_int64(write, 1, id);
    sqlite3_bind_text(write, 2, state_names[state], -1, SQLITE_STATIC);
    sqlite3_bind_int64(write, 3, ended ? at_ms : 0);
    return finish_write(db, write, "cannot mark a job");
}
