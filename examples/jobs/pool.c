#include "pool.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "metrics.h"
#include "thread.h"

#define REAP_EVERY_NS (10 * NS_PER_MS)

/* Waits for the first task in line and takes it; NULL: stopped. Called with the lock held. */
static struct task *take_first(struct pool *pool)
{
    while (!pool->stopped) {
        struct task *task = pool->first;
        if (task) {
            pool->first = task->next;
            if (!pool->first) pool->last = &pool->first;
            metrics_add(METRIC_POOL_WAITING, -1);
            return task;
        }
        pthread_cond_wait(&pool->filled, &pool->lock);
    }
    return NULL;
}

static bool is_late(const struct task *task, uint64_t now_ns)
{
    return task->deadline_ns != 0 && now_ns >= task->deadline_ns;
}

struct store *pool_store(struct lease *lease)
{
    const struct pool *pool = lease->pool;
    if (!lease->store) {
        lease->store = store_open(pool->settings, &pool->stopped, lease->deadline_ns);
        if (lease->store && pool->settings->reuse) store_keep(lease->store);
    }
    if (lease->store) store_set_deadline(lease->store, lease->deadline_ns);
    return lease->store;
}

static void give_back(struct lease *lease)
{
    store_close(lease->store);
    lease->store = NULL;
    remote_close(&lease->remote);
}

static void run_task(struct pool *pool, struct task *task, struct lease *lease)
{
    if (is_late(task, clock_now_ns())) {
        task->drop(task, DROP_LATE);
        return;
    }
    metrics_add(METRIC_POOL_BUSY, 1);
    lease->deadline_ns = task->deadline_ns;
    task->run(task, lease);
    if (!pool->settings->reuse) give_back(lease);
    metrics_add(METRIC_POOL_BUSY, -1);
}

static void *serve(void *arg)
{
    struct pool *pool = arg;
    struct text scratch = {0};
    struct lease lease = {.pool = pool, .scratch = pool->settings->reuse ? &scratch : NULL};
    remote_init(&lease.remote, pool->settings);
    /* What is kept is opened before the first request has to wait for it. */
    if (pool->settings->reuse && !pool_store(&lease)) {
        warnx("a thread of the pool starts without its connection");
    }
    pthread_mutex_lock(&pool->lock);
    for (struct task *task; (task = take_first(pool)) != NULL;) {
        pthread_mutex_unlock(&pool->lock);
        run_task(pool, task, &lease);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    text_free(&scratch);
    give_back(&lease);
    return NULL;
}

/* Takes all late tasks out of the line. Deadlines grow along it, except for tasks without one,
 * so the search ends at the first that has time left. Called with the lock held. */
static struct task *take_late(struct pool *pool, uint64_t now_ns)
{
    struct task *late = NULL;
    struct task **at = &pool->first;
    while (*at && ((*at)->deadline_ns == 0 || is_late(*at, now_ns))) {
        struct task *task = *at;
        if (task->deadline_ns == 0) {
            at = &task->next;
            continue;
        }
        *at = task->next;
        if (!*at) pool->last = at;
        metrics_add(METRIC_POOL_WAITING, -1);
        task->next = late;
        late = task;
    }
    return late;
}

static void drop_all(struct task *task, enum drop_reason reason)
{
    while (task) {
        struct task *next = task->next;
        task->drop(task, reason);
        task = next;
    }
}

static void *reap(void *arg)
{
    struct pool *pool = arg;
    while (!atomic_load(&pool->stopped)) {
        uint64_t now_ns = clock_now_ns();
        pthread_mutex_lock(&pool->lock);
        struct task *late = take_late(pool, now_ns);
        pthread_mutex_unlock(&pool->lock);
        drop_all(late, DROP_LATE);
        clock_sleep_until(now_ns + REAP_EVERY_NS);
    }
    return NULL;
}

bool pool_start(struct pool *pool, const struct settings *settings)
{
    *pool = (struct pool){.settings = settings};
    pool->last = &pool->first;
    pthread_mutex_init(&pool->lock, NULL);
    thread_cond_init(&pool->filled);
    pool->threads = calloc(settings->db_pool, sizeof *pool->threads);
    if (!pool->threads) return false;
    for (uint32_t i = 0; i < settings->db_pool; i++, pool->thread_count++) {
        if (!thread_start(&pool->threads[i], "jobs-db", THREAD_STACK_DB, serve, pool)) return false;
    }
    if (settings->timeout_ns == 0) return true;
    pool->reaping = thread_start(&pool->reaper, "jobs-deadline", THREAD_STACK_SMALL, reap, pool);
    return pool->reaping;
}

void pool_submit(struct pool *pool, struct task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&pool->lock);
    bool stopped = pool->stopped;
    if (!stopped) {
        *pool->last = task;
        pool->last = &task->next;
        metrics_add(METRIC_POOL_WAITING, 1);
        pthread_cond_signal(&pool->filled);
    }
    pthread_mutex_unlock(&pool->lock);
    if (stopped) task->drop(task, DROP_STOPPING);
}

void pool_stop(struct pool *pool)
{
    if (!pool->threads) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stopped, true);
    struct task *left = pool->first;
    pool->first = NULL;
    pool->last = &pool->first;
    pthread_cond_broadcast(&pool->filled);
    pthread_mutex_unlock(&pool->lock);
    drop_all(left, DROP_STOPPING);
    for (uint32_t i = 0; i < pool->thread_count; i++) pthread_join(pool->threads[i], NULL);
    if (pool->reaping) pthread_join(pool->reaper, NULL);
    free(pool->threads);
    pool->threads = NULL;
}
