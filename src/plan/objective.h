/* objective.h - one sentence that must hold, as data.
 *
 * Why: the plan's `objectives:` and `abort_when:`, the flags `--p95 100ms` and a replay with other
 * limits all read the same grammar:
 *   [warn:] METRIC [of REQUEST|SCENARIO|SERVICE|each] [in STAGE] OP VALUE [for DURATION]
 *   [warn:] recovery after STAGE OP VALUE
 * METRIC may be a series of plan/series.def by its name, with a quoted label or without.
 * Source: docs/plan.md, "Objectives".  Thread: any.  Memory: the arena given to the parser. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "plan/series.h"
#include "plan/span.h"

enum objective_unit {
    UNIT_TIME,  /* ns */
    UNIT_SHARE, /* 0 to 1 */
    UNIT_RATE,  /* per second; of a throughput `of offered` a share */
    UNIT_COUNT,
    UNIT_BYTES,
    UNIT_BYTES_RATE, /* bytes per second */
    UNIT_NUMBER      /* of whatever a series counts: cores, threads that wait, somebody's own */
};

/* Each metric: its name in a sentence, what it is counted in, is it good when small? */
#define METRICS(X)                                                                                 \
    X(METRIC_AVG, "avg", UNIT_TIME, true)                                                          \
    X(METRIC_QUANTILE, "p", UNIT_TIME, true) /* and a number: p95, p99.9 */                        \
    X(METRIC_MAX, "max", UNIT_TIME, true)                                                          \
    X(METRIC_ERRORS, "errors", UNIT_SHARE, true)                                                   \
    X(METRIC_AVAILABILITY, "availability", UNIT_SHARE, false)                                      \
    X(METRIC_AVAILABILITY_BY_TIME, "availability by time", UNIT_SHARE, false)                      \
    X(METRIC_THROUGHPUT, "throughput", UNIT_RATE, false)                                           \
    X(METRIC_USERS, "users", UNIT_COUNT, false)                                                    \
    X(METRIC_IN_FLIGHT, "in_flight", UNIT_COUNT, false)                                            \
    X(METRIC_MEMORY, "memory", UNIT_BYTES, true)                                                   \
    X(METRIC_CPU, "cpu", UNIT_SHARE, true)                                                         \
    X(METRIC_LEAK, "leak", UNIT_BYTES_RATE, true)                                                  \
    X(METRIC_RECOVERY, "recovery after", UNIT_TIME, true) /* and a stage */                        \
    X(METRIC_SERIES, "", UNIT_NUMBER, true)               /* by the series' own name, in its unit */

#define METRICS_ENUM(metric, name, unit, limit) metric,
enum metric { METRICS(METRICS_ENUM) };
#undef METRICS_ENUM

enum objective_op { OP_LT, OP_LE, OP_GT, OP_GE };

enum scope_kind {
    SCOPE_ALL,      /* all requests of the stage, pooled */
    SCOPE_REQUEST,  /* one request name */
    SCOPE_SCENARIO, /* iterations of one scenario */
    SCOPE_EACH,     /* every request name by itself */
    SCOPE_SERVICE   /* what is seen of a service; of the host it is SCOPE_ALL */
};

struct objective {
    struct span at;
    struct bytes text; /* as written, without `warn:` */
    bool warn;         /* reported, never fails */
    bool implicit;     /* `errors <= 50%`, added when none was given */
    enum metric metric;
    uint32_t per_million; /* METRIC_QUANTILE: p99.9 is 999000 */
    enum scope_kind scope;
    uint32_t scope_index;         /* into names, scenarios or services */
    struct bytes series, label;   /* METRIC_SERIES; an empty label: all of them together */
    enum series_unit series_unit; /* METRIC_SERIES */
    uint32_t after_stage;         /* METRIC_RECOVERY: the last of those that it names */
    bool has_in;
    uint32_t stage_first, stage_count; /* with has_in: `in climb` is all its rungs */
    enum objective_op op;
    double value;    /* ns for times, share for %, per second, bytes, else a number */
    bool of_offered; /* throughput: value is a share of the offered rate */
    uint64_t for_ns; /* abort_when: the condition must have held so long */
};

/* The names a sentence may use. Spans and views are borrowed. */
struct objective_names {
    const struct bytes *requests;
    const struct bytes *scenarios;
    const struct bytes *services;
    const struct bytes *stage_names;  /* by stage */
    const struct bytes *stage_groups; /* by stage */
    uint32_t request_count, scenario_count, service_count, stage_count;
    uint32_t requests_wrong, stages_wrong; /* of these, the last: known by name, but unusable */
    bool stages_lost, requests_lost; /* of a wrong plan: there are more, and they are not known */
};

struct diags;

/* Reads one sentence; `at` is where its text starts (line 0 for a flag). `abort` asks for the
 * `for DURATION` end. On false the reasons are in `diags`. */
bool objective_parse(struct objective *out, struct arena *arena, struct bytes text, struct span at,
                     bool abort, const struct objective_names *names, struct diags *diags);

/* What is judged beside sentences that do not look at failures: limits of time alone would let a
 * target pass that fails at once. */
#define OBJECTIVE_IMPLICIT "errors <= 50%"
/* Whether any of the sentences that can fail a run looks at failures. */
bool objective_says_failures(const struct objective *items, uint32_t count);

/* "p95", "p99.9", "errors", ... into `out`; for tables and progress lines. */
struct text;
void objective_metric_name(struct text *out, const struct objective *o);
const char *objective_op_text(enum objective_op op);
/* What its metric is counted in. */
enum objective_unit objective_unit(const struct objective *o);
/* Is it about what is seen of a service or host, rather than about replies? Such a one is never a
 * capacity. */
bool objective_is_observed(const struct objective *o);
/* Its metric is somebody's own number, under this and a name. */
#define OBJECTIVE_OWN "metrics."
/* May its sentence say `<` as well as `>`? */
bool objective_is_either(const struct objective *o);
/* Is it judged once for the run, rather than in each stage? */
bool objective_is_once(const struct objective *o);
/* Is its metric good when small? Then a share is that of the bad, else of the good. */
bool objective_small_is_good(const struct objective *o);
/* Is it an amount that one stage has to reach, rather than a limit that every stage must keep? */
bool objective_is_capacity(const struct objective *o);
