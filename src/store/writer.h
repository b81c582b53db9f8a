/* writer.h - the statements that fill a run file: ticks with their rows, beginning and end.
 *
 * Why: recorder.c is about a queue and a thread that may have to wait; what is written is a matter
 * of its own. Nothing here begins or ends a transaction.
 * Source: docs/run-file.md, "Tables".
 * Thread: that of the run file's handle.  Memory: SQLite's own heap. */
#pragma once

#include "store/run_file.h"
#include "tick/bus.h"

enum writer_statement {
    WRITER_TICK,
    WRITER_EVENT,
    WRITER_EXEMPLAR,
    WRITER_SERIES,
    WRITER_GET_COMMAND,
    WRITER_TAKE_COMMAND,
    WRITER_STATEMENTS
};

struct writer {
    sqlite3 *db;
    sqlite3_stmt *statements[WRITER_STATEMENTS]; /* those of every second */
};

/* Keeps `file`. An SQLite code, as all of these give; on failure too writer_close() is due. */
int writer_open(struct writer *w, struct run_file *file);
void writer_close(struct writer *w);
/* `json`: the header, by header_json. */
int writer_put_header(struct writer *w, struct bytes json);
/* A tick, its measured part as the blob `packed`, its events and exemplars as rows. */
int writer_put_tick(struct writer *w, const struct tick *tick, struct bytes packed);
int writer_put_end(struct writer *w, const struct run_end *end);
/* The verdict's name and exit code; the result as JSON comes later, by writer_put_result(). */
int writer_put_verdict(struct writer *w, struct bytes verdict, int exit_code);
int writer_put_result(struct writer *w, struct bytes json);
/* The strongest command that others have put into the file since the last call; marked as taken at
 * run time `run_ns`. */
enum command writer_take_commands(struct writer *w, uint64_t run_ns);
