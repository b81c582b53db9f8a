/* metrics.h - what the service tells about itself at /metrics, in Prometheus text.
 *
 * One table of named numbers, added to from anywhere, and a histogram of times per route.
 * Thread: any. */
#pragma once

#include <stdint.h>

#include "text.h"

/* name in code, name in the text, kind, help */
#define METRIC_LIST(X)                                                                             \
    X(CACHE_HITS, "jobs_cache_hits_total", "counter", "Answers found in the cache")                \
    X(CACHE_MISSES, "jobs_cache_misses_total", "counter", "Answers not found in the cache")        \
    X(CACHE_OPENS, "jobs_cache_opens_total", "counter", "Connections opened to the cache")         \
    X(CACHE_ERRORS, "jobs_cache_errors_total", "counter", "Times the cache failed")                \
    X(POOL_WAITING, "jobs_db_pool_waiting", "gauge", "Requests waiting for the database pool")     \
    X(POOL_BUSY, "jobs_db_pool_busy", "gauge", "Threads of the database pool at work")             \
    X(DB_OPENS, "jobs_db_opens_total", "counter", "Database connections opened")                   \
    X(DB_BUSY, "jobs_db_busy_waits_total", "counter", "Waits for a lock of the database")          \
    X(COMMITS, "jobs_db_commits_total", "counter", "Transactions committed")                       \
    X(COMMIT_WRITES, "jobs_db_commit_writes_total", "counter", "Writes in those transactions")     \
    X(CHECKPOINTS, "jobs_db_checkpoints_total", "counter", "Checkpoints of the write-ahead log")   \
    X(QUEUE_LENGTH, "jobs_queue_length", "gauge", "Jobs waiting for a worker")                     \
    X(WORKERS_BUSY, "jobs_workers_busy", "gauge", "Workers carrying out a job")                    \
    X(ACCEPTED, "jobs_accepted_total", "counter", "Jobs accepted")                                 \
    X(DONE, "jobs_done_total", "counter", "Jobs that ended as done")                               \
    X(FAILED, "jobs_failed_total", "counter", "Jobs that ended as failed")                         \
    X(RESUMED, "jobs_resumed_total", "counter", "Unfinished jobs found at the start")              \
    X(REFUSED_QUEUE, "jobs_refused_queue_total", "counter", "Jobs refused: queue full")            \
    X(REFUSED_LIMIT, "jobs_refused_limit_total", "counter", "Requests refused: LIMIT")             \
    X(REFUSED_RATE, "jobs_refused_rate_total", "counter", "Requests refused: RATE")                \
    X(EXPIRED, "jobs_expired_total", "counter", "Requests past their TIMEOUT")                     \
    X(HTTP_IN_FLIGHT, "jobs_http_in_flight", "gauge", "Requests not yet answered")

enum metric {
#define METRIC_NAME(name, text, kind, help) METRIC_##name,
    METRIC_LIST(METRIC_NAME)
#undef METRIC_NAME
        METRIC_COUNT
};

enum route {
    ROUTE_CREATE,
    ROUTE_JOB,
    ROUTE_LIST,
    ROUTE_STATS,
    ROUTE_HEALTH,
    ROUTE_METRICS,
    ROUTE_OTHER,
    ROUTE_COUNT
};

void metrics_add(enum metric metric, int64_t more);
int64_t metrics_get(enum metric metric);

/* Counts one answered request. */
void metrics_request(enum route route, unsigned status, uint64_t took_ns);

void metrics_render(struct text *out);
