/* db.h - one connection to the SQLite file and its prepared statements.
 *
 * A statement is prepared when it is first needed and lives as long as its connection. So the
 * same code is naive or thrifty by one choice alone: how long the caller keeps the connection.
 * Thread: one at a time. */
#pragma once

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DB_STATEMENTS 16 /* room for enum store_statement */

enum store_result {
    STORE_OK,
    STORE_NONE, /* no such row */
    STORE_LATE, /* the deadline passed; nothing was changed */
    STORE_FAIL, /* the reason is on stderr; nothing was changed */
};

struct db {
    sqlite3 *handle;
    sqlite3_stmt *statements[DB_STATEMENTS];
    uint64_t deadline_ns;             /* of the work in hand; 0 = none */
    uint64_t busy_since_ns;           /* start of the present wait for a lock */
    void (*while_waiting)(void *arg); /* called between two tries for a lock; NULL: nothing */
    void *while_waiting_arg;
    const atomic_bool *giving_up; /* set at the end of the process: stop waiting for locks */
};

/* False: the reason is on stderr and nothing is left open. `giving_up` may be NULL. */
bool db_open(struct db *db, const char *path, const atomic_bool *giving_up);
void db_close(struct db *db);

/* Sets what a connection that is kept should have: a larger cache and mapped reads. */
void db_tune(struct db *db);

/* Runs SQL without results; the reason of a failure is on stderr. */
bool db_run(struct db *db, const char *sql);

/* The statement `index`, reset, prepared from `sql` at first; NULL: see sqlite3_errcode. */
sqlite3_stmt *db_statement(struct db *db, int index, const char *sql);

/* Work from now on is interrupted past `deadline_ns` (0 = never). */
void db_set_deadline(struct db *db, uint64_t deadline_ns);

/* Turns a code of SQLite into a result, and prints what is not a matter of time. */
enum store_result db_result(const struct db *db, int code, const char *what);
