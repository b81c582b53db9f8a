#include "api.h"

#include <err.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "amounts.h"
#include "app.h"
#include "clock.h"
#include "render.h"

#define PAGE_MOST 1000000
#define WORK_MOST_NS (3600 * NS_PER_S)

#define REQUEST_OF(pointer, member)                                                                \
    ((struct request *)(void *)((char *)(pointer)-offsetof(struct request, member)))

/* Each returns true, so that a handler can end with `return answer(...)`. */

static bool answer(struct request *request, unsigned status, struct blob *body)
{
    request->reply = (struct reply){.status = status, .body = body};
    return true;
}

static bool refuse(struct request *request, unsigned status, const char *why)
{
    answer(request, status, render_error(why));
    request->reply.retry = status == 429 || status == 503;
    return true;
}

static bool refuse_late(struct request *request)
{
    metrics_add(METRIC_EXPIRED, 1);
    return refuse(request, 504, "the request's deadline (TIMEOUT) passed");
}

static bool refuse_result(struct request *request, enum store_result result)
{
    if (result == STORE_LATE) return refuse_late(request);
    if (result == STORE_NONE) return refuse(request, 404, "there is no such job");
    if (atomic_load(&request->app->stopping)) {
        return refuse(request, 503, "the service is stopping");
    }
    return refuse(request, 500, "the database failed");
}

/* --- reading: cache, else the pool --- */

static bool is_late(const struct request *request)
{
    return request->task.deadline_ns != 0 && clock_now_ns() >= request->task.deadline_ns;
}

static void fail_downstream(struct request *request)
{
    refuse(request, 502, "the service downstream failed");
    http_resume(request);
}

static void drop_read(struct task *task, enum drop_reason reason)
{
    struct request *request = REQUEST_OF(task, task);
    if (reason == DROP_LATE) refuse_late(request);
    else refuse(request, 503, "the service is stopping");
    http_resume(request);
}

/* Answers what was read. */
static void finish_read(struct request *request, enum store_result result, struct blob *body)
{
    if (result == STORE_OK) answer(request, 200, body);
    else refuse_result(request, result);
    http_resume(request);
}

static bool is_remote(const struct app *app)
{
    return app->settings.cache == CACHE_REDIS || app->settings.cache == CACHE_MEMCACHED;
}

static void keep(struct request *request, struct lease *lease, struct blob *body)
{
    if (is_remote(request->app)) remote_put(&lease->remote, request->cache_key, body);
    else cache_put(&request->app->cache, request->cache_key, body, clock_now_ns());
}

static void read_store(struct request *request, struct lease *lease)
{
    struct store *store = pool_store(lease);
    struct blob *body = NULL;
    bool may_keep = true;
    enum store_result result = store ? request->read(request, lease, &body, &may_keep) : STORE_FAIL;
    if (result == STORE_OK && body && may_keep) keep(request, lease, body);
    finish_read(request, store || !is_late(request) ? result : STORE_LATE, body);
}

/* On a thread of the pool: a remote cache, else the database. */
static void run_read(struct task *task, struct lease *lease)
{
    struct request *request = REQUEST_OF(task, task);
    struct plant *plant = &request->app->settings.plant;
    struct blob *cached = NULL;
    plant_enter(plant);
    if (is_remote(request->app)) cached = remote_get(&lease->remote, request->cache_key);
    if (cached) finish_read(request, STORE_OK, cached);
    else if (!plant_visit(plant)) fail_downstream(request);
    else read_store(request, lease);
    plant_leave(plant);
}

static bool start_read(struct request *request, request_read *read)
{
    struct app *app = request->app;
    char *key = request->cache_key;
    uint64_t now_ns = clock_now_ns();
    uint64_t storms = plant_storms(&app->settings.plant, now_ns);
    size_t len = strlen(key);
    if (storms > 0) {
        snprintf(key + len, sizeof request->cache_key - len, " %llu", (unsigned long long)storms);
    }
    struct blob *cached = cache_get(&app->cache, key, now_ns);
    if (cached) return answer(request, 200, cached);
    request->read = read;
    request->task.run = run_read;
    request->task.drop = drop_read;
    http_suspend(request);
    pool_submit(&app->pool, &request->task);
    return false;
}

