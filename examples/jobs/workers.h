/* workers.h - the threads that carry out jobs (WORKERS).
 *
 * A job's work is simulated I/O: its worker waits, without CPU, as one waits for a slow remote
 * service. A worker that is stopped leaves its job unfinished in the database for the next start,
 * so a job is carried out at least once. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "committer.h"
#include "pool.h"
#include "queue.h"
#include "settings.h"

struct workers {
    struct settings *settings; /* for the planted faults, which count their draws */
    struct queue *queue;
    struct pool *pool;           /* BATCH=1: marks jobs through it */
    struct committer *committer; /* else through this */
    pthread_t *threads;
    uint32_t thread_count;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopped;
};

/* The first four fields are set by the caller. */
bool workers_start(struct workers *workers);

/* After pool_stop, so that none waits for it. Legal on workers that never started. */
void workers_stop(struct workers *workers);
