/* sqlite.h - one connection to the SQLite file and its prepared statements.
 *
 * A statement is prepared when it is first needed and lives as long as its connection. So the
 * same code is naive or thrifty by one choice alone: how long the caller keeps the connection.
 * Thread: one at a time. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "store.h"

#define SQLITE_STATEMENTS 16 /* room for those of store_sqlite.c */

struct sqlite {
    struct store store; /* first: a store of SQLite is this */
    sqlite3 *handle;
    sqlite3_stmt *statements[SQLITE_STATEMENTS];
    uint64_t busy_since_ns; /* start of the present wait for a lock */
};

/* `head` is copied. NULL: the reason is on stderr. */
struct sqlite *sqlite_open(const char *path, const struct store *head);

/* NULL is legal. */
void sqlite_close(struct sqlite *db);

/* Runs SQL without results; the reason of a failure is on stderr. */
bool sqlite_run(struct sqlite *db, const char *sql);

/* The statement `index`, reset, prepared from `sql` at first; NULL: see sqlite3_errcode. */
sqlite3_stmt *sqlite_statement(struct sqlite *db, int index, const char *sql);

/* Has SQLite look at the deadline of the store while it works. */
void sqlite_watch_clock(struct sqlite *db);

/* Turns a code of SQLite into a result, and prints what is not a matter of time. */
enum store_result sqlite_result(const struct sqlite *db, int code, const char *what);

/* store_prepare of SQLite. */
bool sqlite_prepare(struct sqlite *db, const struct settings *settings);
