/* checkpoint.h - moves the write-ahead log of SQLite into its file, off every request's path.
 *
 * Once a second, on a connection and a thread of its own: a passive checkpoint, which waits for
 * nobody and stops nobody. Only when the log has grown past a bound is it also restarted, which
 * keeps the writer out for as long as the few frames since then take to copy.
 * Source: sqlite.org/wal.html, "Avoiding Excessively Large WAL Files". */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "sqlite.h"

struct checkpoint {
    struct sqlite *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool started, stopped;
};

bool checkpoint_start(struct checkpoint *checkpoint, const char *db_path);

/* Legal on one that never started. */
void checkpoint_stop(struct checkpoint *checkpoint);
