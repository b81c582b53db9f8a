/* run.h - what is known of a run before its first tick and after its last.
 *
 * Why: a replay reads the header, the ticks and the end, and nothing else; so live and replayed
 * runs give judge and sinks the same three things.
 * Source: docs/architecture.md, "The tick".
 * Thread: read-only once on the bus.  Memory: owned by the source of the run. */
#pragma once

#include "base/bytes.h"
#include "plan/plan.h"
#include "tick/calibration.h"
#include "tick/window.h"

#define RUN_ID_LEN 8
/* Ten years: no time of a run lies later. */
#define RUN_LENGTH_MAX_NS (UINT64_C(3653) * 86400 * 1000000000)

struct run_header {
    char id[RUN_ID_LEN + 1];
    uint64_t wall_start_ns; /* CLOCK_REALTIME at run time 0 */
    uint64_t tick_ns;       /* 1 s, or longer by the plan's length */
    /* Of a replay, only the tables that judge and sinks read are filled: name, path, source,
     * targets' text, stages, names, scenarios' names, weights and steps' request names, objectives,
     * abort_when, numbers.
     */
    const struct plan *plan;
    struct bytes command;           /* how it was started, masked */
    struct bytes version;           /* of prony */
    struct bytes host, kernel, cpu; /* name, release, model */
    uint32_t cores;                 /* that prony may use */
    uint64_t memory_bytes;
    uint32_t threads;      /* workers */
    uint64_t budget_bytes; /* memory planned for the generator */
    uint64_t
        response_limit_ns; /* tightest latency limit, 0 without one; slots count `over` by it */
    /* Runs of one plan, one behind the other: the id of the first, which of them this one is (from
     * 1) and how many were asked for; 0: it stands alone. */
    char series[RUN_ID_LEN + 1];
    uint32_t series_index, series_count;
    uint64_t watch_ns; /* of a watch: the window that objectives are judged over; 0: a run */
    struct calibration calibration;  /* of this host, where it was asked for */
    bool other_objectives;           /* a replay asked about others than the run's own */
    const struct run_window *window; /* and about so much of the run; NULL: all of it */
};

/* What there is too much of for the judge's tables, as a key of the header: static; NULL: nothing.
 */
const char *run_too_large(const struct plan *plan);
/* Stages of the plan, then the drain. */
uint32_t run_stage_count(const struct run_header *header);
struct bytes run_stage_name(const struct run_header *header, uint32_t stage);
/* By the plan; where a window is asked about, what lies in it. */
bool run_stage_judged(const struct run_header *header, uint32_t stage);
/* Is it asked about at all? */
bool run_has_tick(const struct run_header *header, const struct tick *tick);

enum run_ended {
    RUN_COMPLETE,
    RUN_ABORTED,     /* abort_when, or a safety limit */
    RUN_INTERRUPTED, /* a signal */
    RUN_PREFLIGHT,   /* nothing could be judged: target unreachable, service not ready */
    RUN_REFUSED      /* likewise: this host has too little of what the run needs, or forbids it */
};

struct run_end {
    enum run_ended ended;
    int signal;     /* RUN_INTERRUPTED: 1, 2 or 15 */
    uint64_t at_ns; /* run time */
    uint64_t generator_cpu_ns;
    uint64_t max_rss_bytes;
    char reason[240]; /* one sentence, may be empty; of a key: RUN_BY_KEY, and what else there is */
    /* Of a stored run: ticks that its file lacks though later ones or the end are there; at least
     * so many, and the run time of the first. 0: none. */
    uint32_t missing_ticks;
    uint64_t missing_from_ns;
};

/* "complete", ...: static. What was refused is "preflight" too, by another exit. */
const char *run_ended_name(enum run_ended ended);
/* A stored run that somebody else still writes: what there is was cut off by no signal. */
bool run_going_on(const struct run_end *end);
const char *run_end_name(const struct run_end *end); /* the same names, or "running" */
#define RUN_BY_KEY "stopped by q"
/* It was no signal from outside that stopped it, but the key `q` of the live view. */
bool run_stopped_by_key(const struct run_end *end);
/* Nothing could be judged. */
bool run_ended_early(enum run_ended ended);
