#include "metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"

static const struct {
    const char *name, *kind, *help;
} about[METRIC_COUNT] = {
#define METRIC_ABOUT(name, text, kind, help) {text, kind, help},
    METRIC_LIST(METRIC_ABOUT)
#undef METRIC_ABOUT
};

static const char *const route_names[ROUTE_COUNT] = {
    "POST /jobs",   "GET /jobs/ID", "GET /jobs", "GET /stats",
    "GET /healthz", "GET /metrics", "other",
};

static const unsigned statuses[] = {200, 202, 400, 404, 405, 413, 429, 500, 502, 503, 504};
#define STATUS_COUNT (sizeof statuses / sizeof *statuses)

/* Upper bounds in microseconds; the last bucket has none. */
static const uint64_t bounds_us[] = {1000,   2000,   5000,   10000,   20000,   50000,
                                     100000, 200000, 500000, 1000000, 2000000, 5000000};
#define BUCKET_COUNT (sizeof bounds_us / sizeof *bounds_us + 1)

static _Atomic int64_t numbers[METRIC_COUNT];

static struct {
    _Atomic uint64_t by_status[STATUS_COUNT];
    _Atomic uint64_t buckets[BUCKET_COUNT];
    _Atomic uint64_t sum_ns;
} routes[ROUTE_COUNT];

static void count(_Atomic uint64_t *number, uint64_t more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

static uint64_t look(_Atomic uint64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

void metrics_add(enum metric metric, int64_t more)
{
    atomic_fetch_add_explicit(&numbers[metric], more, memory_order_relaxed);
}

int64_t metrics_get(enum metric metric)
{
    return atomic_load_explicit(&numbers[metric], memory_order_relaxed);
}

void metrics_request(enum route route, unsigned status, uint64_t took_ns)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (statuses[i] == status) count(&routes[route].by_status[i], 1);
    }
    size_t bucket = 0;
    while (bucket < BUCKET_COUNT - 1 && took_ns > bounds_us[bucket] * NS_PER_US) bucket++;
    count(&routes[route].buckets[bucket], 1);
    count(&routes[route].sum_ns, took_ns);
}

static void render_routes(struct text *out)
{
    text_add(out, "# HELP jobs_http_requests_total Requests answered\n"
                  "# TYPE jobs_http_requests_total counter\n");
    for (int route = 0; route < ROUTE_COUNT; route++) {
        for (size_t i = 0; i < STATUS_COUNT; i++) {
            uint64_t seen = look(&routes[route].by_status[i]);
            if (seen == 0) continue;
            text_add_format(out, "jobs_http_requests_total{route=\"%s\",status=\"%u\"} %llu\n",
                            route_names[route], statuses[i], (unsigned long long)seen);
        }
    }
    text_add(out, "# HELP jobs_http_request_seconds Time to answer\n"
                  "# TYPE jobs_http_request_seconds histogram\n");
    for (int route = 0; route < ROUTE_COUNT; route++) {
        uint64_t seen = 0;
        for (size_t i = 0; i < BUCKET_COUNT; i++) {
            char bound[24] = "+Inf";
            if (i < BUCKET_COUNT - 1) {
                snprintf(bound, sizeof bound, "%g", (double)bounds_us[i] / 1e6);
            }
            seen += look(&routes[route].buckets[i]);
            text_add_format(out, "jobs_http_request_seconds_bucket{route=\"%s\",le=\"%s\"} %llu\n",
                            route_names[route], bound, (unsigned long long)seen);
        }
        text_add_format(out, "jobs_http_request_seconds_sum{route=\"%s\"} %.6f\n",
                        route_names[route], (double)look(&routes[route].sum_ns) / 1e9);
        text_add_format(out, "jobs_http_request_seconds_count{route=\"%s\"} %llu\n",
                        route_names[route], (unsigned long long)seen);
    }
}

/* The second number of the kernel's line; 0 if it cannot be read. */
static long resident_pages(void)
{
    char line[128] = "";
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm) return 0;
    char *at = fgets(line, sizeof line, statm);
    fclose(statm);
    if (!at) return 0;
    strtol(line, &at, 10);
    return strtol(at, NULL, 10);
}

/* The two figures of the process that every Prometheus client library gives. */
static void render_process(struct text *out)
{
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    text_add_format(out,
                    "# HELP process_cpu_seconds_total CPU time, user and system\n"
                    "# TYPE process_cpu_seconds_total counter\n"
                    "process_cpu_seconds_total %.3f\n",
                    (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    text_add_format(out,
                    "# HELP process_resident_memory_bytes Memory in use\n"
                    "# TYPE process_resident_memory_bytes gauge\n"
                    "process_resident_memory_bytes %ld\n",
                    resident_pages() * sysconf(_SC_PAGESIZE));
}

void metrics_render(struct text *out)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        text_add_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", about[i].name, about[i].help,
                        about[i].name, about[i].kind, about[i].name,
                        (long long)metrics_get((enum metric)i));
    }
    render_routes(out);
    render_process(out);
}
