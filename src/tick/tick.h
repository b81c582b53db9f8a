/* tick.h - one second of run time as plain data: cells, facts, events, exemplars.
 *
 * Why: sources, judge and sinks never meet; all they share is this. A tick lasts header.tick_ns and
 * is cut short at each stage edge and at the end of `settle`, so judged time is a whole number of
 * ticks. Closed ticks never change.
 * Source: docs/architecture.md, "The tick".  Thread: built and read on the collecting thread.
 * Memory: borrowed for the duration of the call; a sink that keeps something copies it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "stats/hist.h"
#include "tick/exemplar.h"
#include "tick/sample.h"
#include "tick/stall.h"
#include "tick/strain.h"
#include "tick/tail.h"

#define REST_UNKNOWN UINT64_MAX     /* a run file from before version 7 */
#define SLOT_NS UINT64_C(100000000) /* the 100 ms of intended time that a slot counts */

enum cell_kind {
    CELL_REQUEST,   /* index: request name */
    CELL_ITERATION, /* index: scenario; times are arrival to last reply */
    CELL_STAGE      /* index: 0 */
};

/* CELL_REQUEST and CELL_ITERATION */
enum cell_measure {
    MEASURE_OK,          /* response time of those that ended ok */
    MEASURE_OK_LESS_LAG, /* the same less our lag */
    MEASURE_NOT_OK,      /* answered or refused at once, but not ok */
    MEASURE_TIMEOUT_AGE,
    MEASURE_CUT_AGE,
    MEASURE_SERVICE, /* requests: end - first byte handed to the kernel; ok ones */
    MEASURE_TTFB,    /* requests: first byte of the reply - first byte sent; ok ones */
    MEASURE_COUNT
};

/* CELL_STAGE */
enum stage_measure {
    STAGE_LAG,         /* every request taken up */
    STAGE_WAIT,        /* every request taken up */
    STAGE_CONNECT,     /* each connection made for a request: until it stood, without TLS */
    STAGE_TLS_FULL,    /* the TLS handshake on it, ... */
    STAGE_TLS_RESUMED, /* ... where it resumed a session */
    STAGE_RTT,         /* the kernel's round trip on connections that it was asked about */
    STAGE_MEASURE_COUNT
};

/* What was short, so that arrivals or requests ended: but for a value it is prony's own. */
enum shortage {
    SHORTAGE_ROWS,  /* arrivals dropped and users gone: `pick: unique` had no row left */
    SHORTAGE_PORTS, /* requests dropped: prony had no local port or descriptor left */
    SHORTAGE_TRIES, /* requests ended by check: an expression ran into its limit */
    SHORTAGE_ROOM,  /* requests ended by check: prony had no room to keep the body */
    SHORTAGE_VALUE, /* requests ended by check, never sent: of a value that cannot stand in them */
    SHORTAGE_LATE,  /* arrivals dropped: prony took up so many at once that no place was left */
    SHORTAGE_COUNT
};

/* What ended in this tick of one name in one stage. */
struct cell {
    uint32_t stage; /* of the intended time; header.plan->stage_count: the drain */
    bool settle;    /* intended within the stage's `settle` */
    enum cell_kind kind;
    uint32_t index;
    /* Requests: taken up in this tick. Iterations: planned (intended) in this tick. Known at once,
     * however late replies are: what a stage was offered so far is the sum of its cells'. */
    uint64_t begun;
    uint64_t outcomes[OUTCOME_COUNT]; /* requests and iterations */
    uint64_t answered_5xx; /* requests: of those ok, status and check, replies with a 5xx status */
    struct tail tail;      /* stages */
    uint64_t shortages[SHORTAGE_COUNT]; /* stages: all there were; others: why they ended so */
    /* Stages: pauses of users behind iterations, to the stage's end at most; or REST_UNKNOWN. */
    uint64_t rested_ns;
    struct hist_sparse measures[MEASURE_COUNT];
};

/* 100 ms of intended time; what became known of it in this tick. */
struct slot {
    uint32_t index; /* of SLOT_NS since the run's start */
    uint32_t stage;
    uint32_t planned; /* arrivals and later requests */
    uint32_t taken;   /* of them, seen by a worker before their stage was over (dropped counts) */
    uint32_t ok, failed, lacking; /* lacking: of failed, for want of something of prony's own */
    uint32_t over;                /* requests over the tightest latency limit, of ok + failed */
};

enum event_kind {
    EVENT_STAGE,    /* a stage began */
    EVENT_COMMAND,  /* stop, abort, end of a stage by count */
    EVENT_SERVICE,  /* started, ready, died, stopped */
    EVENT_RECORDER, /* the run file fell behind or could not be written */
    EVENT_NOTE,
    EVENT_SOURCE,   /* a source of samples fell silent or is back */
    EVENT_OBJECTIVE /* of a watch: one is missed, or held again */
};

struct event {
    uint64_t at_ns; /* run time */
    enum event_kind kind;
    uint32_t stage;
    char text[200]; /* safe: control characters are \xNN, secrets masked */
};

struct tick {
    uint32_t index;            /* 0, 1, 2, ... */
    uint64_t start_ns, end_ns; /* run time */
    uint32_t stage;            /* in progress; header.plan->stage_count: the drain */
    bool judged, last;         /* of a judged stage, after its settle; of the run */
    const struct cell *cells;
    const struct slot *slots;
    const struct event *events;
    const struct exemplar *exemplars;
    const struct stall *stalls; /* found in this tick, each by one worker; they may be older */
    const struct takeup_gap *gaps;
    const struct series *series; /* met in this tick, their ids behind those of earlier ticks */
    const struct sample *samples;
    uint32_t cell_count, slot_count, event_count, exemplar_count, stall_count, gap_count;
    uint32_t series_count, sample_count;
    /* Time integrals over the tick in ns x count; divide by end - start for the mean. */
    const double *requests_in_flight;   /* [name_count] */
    const double *iterations_in_flight; /* [scenario_count] */
    double users;
    uint64_t generator_cpu_ns; /* user + system of the whole process, in this tick */
    struct strain strain;
};

/* "ok", "status", ...; "stage", "command", ...: static, as in reports and JSON. */
const char *tick_outcome_name(enum outcome outcome);
const char *tick_event_name(enum event_kind kind);
/* Is it something of prony's own that was short? SHORTAGE_COUNT: nothing was, so no. */
bool tick_is_own(enum shortage shortage);
/* Is what ended for want of it dropped? */
bool tick_is_dropped(enum shortage shortage);
