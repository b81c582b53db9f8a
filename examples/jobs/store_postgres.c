/* store_postgres.c - jobs in PostgreSQL. */
#include "postgres.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
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
static_assert((int)STATEMENT_COUNT <= POSTGRES_STATEMENTS, "room for every statement");
static_assert(STORE_PAGE_ROWS == 20, "the SQL below says so");

#define COLUMNS "id, owner, kind, work_us, state, created_ms, finished_ms"
#define PAGE_END(number) " ORDER BY id DESC LIMIT 20 OFFSET " number

/* What a filter names comes first, then the offset. */
static const char *const sql_of[STATEMENT_COUNT] = {
    [SELECT_JOB] = "SELECT " COLUMNS " FROM jobs WHERE id = $1",
    [SELECT_COUNTS] = "SELECT state, count(*) FROM jobs GROUP BY state",
    [INSERT_JOB] = "INSERT INTO jobs(owner, kind, work_us, state, created_ms)"
                   " VALUES ($1, $2, $3, 'queued', $4) RETURNING id",
    [MARK_JOB] = "UPDATE jobs SET state = $2, finished_ms = $3 WHERE id = $1",
    [COUNT_PAGE + 0] = "SELECT count(*) FROM jobs",
    [COUNT_PAGE + 1] = "SELECT count(*) FROM jobs WHERE owner = $1",
    [COUNT_PAGE + 2] = "SELECT count(*) FROM jobs WHERE state = $1",
    [COUNT_PAGE + 3] = "SELECT count(*) FROM jobs WHERE owner = $1 AND state = $2",
    [SELECT_PAGE + 0] = "SELECT " COLUMNS " FROM jobs" PAGE_END("$1"),
    [SELECT_PAGE + 1] = "SELECT " COLUMNS " FROM jobs WHERE owner = $1" PAGE_END("$2"),
    [SELECT_PAGE + 2] = "SELECT " COLUMNS " FROM jobs WHERE state = $1" PAGE_END("$2"),
    [SELECT_PAGE + 3] =
        "SELECT " COLUMNS " FROM jobs WHERE owner = $1 AND state = $2" PAGE_END("$3"),
};

struct number {
    char text[24];
};

static const char *number_text(struct number *out, int64_t value)
{
    *out = (struct number){{0}};
    snprintf(out->text, sizeof out->text, "%lld", (long long)value);
    return out->text;
}

static struct postgres *own(struct store *store)
{
    return (struct postgres *)store; /* its first member */
}

static PGresult *ask(struct store *store, int index, int count, const char *const *values)
{
    struct postgres_statement statement = {index, sql_of[index], count, values};
    return postgres_ask(own(store), &statement);
}

static int64_t integer_at(const PGresult *answer, int row, int column)
{
    return strtoll(PQgetvalue(answer, row, column), NULL, 10);
}

static void copy_name(char out[STORE_NAME_MAX], const PGresult *answer, int row, int column)
{
    snprintf(out, STORE_NAME_MAX, "%s", PQgetvalue(answer, row, column));
}

static void read_row(const PGresult *answer, int row, struct job *out)
{
    int known = store_state_of(PQgetvalue(answer, row, 4));
    out->id = integer_at(answer, row, 0);
    copy_name(out->owner, answer, row, 1);
    copy_name(out->kind, answer, row, 2);
    out->work_us = integer_at(answer, row, 3);
    out->state = known < 0 ? JOB_FAILED : (enum job_state)known;
    out->created_ms = integer_at(answer, row, 5);
    out->finished_ms = integer_at(answer, row, 6);
}

static bool read_unfinished(struct store *store, void (*each)(void *arg, const struct job *job),
                            void *arg)
{
    struct postgres_statement statement = {
        .index = POSTGRES_ONCE,
        .sql = "SELECT " COLUMNS " FROM jobs WHERE state IN ('queued', 'running') ORDER BY id",
    };
    PGresult *answer = postgres_ask(own(store), &statement);
    bool good = postgres_result(own(store), answer, "cannot read unfinished jobs") == STORE_OK;
    for (int row = 0; good && row < PQntuples(answer); row++) {
        struct job job;
        read_row(answer, row, &job);
        each(arg, &job);
    }
    PQclear(answer);
    return good;
}

static enum store_result read_job(struct store *store, int64_t id, struct job *out)
{
    struct number number;
    const char *values[] = {number_text(&number, id)};
    PGresult *answer = ask(store, SELECT_JOB, 1, values);
    enum store_result result = postgres_result(own(store), answer, "cannot read a job");
    if (result == STORE_OK && PQntuples(answer) == 0) result = STORE_NONE;
    if (result == STORE_OK) read_row(answer, 0, out);
    PQclear(answer);
    return result;
}

static enum store_result read_page(struct store *store, const struct page_filter *filter,
                                   struct page *out)
{
    int which = (filter->owner ? 1 : 0) + (filter->state >= 0 ? 2 : 0);
    struct number offset;
    const char *values[3];
    int count = 0;
    *out = (struct page){.number = filter->number};
    if (filter->owner) values[count++] = filter->owner;
    if (filter->state >= 0) values[count++] = store_state_name((enum job_state)filter->state);

