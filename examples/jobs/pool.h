/* pool.h - the threads that may be in the database at once (DB_POOL).
 *
 * A task waits in line, first in first out, until a thread lends it a connection: the thread's own
 * with REUSE=1, else one that is opened when the task asks for it and closed after it. A task whose
 * deadline passes while it waits is dropped by a thread of its own, so a busy database cannot delay
 * that. Thread: any. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "remote.h"
#include "settings.h"
#include "store.h"
#include "text.h"

/* What a thread of the pool lends to a task while it runs. */
struct lease {
    const struct pool *pool;
    uint64_t deadline_ns; /* of the task */
    struct store *store;  /* NULL until it is asked for */
    struct remote remote; /* the link to the cache, where that is a remote one */
    struct text *scratch; /* a buffer that stays; NULL without REUSE */
};

/* The connection to the database; NULL: it could not be opened. */
struct store *pool_store(struct lease *lease);

enum drop_reason { DROP_LATE, DROP_STOPPING };

/* Exactly one of `run` and `drop` is called, once; the task may be freed in it. */
struct task {
    void (*run)(struct task *task, struct lease *lease);
    void (*drop)(struct task *task, enum drop_reason reason);
    uint64_t deadline_ns; /* 0 = none */
    struct task *next;
};

struct pool {
    const struct settings *settings;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct task *first, **last;
    pthread_t *threads;
    uint32_t thread_count;
    pthread_t reaper;
    bool reaping;
    atomic_bool stopped;
};

bool pool_start(struct pool *pool, const struct settings *settings);

/* Puts `task` in line and keeps it; after pool_stop it is dropped at once. */
void pool_submit(struct pool *pool, struct task *task);

/* Drops what waits, finishes what runs, joins the threads. Legal on a pool that never started. */
void pool_stop(struct pool *pool);
