/* run_sim.h - one run of the real engine in a simulated world, from plan text to a ledger.
 * Thread: one.  Memory: the plan lives until the next run. */
#pragma once

#include "base/err.h"
#include "ledger.h"
#include "target.h"
#include "tick/bus.h"
#include "world.h"

/* A key pressed at `at_ns` of run time, or the judge's wish for the next stage. */
struct run_key {
    uint64_t at_ns;
    uint32_t per_mille; /* of the rate; 0: hold, or release; RUN_KEY_NEXT: the stage ends */
};

#define RUN_KEY_NEXT UINT32_MAX

#define RUN_KEYS 6

struct run_setup {
    uint64_t seed;
    const char *yaml;
    const char *csv; /* a file that the plan names; may be NULL */
    struct world_costs costs;
    struct target_law law;
    uint32_t threads;
    uint64_t tick_ns;                       /* 0: 1 s */
    uint64_t response_limit_ns;             /* 0: none */
    uint64_t stop_at_ns;                    /* run time of engine_stop(); 0: never */
    uint64_t leave_at_ns;                   /* run time of engine_leave(); 0: never */
    uint64_t nameless_at_ns, nameless_ns;   /* run time in which targets' names are not found */
    struct run_key keys[RUN_KEYS];          /* in the order of their time */
    uint32_t key_count;                     /* none: the plan has no stages by hand */
    void (*sealing)(bool first, bool last); /* told of each tick; may be NULL */
    const struct sink *sink;                /* takes header, ticks and end; may be NULL */
};

struct run_outcome {
    struct ledger *ledger;
    const struct plan *plan;
    uint64_t origin_ns;
    uint32_t threads;
    bool nameless;                 /* names were not found for some time */
    uint64_t last_action_ns;       /* run time of the client's last connect or send */
    const uint64_t *sequence_base; /* [stage_count + 1] first `$seq` of each stage */
};

/* A run that must not start: `err` says why, and no thread or connection is left. */
void run_sim_refused(const struct run_setup *setup, struct err *err);
/* Runs to the end, with both sums asserted and no connection left open. */
struct run_outcome run_sim(const struct run_setup *setup);