static enum store_result read_one(struct request *request, struct lease *lease, struct blob **body,
                                  bool *may_keep)
{
    struct job job;
    enum store_result result = store_job(lease->store, request->id, &job);
    if (result != STORE_OK) return result;
    *may_keep = job.state == JOB_DONE || job.state == JOB_FAILED;
    *body = render_job(&job, lease->scratch);
    return result;
}

static bool start_job(struct request *request)
{
    uint64_t id;
    if (!amounts_whole(request->path + strlen("/jobs/"), INT64_MAX, &id)) {
        return refuse(request, 404, "there is no such job");
    }
    request->id = (int64_t)id;
    snprintf(request->cache_key, sizeof request->cache_key, "job %lld", (long long)id);
    return start_read(request, read_one);
}

static enum store_result read_list(struct request *request, struct lease *lease, struct blob **body,
                                   bool *may_keep)
{
    struct page page;
    enum store_result result = store_page(lease->store, &request->filter, &page);
    *may_keep = true;
    if (result == STORE_OK) *body = render_page(&page, lease->scratch);
    return result;
}

/* Not every database takes text that is none. */
static bool is_utf8(const char *text)
{
    json_t *string = json_string(text); /* NULL where it is not valid */
    json_decref(string);
    return string != NULL;
}

static bool start_list(struct request *request)
{
    const char *state = http_argument(request, "state");
    const char *number = http_argument(request, "page");
    struct page_filter *filter = &request->filter;
    *filter = (struct page_filter){.state = -1, .number = 1};
    filter->owner = http_argument(request, "owner");
    if (filter->owner && strlen(filter->owner) >= STORE_NAME_MAX) {
        return refuse(request, 400, "owner: at most 64 bytes");
    }
    if (filter->owner && !is_utf8(filter->owner)) {
        return refuse(request, 400, "owner: must be UTF-8");
    }
    if (state) {
        filter->state = store_state_of(state);
        if (filter->state < 0) {
            return refuse(request, 400, "state: must be queued, running, done or failed");
        }
    }
    if (number) {
        uint64_t value;
        if (!amounts_whole(number, PAGE_MOST, &value) || value == 0) {
            return refuse(request, 400, "page: must be a whole number from 1 to 1000000");
        }
        filter->number = (int64_t)value;
    }
    snprintf(request->cache_key, sizeof request->cache_key, "list %lld %d %s%s",
             (long long)filter->number, filter->state, filter->owner ? "=" : "",
             filter->owner ? filter->owner : "");
    return start_read(request, read_list);
}

static enum store_result read_stats(struct request *request, struct lease *lease,
                                    struct blob **body, bool *may_keep)
{
    struct app *app = request->app;
    struct stats stats = {
        .queue_length = queue_length(&app->queue),
        .queue_limit = app->settings.queue,
        .workers = app->settings.workers,
        .workers_busy = metrics_get(METRIC_WORKERS_BUSY),
    };
    enum store_result result = store_counts(lease->store, stats.jobs);
    *may_keep = true;
    if (result == STORE_OK) *body = render_stats(&stats, lease->scratch);
    return result;
}

static bool start_stats(struct request *request)
{
    snprintf(request->cache_key, sizeof request->cache_key, "stats");
    return start_read(request, read_stats);
}

/* --- writing: a place in the queue, the database, then 202 --- */

/* The job is accepted, or its place in the queue is given back. */
static void finish_create(struct request *request, enum store_result result)
{
    struct app *app = request->app;
    if (result != STORE_OK) {
        queue_unreserve(&app->queue);
        refuse_result(request, result);
    } else {
        struct queue_item item = {.id = request->job.id, .work_us = request->job.work_us};
        if (!queue_push(&app->queue, item)) {
            warnx("no memory: job %lld waits for the next start", (long long)item.id);
        }
        metrics_add(METRIC_ACCEPTED, 1);
        answer(request, 202, render_accepted(&request->job));
    }
    http_resume(request);
}