    PGresult *answer = ask(store, COUNT_PAGE + which, count, values);
    enum store_result result = postgres_result(own(store), answer, "cannot count jobs");
    if (result == STORE_OK) out->total = integer_at(answer, 0, 0);
    PQclear(answer);
    if (result != STORE_OK) return result;

    values[count++] = number_text(&offset, (filter->number - 1) * STORE_PAGE_ROWS);
    answer = ask(store, SELECT_PAGE + which, count, values);
    result = postgres_result(own(store), answer, "cannot list jobs");
    int rows = result == STORE_OK ? PQntuples(answer) : 0;
    for (; out->count < (uint32_t)rows && out->count < STORE_PAGE_ROWS; out->count++) {
        read_row(answer, (int)out->count, &out->jobs[out->count]);
    }
    PQclear(answer);
    return result;
}

static enum store_result read_counts(struct store *store, int64_t counts[JOB_STATES])
{
    memset(counts, 0, JOB_STATES * sizeof *counts);
    PGresult *answer = ask(store, SELECT_COUNTS, 0, NULL);
    enum store_result result = postgres_result(own(store), answer, "cannot count jobs by state");
    for (int row = 0; result == STORE_OK && row < PQntuples(answer); row++) {
        int state = store_state_of(PQgetvalue(answer, row, 0));
        if (state >= 0) counts[state] = integer_at(answer, row, 1);
    }
    PQclear(answer);
    return result;
}

static enum store_result insert(struct store *store, struct job *job)
{
    struct number work;
    struct number created;
    job->created_ms = clock_wall_ms();
    const char *values[] = {job->owner, job->kind, number_text(&work, job->work_us),
                            number_text(&created, job->created_ms)};
    PGresult *answer = ask(store, INSERT_JOB, 4, values);
    enum store_result result = postgres_result(own(store), answer, "cannot add a job");
    if (result == STORE_OK) job->id = integer_at(answer, 0, 0);
    PQclear(answer);
    return result;
}

static enum store_result mark(struct store *store, int64_t id, enum job_state state, int64_t at_ms)
{
    struct number number;
    struct number finished;
    bool ended = state == JOB_DONE || state == JOB_FAILED;
    const char *values[] = {number_text(&number, id), store_state_name(state),
                            number_text(&finished, ended ? at_ms : 0)};
    PGresult *answer = ask(store, MARK_JOB, 3, values);
    enum store_result result = postgres_result(own(store), answer, "cannot mark a job");
    PQclear(answer);
    return result;
}

static void end(struct store *store)
{
    postgres_close(own(store));
}

static void keep(struct store *store)
{
    own(store)->kept = true;
}

/* The deadline is looked at while an answer is waited for. */
static void set_deadline(struct store *store)
{
    (void)store;
}

static bool prepare(struct store *store, const struct settings *settings)
{
    return postgres_prepare(own(store), settings);
}

static bool prepare_writer(struct store *store)
{
    own(store)->kept = true;
    return true;
}

/* The lock is one that all writers share. It is asked for here so that a transaction which waits
 * for somebody's exclusive lock waits with nothing in hand yet. */
static bool begin(struct store *store)
{
    if (!postgres_run(own(store), "BEGIN")) return false;
    if (postgres_run(own(store), "LOCK TABLE jobs IN ROW EXCLUSIVE MODE")) return true;
    store->calls->rollback(store);
    return false;
}

/* PostgreSQL answers COMMIT with ROLLBACK where a statement before it has failed. */
static bool commit(struct store *store)
{
    struct postgres_statement statement = {.index = POSTGRES_ONCE, .sql = "COMMIT"};
    PGresult *answer = postgres_ask(own(store), &statement);
    bool good = postgres_result(own(store), answer, "cannot commit") == STORE_OK
                && strcmp(PQcmdStatus(answer), "COMMIT") == 0;
    PQclear(answer);
    return good;
}

/* A connection that is gone has nothing to roll back. The deadline no longer counts. */
static void rollback(struct store *store)
{
    struct postgres *db = own(store);
    uint64_t deadline_ns = store->deadline_ns;
    store->deadline_ns = 0;
    if (PQtransactionStatus(db->handle) > PQTRANS_IDLE && !postgres_run(db, "ROLLBACK")) {
        PQreset(db->handle);
        memset(db->prepared, 0, sizeof db->prepared);
    }
    store->deadline_ns = deadline_ns;
}

static enum store_result lock_row(struct store *store)
{
    struct postgres_statement statement = {
        .index = POSTGRES_ONCE,
        .sql = "UPDATE jobs_counter SET accepted = accepted + 1 WHERE id = 1",
    };
    PGresult *answer = postgres_ask(own(store), &statement);
    enum store_result result = postgres_result(own(store), answer, "cannot lock the counter");
    PQclear(answer);
    return result;
}

const struct store_calls store_postgres = {
    .close = end,
    .keep = keep,
    .set_deadline = set_deadline,
    .prepare = prepare,
    .prepare_writer = prepare_writer,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .lock_row = lock_row,
    .unfinished = read_unfinished,
    .job = read_job,
    .page = read_page,
    .counts = read_counts,
    .insert = insert,
    .mark = mark,
};
