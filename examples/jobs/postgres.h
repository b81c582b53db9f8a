/* postgres.h - one connection to PostgreSQL.
 *
 * A statement is sent and its answer waited for in small steps, so that a deadline or the end of
 * the process can cancel it on the server. A connection that is kept prepares each statement once
 * and is opened anew when the server has closed it.
 * Thread: one at a time. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "store.h"

#define POSTGRES_STATEMENTS 16 /* room for those of store_postgres.c */
#define POSTGRES_ONCE (-1)     /* instead of a statement's number: not worth preparing */

struct postgres {
    struct store store; /* first: a store of PostgreSQL is this */
    const char *url;
    PGconn *handle;
    bool kept;
    bool prepared[POSTGRES_STATEMENTS];
    bool cancelled; /* the statement in hand, by us */
};

/* `head` is copied, `url` kept. NULL: the reason is on stderr. */
struct postgres *postgres_open(const char *url, const struct store *head);

/* NULL is legal. */
void postgres_close(struct postgres *db);

struct postgres_statement {
    int index; /* of what is prepared, or POSTGRES_ONCE */
    const char *sql;
    int count;
    const char *const *values;
};

/* Runs it and waits for the answer, to be freed by PQclear; NULL: it never got one. */
PGresult *postgres_ask(struct postgres *db, const struct postgres_statement *statement);

/* Runs SQL without parameters or rows; the reason of a failure is on stderr. */
bool postgres_run(struct postgres *db, const char *sql);

/* What an answer (NULL too) means; prints what is not a matter of time. */
enum store_result postgres_result(const struct postgres *db, const PGresult *answer,
                                  const char *what);

/* store_prepare of PostgreSQL. */
bool postgres_prepare(struct postgres *db, const struct settings *settings);
