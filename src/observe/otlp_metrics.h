/* otlp_metrics.h - points of metrics as they come, made into samples.
 *
 * Why: counts come as sums since the service began or since the point before, every few seconds or
 * once a minute; what is wanted is a rate, a mean, a percentile, over just the time that it is of.
 * Histograms of the requests that a service answered go into the book of these instead, where
 * points come often enough for that.
 * Source: OpenTelemetry, "Metrics Data Model"; percentiles as observe/prom_dist.h has them.
 * Thread: whoever holds the hub's lock.  Memory: the arena given, fixed: 3 MiB. */
#pragma once

#include "base/arena.h"
#include "observe/served.h"
#include "observe/slip.h"
#include "wire/otlp.h"

#define OTLP_METRICS_MAX 512     /* series of metrics of all services */
#define OTLP_METRICS_BUCKETS 192 /* of a histogram; one with more is left out, and counted */
#define OTLP_METRICS_READY 4096  /* values that no look has taken yet */
#define OTLP_METRICS_OFTEN_NS (8 * NS_PER_S) /* points for the book come at least this often */

struct otlp_metric;
struct otlp_ready;

struct otlp_metrics {
    struct arena *arena;
    struct otlp_metric *all; /* [OTLP_METRICS_MAX] */
    uint32_t *slots;         /* hash: number + 1, 0: free */
    uint32_t count;
    struct otlp_ready *ready; /* [OTLP_METRICS_READY] */
    uint32_t ready_count;
    uint64_t refused, lost; /* series beyond the room there is; values that nobody took */
};

/* False: no memory, which arena_ok() tells. */
bool otlp_metrics_open(struct otlp_metrics *m, struct arena *arena);
/* A point of `service` (kept), its times in run time. `book` may be NULL. True: it went into the
 * book. */
bool otlp_metrics_take(struct otlp_metrics *m, struct bytes service, const struct otlp_point *point,
                       struct served_book *book);
/* Writes down what came since the last call. */
void otlp_metrics_put(struct otlp_metrics *m, struct slip *slip);
