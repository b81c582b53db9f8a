/* queue.h - jobs that are accepted and wait for a worker, first in first out.
 *
 * A place is reserved before a job is written to the database and filled once it is committed,
 * so a bounded queue never has to turn away a job that was already accepted.
 * Thread: any. Memory: a ring that doubles when the queue is unbounded. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_item {
    int64_t id;
    int64_t work_us;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct queue_item *ring;
    size_t head, count, cap; /* cap is 0 or a power of two */
    size_t reserved;         /* places promised to jobs that are being written */
    size_t limit;            /* of count + reserved; 0 = none */
    bool stopped;
};

void queue_init(struct queue *queue, size_t limit);
void queue_fini(struct queue *queue);

/* False: the queue is full. */
bool queue_reserve(struct queue *queue);
void queue_unreserve(struct queue *queue);

/* Fills a reserved place. False: no memory; the place is given up and the job waits in the
 * database for the next start. */
bool queue_push(struct queue *queue, struct queue_item item);

/* Adds a job that was accepted by an earlier process, whatever the limit. False: no memory. */
bool queue_restore(struct queue *queue, struct queue_item item);

/* The oldest job; waits for one. False: the queue was stopped. */
bool queue_pop(struct queue *queue, struct queue_item *out);

/* Jobs waiting now, those that are being written included. */
size_t queue_length(struct queue *queue);

/* Lets all waiting workers go; what is in the queue stays in the database only. */
void queue_stop(struct queue *queue);
