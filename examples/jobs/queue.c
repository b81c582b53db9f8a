#include "queue.h"

#include <stdlib.h>

#include "metrics.h"
#include "thread.h"

void queue_init(struct queue *queue, size_t limit)
{
    *queue = (struct queue){.limit = limit};
    pthread_mutex_init(&queue->lock, NULL);
    thread_cond_init(&queue->filled);
}

void queue_fini(struct queue *queue)
{
    free(queue->ring);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

bool queue_reserve(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool room = queue->limit == 0 || queue->count + queue->reserved < queue->limit;
    if (room) queue->reserved++;
    pthread_mutex_unlock(&queue->lock);
    return room;
}

void queue_unreserve(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->reserved--;
    pthread_mutex_unlock(&queue->lock);
}

/* Makes room for one more; called with the lock held. */
static bool make_room(struct queue *queue)
{
    if (queue->count < queue->cap) return true;
    size_t cap = queue->cap ? queue->cap * 2 : 1024;
    struct queue_item *ring = malloc(cap * sizeof *ring);
    if (!ring) return false;
    for (size_t i = 0; i < queue->count; i++) {
        ring[i] = queue->ring[(queue->head + i) & (queue->cap - 1)];
    }
    free(queue->ring);
    queue->ring = ring;
    queue->head = 0;
    queue->cap = cap;
    return true;
}

bool queue_push(struct queue *queue, struct queue_item item)
{
    pthread_mutex_lock(&queue->lock);
    queue->reserved--;
    bool kept = make_room(queue);
    if (kept) {
        queue->ring[(queue->head + queue->count) & (queue->cap - 1)] = item;
        queue->count++;
        metrics_add(METRIC_QUEUE_LENGTH, 1);
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return kept;
}

bool queue_restore(struct queue *queue, struct queue_item item)
{
    pthread_mutex_lock(&queue->lock);
    queue->reserved++;
    pthread_mutex_unlock(&queue->lock);
    return queue_push(queue, item);
}

bool queue_pop(struct queue *queue, struct queue_item *out)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->stopped) pthread_cond_wait(&queue->filled, &queue->lock);
    bool got = !queue->stopped;
    if (got) {
        *out = queue->ring[queue->head];
        queue->head = (queue->head + 1) & (queue->cap - 1);
        queue->count--;
        metrics_add(METRIC_QUEUE_LENGTH, -1);
    }
    pthread_mutex_unlock(&queue->lock);
    return got;
}

size_t queue_length(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t length = queue->count + queue->reserved;
    pthread_mutex_unlock(&queue->lock);
    return length;
}

void queue_stop(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}
