#include "postgres.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "metrics.h"

#define STEP_MS 20                         /* between two looks at the clock */
#define CONNECT_PATIENCE_NS (5 * NS_PER_S) /* what most drivers wait by default, or more */
#define LAST_PATIENCE_NS NS_PER_S          /* for an answer when the process is ending */

static void say_nothing(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/* libpq's own messages end in a line break and may have several lines: the first says it. */
static void complain(const char *what, const char *message)
{
    warnx("%s: %.*s", what, (int)strcspn(message, "\n"), message);
}

/* A step, or what is left until `until_ns` (0 = no end). */
static int step_ms(uint64_t now_ns, uint64_t until_ns)
{
    if (until_ns == 0 || until_ns >= now_ns + STEP_MS * NS_PER_MS) return STEP_MS;
    return until_ns <= now_ns ? 0 : (int)((until_ns - now_ns) / NS_PER_MS) + 1;
}

/* Waits for the socket until `*until_ns`, which comes nearer when the process is to end; 0 = no
 * end. False: it is over. */
static bool wait_socket(struct postgres *db, short events, uint64_t *until_ns)
{
    struct pollfd socket = {.fd = PQsocket(db->handle), .events = events};
    for (;;) {
        if (poll(&socket, 1, step_ms(clock_now_ns(), *until_ns)) > 0) return true;
        uint64_t now_ns = clock_now_ns();
        if (store_gives_up(&db->store)) {
            uint64_t last_ns = now_ns + LAST_PATIENCE_NS;
            if (*until_ns == 0 || *until_ns > last_ns) *until_ns = last_ns;
        }
        if (*until_ns != 0 && now_ns >= *until_ns) return false;
        if (db->store.while_waiting) db->store.while_waiting(db->store.while_waiting_arg);
    }
}

/* --- connecting --- */

static bool connect_within(struct postgres *db)
{
    uint64_t until_ns = clock_now_ns() + CONNECT_PATIENCE_NS;
    uint64_t deadline_ns = db->store.deadline_ns;
    if (deadline_ns != 0 && deadline_ns < until_ns) until_ns = deadline_ns;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
        if (!wait_socket(db, events, &until_ns)) return false;
        status = PQconnectPoll(db->handle);
    }
    return status == PGRES_POLLING_OK;
}

static bool connect_now(struct postgres *db)
{
    static const char *const names[] = {"dbname", "fallback_application_name", NULL};
    const char *const values[] = {db->url, "jobs", NULL};
    memset(db->prepared, 0, sizeof db->prepared);
    PQfinish(db->handle);
    db->handle = PQconnectStartParams(names, values, 1);
    if (!db->handle) return false;
    PQsetNoticeProcessor(db->handle, say_nothing, NULL);
    if (PQstatus(db->handle) != CONNECTION_BAD && connect_within(db)) {
        metrics_add(METRIC_DB_OPENS, 1);
        return true;
    }
    if (!store_is_late(&db->store) && !store_gives_up(&db->store)) {
        const char *message = PQerrorMessage(db->handle);
        complain("cannot connect to PostgreSQL", *message ? message : "no answer in time");
    }
    return false;
}

struct postgres *postgres_open(const char *url, const struct store *head)
{
    struct postgres *db = calloc(1, sizeof *db);
    if (!db) return NULL;
    db->store = *head;
    db->store.calls = &store_postgres;
    db->url = url;
    if (connect_now(db)) return db;
    postgres_close(db);
    return NULL;
}

void postgres_close(struct postgres *db)
{
    if (!db) return;
    PQfinish(db->handle);
    free(db);
}

/* --- asking --- */

/* Asks the server to stop the statement in hand; its answer, an error, is waited for as any. */
static void cancel(struct postgres *db)
{
    char reason[256];
    db->cancelled = true;
    PGcancel *how = PQgetCancel(db->handle);
    if (!how || !PQcancel(how, reason, sizeof reason)) warnx("cannot cancel a statement");
    PQfreeCancel(how);
}

/* The last answer, or the one that says what went wrong. */
static PGresult *take_answers(struct postgres *db)
{
    PGresult *kept = NULL;
    PGresult *next;
    while ((next = PQgetResult(db->handle)) != NULL) {
        if (kept && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            PQclear(next);
            continue;
        }
        PQclear(kept);
        kept = next;
    }
    return kept;
}

static PGresult *wait_answer(struct postgres *db)
{
    uint64_t until_ns = db->store.deadline_ns;
    db->cancelled = false;
    while (PQisBusy(db->handle)) {
        if (!wait_socket(db, POLLIN, &until_ns)) {
            cancel(db);
            break;
        }
        if (!PQconsumeInput(db->handle)) break;
    }
    return take_answers(db);
}

static void name_of(int index, char out[16])
{
    snprintf(out, 16, "s%d", index);
}

/* False: `*answer` says why, NULL: the connection is gone. */
static bool prepare_once(struct postgres *db, const struct postgres_statement *statement,
                         PGresult **answer)
{
    char name[16];
    if (db->prepared[statement->index]) return true;
    name_of(statement->index, name);
    *answer = NULL;
    if (!PQsendPrepare(db->handle, name, statement->sql, statement->count, NULL)) return false;
    *answer = wait_answer(db);
    if (PQresultStatus(*answer) != PGRES_COMMAND_OK) return false;
    PQclear(*answer);
    *answer = NULL;
    db->prepared[statement->index] = true;
    return true;
}

PGresult *postgres_ask(struct postgres *db, const struct postgres_statement *statement)
{
    PGresult *answer = NULL;
    int sent;
    if (PQstatus(db->handle) == CONNECTION_BAD && !connect_now(db)) return NULL;
    if (db->kept && statement->index != POSTGRES_ONCE) {
        char name[16];
        if (!prepare_once(db, statement, &answer)) return answer;
        name_of(statement->index, name);
        sent = PQsendQueryPrepared(db->handle, name, statement->count, statement->values, NULL,
                                   NULL, 0);
    } else {
        sent = PQsendQueryParams(db->handle, statement->sql, statement->count, NULL,
                                 statement->values, NULL, NULL, 0);
    }
    return sent ? wait_answer(db) : NULL;
}

bool postgres_run(struct postgres *db, const char *sql)
{
    struct postgres_statement statement = {.index = POSTGRES_ONCE, .sql = sql};
    PGresult *answer = postgres_ask(db, &statement);
    enum store_result result = postgres_result(db, answer, sql);
    PQclear(answer);
    return result == STORE_OK;
}

enum store_result postgres_result(const struct postgres *db, const PGresult *answer,
                                  const char *what)
{
    ExecStatusType status = PQresultStatus(answer);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return STORE_OK;
    if (store_is_late(&db->store)) return STORE_LATE;
    if (db->cancelled && store_gives_up(&db->store)) return STORE_FAIL;
    complain(what, answer ? PQresultErrorMessage(answer) : PQerrorMessage(db->handle));
    return STORE_FAIL;
}
