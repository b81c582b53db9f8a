/* ledger.h - all ticks of a run added up, each held to what must be true of any tick.
 * Thread: one.  Memory: one ledger a process, emptied by ledger_open(). */
#pragma once

#include "plan/plan.h"
#include "tick/tick.h"

#define LEDGER_STAGES 28 /* those by hand included */
#define LEDGER_NAMES 8
#define LEDGER_SCENARIOS 4
#define LEDGER_TICKS 4096

struct ledger_cell {
    bool used;
    uint64_t begun, answered_5xx;
    uint64_t outcomes[OUTCOME_COUNT];
    struct hist measures[MEASURE_COUNT];
};

struct ledger_tick {
    uint64_t start_ns, end_ns;
    uint32_t stage;
    bool judged;
    uint64_t slot_ns;        /* start of its latest slot */
    uint64_t begun, planned; /* requests; iterations */
    uint64_t walked, full;   /* iterations that ended; of them dropped as no place was left */
    uint64_t done;           /* requests that ended ok */
    double requests[LEDGER_NAMES], iterations[LEDGER_SCENARIOS], users;
};

struct ledger {
    const struct plan *plan;
    uint64_t tick_ns;
    struct ledger_cell requests[LEDGER_STAGES][2][LEDGER_NAMES];
    struct ledger_cell iterations[LEDGER_STAGES][2][LEDGER_SCENARIOS];
    struct ledger_cell stages[LEDGER_STAGES][2];
    struct ledger_tick ticks[LEDGER_TICKS];
    uint32_t tick_count;
    bool ended;
    uint64_t planned, taken, slots_ok, slots_failed, over, lacking; /* sums of the slots */
    uint64_t stage_planned[LEDGER_STAGES];
    uint64_t requests_begun, requests_ended, iterations_begun, iterations_ended;
    uint64_t outcomes[OUTCOME_COUNT]; /* of requests */
    uint64_t answered_5xx;            /* of requests */
    uint64_t unsent;                  /* requests without a port */
    uint64_t rowless;                 /* arrivals and users without a row */
    uint64_t stage_rowless[LEDGER_STAGES];
    uint64_t shortages[3][SHORTAGE_COUNT]; /* by kind of cell */
    uint64_t walks[OUTCOME_COUNT];         /* of iterations */
    uint32_t notes;                        /* events: EVENT_NOTE */
    uint64_t starts[LEDGER_STAGES + 1];    /* run time, as the ticks had it; UINT64_MAX: never */
};

/* The process's ledger, empty. */
struct ledger *ledger_open(const struct plan *plan, uint64_t tick_ns);
void ledger_add(struct ledger *l, const struct tick *tick);
/* After the last tick: both sums come out even, in every cell. */
void ledger_balance(const struct ledger *l);
/* When the stage ended, which is when another began; UINT64_MAX: it lasted to the end of the run.
 * Stages by hand lie between those of the plan. */
uint64_t ledger_stage_end_ns(const struct ledger *l, uint32_t stage);
/* The stage that was on. */
uint32_t ledger_stage_at(const struct ledger *l, uint64_t at_ns);
/* Run time of the end of the last tick. */
uint64_t ledger_end_ns(const struct ledger *l);
/* Sum over all ticks, in ns x count. */
double ledger_requests_in_flight(const struct ledger *l);
/* Who was dropped found no place: as many were open as one worker may have, which is `places` at
 * the least, of those open when the tick began and those taken up in it. */
void ledger_check_dropped(const struct ledger *l, uint64_t places);