/* PLANT=rowlock: a transaction that keeps what all others want while it is busy elsewhere. */
static enum store_result insert_holding(struct store *store, struct request *request)
{
    if (!store_begin(store)) return store_is_late(store) ? STORE_LATE : STORE_FAIL;
    enum store_result result = store_lock_row(store);
    if (result == STORE_OK) result = store_insert(store, &request->job);
    if (result == STORE_OK) plant_hold(&request->app->settings.plant);
    if (result == STORE_OK && store_commit(store)) return STORE_OK;
    store_rollback(store);
    return result == STORE_OK ? STORE_FAIL : result;
}

static enum store_result insert(struct request *request, struct lease *lease)
{
    struct store *store = pool_store(lease);
    if (!store) return is_late(request) ? STORE_LATE : STORE_FAIL;
    bool holding = request->app->settings.plant.rowlock_ns > 0;
    return holding ? insert_holding(store, request) : store_insert(store, &request->job);
}

static void run_create(struct task *task, struct lease *lease)
{
    struct request *request = REQUEST_OF(task, task);
    struct plant *plant = &request->app->settings.plant;
    plant_enter(plant);
    if (plant_visit(plant)) {
        finish_create(request, insert(request, lease));
    } else {
        queue_unreserve(&request->app->queue);
        fail_downstream(request);
    }
    plant_leave(plant);
}

static void drop_create(struct task *task, enum drop_reason reason)
{
    struct request *request = REQUEST_OF(task, task);
    queue_unreserve(&request->app->queue);
    drop_read(&request->task, reason);
}

static void committed_create(struct write *write, enum store_result result)
{
    finish_create(REQUEST_OF(write, write), result);
}

/* A string of 1 to 64 bytes into `out`. */
static bool read_name(json_t *value, char out[STORE_NAME_MAX])
{
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len == 0 || len >= STORE_NAME_MAX) return false;
    memcpy(out, json_string_value(value), len + 1);
    return true;
}

/* Reads {kind, work, owner?}; returns what is wrong with it, NULL if nothing. */
static const char *read_job(json_t *body, struct job *out)
{
    if (!json_is_object(body)) return "the body must be a JSON object";
    if (!read_name(json_object_get(body, "kind"), out->kind)) {
        return "kind: must be a string of 1 to 64 bytes";
    }
    const char *work = json_string_value(json_object_get(body, "work"));
    uint64_t work_ns;
    if (!work || !amounts_duration(work, &work_ns) || work_ns > WORK_MOST_NS) {
        return "work: must be a duration up to 1h, such as \"20ms\"";
    }
    out->work_us = (int64_t)(work_ns / NS_PER_US);
    json_t *owner = json_object_get(body, "owner");
    if (!owner) memcpy(out->owner, "anonymous", sizeof "anonymous");
    else if (!read_name(owner, out->owner)) return "owner: must be a string of 1 to 64 bytes";
    return NULL;
}

static bool start_create(struct request *request)
{
    struct app *app = request->app;
    if (request->body_too_big) return refuse(request, 413, "the body is over 16 KiB");
    json_t *body = request->body ? json_loadb(request->body, request->body_len, 0, NULL) : NULL;
    const char *wrong = read_job(body, &request->job);
    json_decref(body);
    if (wrong) return refuse(request, 400, wrong);
    if (!queue_reserve(&app->queue)) {
        char why[120];
        snprintf(why, sizeof why, "the queue is full: %u jobs wait for a worker (QUEUE=%u)",
                 app->settings.queue, app->settings.queue);
        metrics_add(METRIC_REFUSED_QUEUE, 1);
        return refuse(request, 503, why);
    }
    http_suspend(request);
    if (app->settings.batch > 1) {
        request->write.job = &request->job;
        request->write.deadline_ns = request->task.deadline_ns;
        request->write.done = committed_create;
        committer_submit(&app->committer, &request->write);
    } else {
        request->task.run = run_create;
        request->task.drop = drop_create;
        pool_submit(&app->pool, &request->task);
    }
    return false;
}

