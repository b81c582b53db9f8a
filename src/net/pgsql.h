/* pgsql.h - one connection to a PostgreSQL server, with a time limit on all it does.
 *
 * Why: a database that hangs is what one wants to see, so no call may wait for it: libpq is driven
 * without blocking, up to a deadline, and a connection that missed it is given up. Rows are handed
 * on as they come, so that a giant result takes no memory here.
 * Source: PostgreSQL 15, "libpq: Asynchronous Command Processing".
 * Thread: one at a time.  Memory: libpq's heap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/err.h"

#define PGSQL_ROWS_MAX 20000 /* of an answer; more is a refusal */

struct pgsql {
    void *link; /* libpq's; NULL: closed */
    char
        sqlstate[6]; /* of the last refusal of the server; "" where it was no server that refused */
};

struct pgsql_row {
    const void *result; /* libpq's */
    int index;
};

/* Connects as `prony`, in UTF-8. False: `err` says what the server or libpq said, in one line. */
MUST_USE bool pgsql_open(struct pgsql *out, const char *url, uint64_t within_ns, struct err *err);
void pgsql_close(struct pgsql *p);
/* Asks `sql`; each row of the answer goes to `row` (which may be NULL). False: `err`. Where the
 * server refused it, `sqlstate` says why and the connection goes on; where the time was over or the
 * connection has gone, it is closed. */
MUST_USE bool pgsql_ask(struct pgsql *p, const char *sql, uint64_t within_ns,
                        void (*row)(void *ctx, const struct pgsql_row *row), void *ctx,
                        struct err *err);
/* A value as text; at == NULL: it is null, or there is no such column. Until `row` returns. */
struct bytes pgsql_text(const struct pgsql_row *row, uint32_t column);
/* As a number; NAN where it is none. */
double pgsql_number(const struct pgsql_row *row, uint32_t column);
int64_t pgsql_integer(const struct pgsql_row *row, uint32_t column); /* 0 where it is none */
/* The column of that name; UINT32_MAX: there is none. */
uint32_t pgsql_column(const struct pgsql_row *row, const char *name);
