#include "committer.h"

#include <stdio.h>

#include "clock.h"
#include "metrics.h"
#include "thread.h"

#define GATHER_NS (2 * NS_PER_MS)        /* how long the first write waits for company */
#define RETRY_AFTER_NS (100 * NS_PER_MS) /* after a commit that failed: a full disk, say */

/* Takes up to BATCH writes off the line; called with the lock held. */
static struct write *take_batch(struct committer *committer)
{
    struct write *batch = committer->first;
    struct write **end = &committer->first;
    uint32_t taken = 0;
    for (; *end && taken < committer->settings->batch; taken++) end = &(*end)->next;
    committer->first = *end;
    *end = NULL;
    if (!committer->first) committer->last = &committer->first;
    committer->waiting -= taken;
    return batch;
}

static bool is_late(const struct write *write, uint64_t now_ns)
{
    return write->job && write->deadline_ns != 0 && now_ns >= write->deadline_ns;
}

static enum store_result run_write(struct store *store, struct write *write, uint64_t now_ns)
{
    if (!write->job) return store_mark(store, write->id, write->state, write->at_ms);
    if (is_late(write, now_ns)) return STORE_LATE;
    return store_insert(store, write->job);
}

/* Drops the new jobs in line whose deadline has passed, so that a lock which somebody else holds
 * does not keep their clients waiting. The thread of the committer calls it while it waits. */
static void drop_late(void *arg)
{
    struct committer *committer = arg;
    uint64_t now_ns = clock_now_ns();
    struct write *late = NULL;
    pthread_mutex_lock(&committer->lock);
    for (struct write **at = &committer->first; *at;) {
        struct write *write = *at;
        if (!is_late(write, now_ns)) {
            at = &write->next;
            continue;
        }
        *at = write->next;
        if (!*at) committer->last = at;
        committer->waiting--;
        write->next = late;
        late = write;
    }
    pthread_mutex_unlock(&committer->lock);
    while (late) {
        struct write *next = late->next;
        late->done(late, STORE_LATE);
        late = next;
    }
}

/* All of the batch but what is late goes in, or none of it. The transaction is open. */
static bool commit(struct store *store, struct write *batch, uint64_t now_ns)
{
    int64_t written = 0;
    for (struct write *write = batch; write; write = write->next) {
        enum store_result result = run_write(store, write, now_ns);
        if (result == STORE_FAIL) goto out;
        if (result == STORE_OK) written++;
    }
    if (!store_commit(store)) goto out;
    if (written == 0) return true;
    metrics_add(METRIC_COMMITS, 1);
    metrics_add(METRIC_COMMIT_WRITES, written);
    return true;
out:
    store_rollback(store);
    return false;
}

static void put_back(struct committer *committer, struct write *first, struct write **end,
                     uint32_t count)
{
    pthread_mutex_lock(&committer->lock);
    *end = committer->first;
    if (!committer->first) committer->last = end;
    committer->first = first;
    committer->waiting += count;
    pthread_mutex_unlock(&committer->lock);
}

/* New jobs were not accepted and their clients are told so. Marks are of accepted jobs: they are
 * tried again, in their order, and at the end of the process left to the next start. */
static void fail_batch(struct committer *committer, struct write *batch, bool stopping)
{
    struct write *marks = NULL;
    struct write **end = &marks;
    uint32_t count = 0;
    while (batch) {
        struct write *next = batch->next;
        if (batch->job || stopping) {
            batch->done(batch, STORE_FAIL);
        } else {
            *end = batch;
            end = &batch->next;
            count++;
        }
        batch = next;
    }
    *end = NULL;
    if (count > 0) put_back(committer, marks, end, count);
    if (!stopping) clock_sleep_until(clock_now_ns() + RETRY_AFTER_NS);
}

static void finish_batch(struct write *batch, uint64_t began_ns)
{
    while (batch) {
        struct write *next = batch->next;
        batch->done(batch, is_late(batch, began_ns) ? STORE_LATE : STORE_OK);
        batch = next;
    }
}

static void *serve(void *arg)
{
    struct committer *committer = arg;
    pthread_mutex_lock(&committer->lock);
    for (;;) {
        while (!committer->first && !committer->stopped) {
            pthread_cond_wait(&committer->filled, &committer->lock);
        }
        if (!committer->first) break;
        uint64_t until_ns = clock_now_ns() + GATHER_NS;
        while (committer->waiting < committer->settings->batch && !committer->stopped) {
            if (!thread_cond_wait_until(&committer->filled, &committer->lock, until_ns)) break;
        }
        pthread_mutex_unlock(&committer->lock);
        /* The batch is taken with the lock of the database in hand: until then all can expire. */
        bool begun = store_begin(committer->store);
        pthread_mutex_lock(&committer->lock);
        struct write *batch = take_batch(committer);
        bool stopping = committer->stopped;
        pthread_mutex_unlock(&committer->lock);
        uint64_t began_ns = clock_now_ns();
        if (begun && commit(committer->store, batch, began_ns)) finish_batch(batch, began_ns);
        else fail_batch(committer, batch, stopping);
        pthread_mutex_lock(&committer->lock);
    }
    pthread_mutex_unlock(&committer->lock);
    return NULL;
}

bool committer_start(struct committer *committer, const struct settings *settings)
{
    *committer = (struct committer){.settings = settings};
    committer->last = &committer->first;
    pthread_mutex_init(&committer->lock, NULL);
    thread_cond_init(&committer->filled);
    committer->store = store_open(settings, NULL, 0);
    if (!committer->store || !store_prepare_writer(committer->store)) return false;
    committer->store->while_waiting = drop_late;
    committer->store->while_waiting_arg = committer;
    committer->started =
        thread_start(&committer->thread, "jobs-commit", THREAD_STACK_DB, serve, committer);
    return committer->started;
}

void committer_submit(struct committer *committer, struct write *write)
{
    write->next = NULL;
    pthread_mutex_lock(&committer->lock);
    bool stopped = committer->stopped;
    if (!stopped) {
        *committer->last = write;
        committer->last = &write->next;
        committer->waiting++;
        /* The thread is woken by the first write and by a full batch, not by each in between. */
        if (committer->waiting == 1 || committer->waiting == committer->settings->batch) {
            pthread_cond_signal(&committer->filled);
        }
    }
    pthread_mutex_unlock(&committer->lock);
    if (stopped) write->done(write, STORE_FAIL);
}

void committer_stop(struct committer *committer)
{
    if (committer->started) {
        pthread_mutex_lock(&committer->lock);
        committer->stopped = true;
        pthread_cond_signal(&committer->filled);
        pthread_mutex_unlock(&committer->lock);
        pthread_join(committer->thread, NULL);
        committer->started = false;
    }
    store_close(committer->store);
    committer->store = NULL;
}