/* --- everything else --- */

static bool start_health(struct request *request)
{
    bool ready = atomic_load(&request->app->ready) && !atomic_load(&request->app->stopping);
    if (!ready) return refuse(request, 503, "the service is starting or stopping");
    return answer(request, 200, blob_copy("{\"status\":\"ok\"}", strlen("{\"status\":\"ok\"}")));
}

static bool start_metrics(struct request *request)
{
    struct text text = {0};
    metrics_render(&text);
    answer(request, 200, text.failed ? NULL : blob_copy(text.bytes, text.len));
    request->reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    text_free(&text);
    return true;
}

static bool is_path(const struct request *request, const char *path)
{
    return strcmp(request->path, path) == 0;
}

/* Sets the route. Returns the methods that the path allows; NULL: there is no such path. */
static const char *find_route(struct request *request)
{
    bool get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (is_path(request, "/jobs")) {
        if (strcmp(request->method, "POST") == 0) request->route = ROUTE_CREATE;
        else if (get) request->route = ROUTE_LIST;
        return "GET, HEAD, POST";
    }
    enum route route = ROUTE_OTHER;
    if (strncmp(request->path, "/jobs/", strlen("/jobs/")) == 0) route = ROUTE_JOB;
    else if (is_path(request, "/stats")) route = ROUTE_STATS;
    else if (is_path(request, "/healthz")) route = ROUTE_HEALTH;
    else if (is_path(request, "/metrics")) route = ROUTE_METRICS;
    if (route == ROUTE_OTHER) return NULL;
    if (get) request->route = route;
    return "GET, HEAD";
}

/* Turns away what the limits, the state of the service or a planted fault don't let in.
 * True: the request is answered. */
static bool turn_away(struct request *request)
{
    struct app *app = request->app;
    struct plant *plant = &app->settings.plant;
    if (atomic_load(&app->stopping)) return refuse(request, 503, "the service is stopping");
    if (!atomic_load(&app->ready)) return refuse(request, 503, "the service is starting");
    if (plant_draw(plant, plant->errors_per_million)) {
        return refuse(request, 500, "a planted error (PLANT)");
    }
    if (!throttle_take(&app->throttle, request->began_ns)) {
        metrics_add(METRIC_REFUSED_RATE, 1);
        return refuse(request, 429, "too many requests (RATE)");
    }
    uint32_t limit = app->settings.limit;
    if (limit > 0 && metrics_get(METRIC_HTTP_IN_FLIGHT) > limit) {
        metrics_add(METRIC_REFUSED_LIMIT, 1);
        return refuse(request, 503, "too many requests at once (LIMIT)");
    }
    return false;
}

bool api_handle(struct request *request)
{
    const char *allow = find_route(request);
    if (!allow) return refuse(request, 404, "there is no such path");
    if (request->route == ROUTE_OTHER) {
        refuse(request, 405, "the path does not allow this method");
        request->reply.allow = allow;
        return true;
    }
    if (request->route == ROUTE_HEALTH) return start_health(request);
    if (request->route == ROUTE_METRICS) return start_metrics(request);
    if (turn_away(request)) return true;
    plant_handle(&request->app->settings.plant);
    uint64_t timeout_ns = request->app->settings.timeout_ns;
    request->task.deadline_ns = timeout_ns ? request->began_ns + timeout_ns : 0;
    if (request->route == ROUTE_CREATE) return start_create(request);
    if (request->route == ROUTE_JOB) return start_job(request);
    if (request->route == ROUTE_LIST) return start_list(request);
    return start_stats(request);
}
