#include "workers.h"

#include <err.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "metrics.h"
#include "thread.h"

#define LOOKS_NS (50 * NS_PER_MS) /* whether they are stopped */
#define RETRY_AFTER_NS (100 * NS_PER_MS)

/* A mark that goes through the pool while its worker waits. */
struct mark {
    struct task task;
    int64_t id;
    enum job_state state;
    enum store_result result;
    sem_t done;
};

static void run_mark(struct task *task, struct lease *lease)
{
    struct mark *mark = (struct mark *)task;
    struct store *store = pool_store(lease);
    mark->result = store ? store_mark(store, mark->id, mark->state, clock_wall_ms()) : STORE_FAIL;
    sem_post(&mark->done);
}

static void drop_mark(struct task *task, enum drop_reason reason)
{
    struct mark *mark = (struct mark *)task;
    mark->result = reason == DROP_LATE ? STORE_LATE : STORE_FAIL;
    sem_post(&mark->done);
}

static enum store_result mark_by_pool(struct workers *workers, int64_t id, enum job_state state)
{
    struct mark mark = {.task = {.run = run_mark, .drop = drop_mark}, .id = id, .state = state};
    sem_init(&mark.done, 0, 0);
    pool_submit(workers->pool, &mark.task);
    while (sem_wait(&mark.done) != 0) {
    }
    sem_destroy(&mark.done);
    return mark.result;
}

static void free_write(struct write *write, enum store_result result)
{
    if (result != STORE_OK) {
        warnx("job %lld stays unfinished until the next start", (long long)write->id);
    }
    free(write);
}

static bool mark_by_committer(struct workers *workers, int64_t id, enum job_state state)
{
    struct write *write = calloc(1, sizeof *write);
    if (!write) return false;
    *write = (struct write){.id = id, .state = state, .at_ms = clock_wall_ms()};
    write->done = free_write;
    committer_submit(workers->committer, write);
    return true;
}

/* Waits until `until_ns`. False: the workers are stopped. */
static bool wait_until(struct workers *workers, uint64_t until_ns)
{
    pthread_mutex_lock(&workers->lock);
    while (!workers->stopped && thread_cond_wait_until(&workers->stop, &workers->lock, until_ns)) {
    }
    bool going = !workers->stopped;
    pthread_mutex_unlock(&workers->lock);
    return going;
}

static bool is_stopped(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    bool stopped = workers->stopped;
    pthread_mutex_unlock(&workers->lock);
    return stopped;
}

/* What stands for I/O: asleep, as at somebody else's, and not at a condition, as without work.
 * False: the workers are stopped. */
static bool work_until(struct workers *workers, uint64_t until_ns)
{
    for (uint64_t now_ns; (now_ns = clock_now_ns()) < until_ns;) {
        if (is_stopped(workers)) return false;
        uint64_t look_ns = now_ns + LOOKS_NS;
        clock_sleep_until(until_ns < look_ns ? until_ns : look_ns);
    }
    return true;
}

/* Tries until the job is marked. False: the workers are stopped. */
static bool mark_job(struct workers *workers, int64_t id, enum job_state state)
{
    for (;;) {
        bool marked = workers->settings->batch > 1 ? mark_by_committer(workers, id, state)
                                                   : mark_by_pool(workers, id, state) == STORE_OK;
        if (marked) return true;
        if (!wait_until(workers, clock_now_ns() + RETRY_AFTER_NS)) return false;
    }
}

static void carry_out(struct workers *workers, struct queue_item item)
{
    struct plant *plant = &workers->settings->plant;
    if (!mark_job(workers, item.id, JOB_RUNNING)) return;
    if (!work_until(workers, clock_now_ns() + (uint64_t)item.work_us * NS_PER_US)) return;
    bool failed = plant_draw(plant, plant->jobfail_per_million);
    if (!mark_job(workers, item.id, failed ? JOB_FAILED : JOB_DONE)) return;
    metrics_add(failed ? METRIC_FAILED : METRIC_DONE, 1);
}

static void *serve(void *arg)
{
    struct workers *workers = arg;
    struct queue_item item;
    while (queue_pop(workers->queue, &item)) {
        metrics_add(METRIC_WORKERS_BUSY, 1);
        carry_out(workers, item);
        metrics_add(METRIC_WORKERS_BUSY, -1);
    }
    return NULL;
}

bool workers_start(struct workers *workers)
{
    pthread_mutex_init(&workers->lock, NULL);
    thread_cond_init(&workers->stop);
    workers->stopped = false;
    workers->thread_count = 0;
    workers->threads = calloc(workers->settings->workers, sizeof *workers->threads);
    if (!workers->threads) return false;
    for (uint32_t i = 0; i < workers->settings->workers; i++, workers->thread_count++) {
        if (!thread_start(&workers->threads[i], "jobs-worker", THREAD_STACK_SMALL, serve, workers))
            return false;
    }
    return true;
}

void workers_stop(struct workers *workers)
{
    if (!workers->threads) return;
    queue_stop(workers->queue);
    pthread_mutex_lock(&workers->lock);
    workers->stopped = true;
    pthread_cond_broadcast(&workers->stop);
    pthread_mutex_unlock(&workers->lock);
    for (uint32_t i = 0; i < workers->thread_count; i++) pthread_join(workers->threads[i], NULL);
    free(workers->threads);
    workers->threads = NULL;
}
