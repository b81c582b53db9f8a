/* run_file.h - the run file as a database: schema, opening, small values.
 *
 * Why SQLite: one file that survives a kill, that others may read while it is written, and that
 * anyone can look into with a tool they have. Every statement of the room goes through here or
 * through writer.c and replay.c.
 * Source: docs/run-file.md.
 * Thread: a handle belongs to one thread at a time.  Memory: SQLite's own heap. */
#pragma once

#include <sqlite3.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

#define RUN_FILE_NAME "run.prony"
#define RUN_FILE_APPLICATION_ID 0x70726e79 /* "prny" */
#define RUN_FILE_VERSION 9                 /* see docs/run-file.md for those before it */
#define RUN_FILE_TICKS_MAX 3600            /* aimed at, for runs over two hours */
#define RUN_FILE_PATH_MAX 4096

/* Where a run file stands in its life (key `state`). */
#define RUN_FILE_RUNNING "running" /* or killed */
#define RUN_FILE_ENDING "ending"   /* followers keep off: it is being turned into one plain file */
#define RUN_FILE_ENDED "ended"

/* How long a tick lasts in a run of this planned length: 1 s up to two hours, then whole seconds.
 */
uint64_t run_file_tick_ns(uint64_t planned_ns);

struct run_file {
    sqlite3 *db;
    uint32_t version;             /* of the format of what was opened */
    char copy[RUN_FILE_PATH_MAX]; /* private copy, removed by run_file_close(); empty: none */
};

/* Creates `path`, which must not exist, with its schema, ready for writing. */
MUST_USE bool run_file_create(struct run_file *out, const char *path, struct err *err);
/* Opens for reading. What a killed run left beside the file is folded in where that is allowed,
 * else a private copy is read. `*live` says whether another process still writes it. */
MUST_USE bool run_file_open(struct run_file *out, const char *path, bool *live, struct err *err);
void run_file_close(struct run_file *f);

/* Runs statements that give no rows; an SQLite code. */
int run_file_exec(struct run_file *f, const char *sql);
/* What the last failed call said, as a sentence with the path's cause: "disk full". */
const char *run_file_said(int code);
/* The file at `path` could not be read, with that and what helps in `err`; false. */
bool run_file_unreadable(const char *path, int code, struct err *err);
/* A number of four bytes of an SQLite file's head. */
uint32_t run_file_number(const unsigned char at[4]);
/* Puts it into table `header`; false: not written. */
bool run_file_put_value(struct run_file *f, const char *key, struct bytes value);
