/* plan.h - a checked plan: what to start, what to send, when, and what must hold.
 *
 * Why: everything after the parser works on this plain data and never sees YAML. Every node that a
 * later message may name keeps its span. Indexes stand instead of pointers where a worker needs
 * flat tables.
 * Source: the plan language, version 1 (docs/plan.md).
 * Thread: written once by plan_load(), read-only afterwards, by any thread.
 * Memory: all of it in the arena given to plan_load(). Times ns, rates per second, shares 0..1. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "plan/ask.h"
#include "plan/attach.h"
#include "plan/log_plan.h"
#include "plan/objective.h"
#include "plan/output_kind.h"
#include "plan/plan_step.h"
#include "plan/plan_target.h"
#include "plan/scrape.h"
#include "plan/span.h"
#include "plan/telemetry.h"
#include "plan/watch_plan.h"

#define PLAN_NO_INDEX UINT32_MAX

enum model { MODEL_OPEN, MODEL_CLOSED };
enum arrivals { ARRIVALS_POISSON, ARRIVALS_EVEN, ARRIVALS_EXACT };
enum data_pick { PICK_RANDOM, PICK_SEQUENTIAL, PICK_UNIQUE };

struct stage {
    struct span at;
    struct bytes name;  /* `climb@400/s`, `crowd` */
    struct bytes group; /* as written: `climb`; equal to name where there are no rungs */
    enum model model;
    double rate_from, rate_to;     /* open: arrivals per second, linear between */
    uint32_t users_from, users_to; /* closed: users, linear between */
    uint64_t length_ns; /* closed stage with `requests` and no `for`: the longest it may take */
    uint64_t requests;  /* iterations in all, 0: by time. Open: exactly so many in length_ns */
    uint64_t settle_ns;
    bool judged;
    bool warmup;       /* the plan's warm-up; also not judged */
    bool until_steady; /* it ends when it has come to rest; length_ns: the longest it may take */
    bool by_hand;      /* kept free for somebody at the keys (plan/by_hand.h); behind all others */
    enum arrivals arrivals;
    double *mix;           /* weights by scenario, scenario_count of them, sum 1 */
    struct range_ns think; /* closed: after each iteration, unless the steps say more */
    bool has_think;
    uint64_t pacing_ns; /* closed: an iteration starts at most every so often; 0: none */
};

enum ready_kind { READY_PORT, READY_HTTP, READY_LOG, READY_NONE };

struct service {
    struct span at;
    struct bytes name, *argv; /* argv: each NUL-terminated; argc 0: it is not ours to start */
    uint32_t argc;
    struct bytes *env; /* NAME=value, NUL-terminated */
    uint32_t env_count;
    struct bytes cwd, dir; /* dir: the private folder, empty if $dir is not used */
    bool keep;
    uint16_t port;  /* 0: $NAME.port is not used anywhere */
    bool port_told; /* its own command or environment names it */
    enum ready_kind ready;
    struct bytes ready_method, ready_path, ready_text; /* HTTP request or log text */
    uint64_t ready_within_ns;
    int stop_signal;
    uint64_t stop_within_ns;
    struct ask asks[ASK_KINDS];
    struct attach attach;
    struct log_plan log;
    struct scrape scrape;
    struct bytes otlp; /* its `service.name` in OpenTelemetry; empty: its name here */
};

/* `$name` of `vars:`, with the value of this run. */
struct var {
    struct span at;
    struct bytes name, value;
    bool secret; /* holds something that came from $env */
};

/* A variable of the environment that is set, but to nothing. */
struct empty_env {
    struct span at; /* its first use */
    struct bytes name;
};

struct data_source {
    struct span at;
    struct bytes name;
    struct bytes file; /* as it was opened; empty: rows of the plan itself */
    enum data_pick pick;
    struct bytes *columns;
    struct bytes *cells; /* [row_count][column_count] */
    uint32_t column_count, row_count;
};

struct plan {
    struct bytes name;
    struct bytes path;   /* of the file; empty for a one-liner */
    struct bytes source; /* text as read */
    struct bytes folder; /* of the file */
    struct var *vars;
    struct target *targets;
    struct tls_plan tls;
    struct watch_plan watch;
    struct host_entry *hosts;
    struct bytes *sources; /* own addresses to send from, in turn; none: the system chooses */
    struct service *services;
    struct data_source *data;
    struct scenario *scenarios;
    struct bytes *names;  /* request names: the series, unique over scenarios */
    struct stage *stages; /* warm-up first where there is one; each rung by itself */
    struct objective *objectives;
    struct objective *abort_when;
    struct plan_output *outputs;
    uint32_t target_count, service_count, data_count, scenario_count, name_count, stage_count;
    uint32_t objective_count, abort_count, output_count, var_count, host_count, source_count;
    uint64_t max_in_flight; /* iterations */
    uint32_t connections;   /* 0: as many as needed */
    uint32_t threads;       /* 0: chosen at the start */
    uint64_t seed;
    bool seed_given;
    struct telemetry telemetry;
    struct bytes *secrets; /* values to mask wherever they appear */
    uint32_t secret_count;
    struct bytes *secret_names; /* variables that the first so many came by, `env.TOKEN` */
    uint32_t secret_name_count;
    struct empty_env *empty_envs; /* each name once */
    uint32_t empty_env_count;
};
