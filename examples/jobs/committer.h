/* committer.h - the one thread that writes when BATCH is above 1: group commit.
 *
 * Writes line up; the thread takes what is there, up to BATCH, makes one transaction of it and
 * tells each write when the transaction is committed. A commit then costs each of them a share.
 * With SQLite it has WAL and synchronous=NORMAL: a commit survives the death of the process at any
 * instant (not a power cut), and readers are never in its way.
 * Thread: any submits; `done` is called by the committer's thread. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "settings.h"
#include "store.h"

/* Adds `job` (kept, gets its id) or, where that is NULL, marks the job `id`. */
struct write {
    struct job *job;
    int64_t id;
    enum job_state state;
    int64_t at_ms;
    uint64_t deadline_ns; /* 0 = none; looked at when the write's turn comes */
    /* Called once, after the commit; the write may be freed in it. */
    void (*done)(struct write *write, enum store_result result);
    struct write *next;
};

struct committer {
    const struct settings *settings;
    struct store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct write *first, **last;
    uint32_t waiting;
    bool started, stopped;
};

bool committer_start(struct committer *committer, const struct settings *settings);

/* Puts `write` in line and keeps it; after committer_stop it fails at once. */
void committer_submit(struct committer *committer, struct write *write);

/* Commits what waits and joins the thread. Legal on a committer that never started. */
void committer_stop(struct committer *committer);
