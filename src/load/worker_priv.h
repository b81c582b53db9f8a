/* worker_priv.h - what the files of one worker share: flows, connections, the worker itself.
 *
 * Why: a flow (an iteration walking along its steps) and a connection (a socket that serves one
 * flow at a time) call each other; arrivals.c starts flows, flow.c walks them, pool.c has
 * them wait, exchange.c talks, record.c counts, worker.c turns the loop. Nobody outside sees this.
 * Source: own.  Thread: the worker's.  Memory: arrays in the worker's arena; ids are indexes. */
#pragma once

#include "load/connection_priv.h"
#include "load/room_pool.h"
#include "load/schedule.h"
#include "load/stall_watch.h"
#include "load/takeups.h"
#include "load/timers.h"
#include "load/verify.h"
#include "load/worker.h"
#include "net/stream.h"
#include "net/tls.h"
#include "wire/h1.h"

enum flow_state {
    FLOW_FREE,
    FLOW_RESTING,    /* closed user between iterations; wakes to start one */
    FLOW_SLEEPING,   /* within an iteration, before its next request is due */
    FLOW_QUEUED,     /* request due, no connection yet */
    FLOW_CONNECTING, /* request due, its connection is being made */
    FLOW_TALKING     /* request handed over, reply awaited */
};

struct flow {
    enum flow_state state;
    bool closed, joined; /* a closed user; it has started its first iteration */
    bool woken;          /* in the list of those due at once */
    bool settle, arrival_settle;
    bool sampled;             /* its request asked the services for their spans */
    union {                   /* the one list that it can be in, by its state */
        uint32_t next_free;   /* FLOW_FREE */
        uint32_t next_due;    /* `woken`: FLOW_RESTING, FLOW_SLEEPING */
        uint32_t next_queued; /* FLOW_QUEUED: behind it in its target's queue */
    };
    uint32_t connection; /* FLOW_CONNECTING, FLOW_TALKING */
    uint32_t target, scenario, step, attempt;
    uint32_t arrival_stage;         /* of the iteration */
    uint32_t stage;                 /* of the request */
    enum outcome outcome;           /* of the iteration so far */
    enum shortage lack;             /* that it is so for; SHORTAGE_COUNT: nothing was short */
    uint64_t index, sequence, user; /* see struct values */
    uint64_t iteration;             /* closed: of this user in this stage */
    uint64_t quota;                 /* closed by count: iterations left; UINT64_MAX by time */
    /* CLOCK_MONOTONIC */
    uint64_t arrival_ns; /* of the iteration: intended */
    uint64_t due_ns;     /* when the flow must be woken */
    uint64_t intended_ns, taken_ns, ready_ns, sent_ns, first_byte_ns;
    uint64_t connect_ns; /* duration of the connect, 0: none */
    uint64_t tls_ns;     /* of the handshake behind it, 0: none */
    uint64_t until_ns;   /* `within` is spent then */
    uint64_t response_due_ns;
    uint64_t lag_ns; /* of the iteration's requests so far */
    struct head_marks marks;
};

/* A turn that took longer than any does. */
struct standstill {
    uint64_t from_ns, to_ns; /* CLOCK_MONOTONIC */
    uint64_t held_ns;        /* of it, at least, the thread did not run */
};

struct worker {
    struct worker_setting setting;
    struct worker_board board;
    uint32_t index;
    struct arena own; /* holds this struct */
    struct arena arena;
    struct poller poller;
    struct timers timers; /* by flow */
    struct verifier verifier;
    struct flow *flows;
    char *captures; /* [flow_count][capture_slots][CAPTURE_MAX] */
    uint16_t *capture_len;
    bool *capture_is_text;
    uint32_t *rows; /* [flow_count][unique_count] */
    struct connection *connections;
    struct room_pool room;      /* for what is kept of replies */
    char *sends;                /* [connection_count][request_limit], where requests vary */
    struct pool *pools;         /* [target_count] */
    struct tls_peer *peers;     /* [target_count], those of https */
    struct h1_seen *heads_seen; /* [operation_count] */
    char *in, *out;
    char *constants; /* [program->own_bytes] for the traces of this worker */
    uint32_t flow_count, connection_count;
    uint32_t flow_free, connection_free;   /* used before; first those that were last */
    uint32_t flow_fresh, connection_fresh; /* from here on never used: their pages cost nothing */
    uint32_t now_head, now_tail;           /* flows due at once, in order; spares the heap */
    uint32_t open_flows;                   /* not FLOW_FREE */
    uint32_t open_iterations;              /* open model: counted against max_in_flight */
    uint32_t max_in_flight;
    uint32_t last_open;     /* open iterations that the arrival before found */
    double usual_open;      /* open iterations that an arrival found, mean of the last 64 or so */
    uint64_t heap_until_ns; /* what came late in a heap may fill the places until then */
    bool heap_decides;      /* and if so nothing else would have */
    uint32_t next_source;   /* of the plan's source addresses, in turn */
    bool leaving;           /* the run is over: what is open is being cut */

    uint32_t stage; /* entered last; stage_count: the drain */
    bool stage_entered;
    struct schedule schedule;
    uint64_t *dues_ns;
    uint32_t due_size;
    struct arrival arrival;
    struct takeups takeups;
    bool has_arrival;
    uint32_t quota_users; /* of the stage by count: users that still have some */
    bool part_done;       /* they have none: the stage may be over at any moment */

    /* Counting. */
    struct sheet sheets[WORKER_SHEETS];
    struct sheet *sheet;
    uint64_t tick;                       /* number of the sheet being written */
    uint64_t tick_start_ns, tick_end_ns; /* CLOCK_MONOTONIC */
    uint64_t look_ns;                    /* record_reach() looks closer from here on */
    uint64_t version, edges; /* of the timeline, as known; as the end of the tick in hand does */
    uint32_t *requests_now;  /* [name_count] in flight */
    uint32_t *iterations_now;
    uint32_t users_now;
    uint64_t cpu_ns, awake_ns;    /* of thread and poller, when the tick before was closed */
    uint64_t turned_ns;           /* when the turn in hand began */
    uint64_t just_ns;             /* it is hardly later than that; 0: the clock must tell */
    struct standstill standstill; /* the one before, as far as its ticks are not closed */
    struct stall_watch stalls;
    uint64_t slow_ns;     /* from there on a request is one of the slowest; UINT64_MAX: not known */
    uint64_t *error_seen; /* [name_count][stage_count] bit per outcome: a first one was kept */
};

/* Of CLOCK_MONOTONIC `at_ns`; 0 before the start. */
static inline uint64_t run_time(const struct worker *w, uint64_t at_ns)
{
    return at_ns > w->setting.origin_ns ? at_ns - w->setting.origin_ns : 0;
}

/* The compiled step that the flow is at. */
static inline const struct operation *flow_operation(const struct worker *w, const struct flow *f)
{
    return &w->setting.program->operations[w->setting.program->first[f->scenario] + f->step];
}

/* Its index, by which timers, queues and connections name it. */
static inline uint32_t flow_id(const struct worker *w, const struct flow *f)
{
    return (uint32_t)(f - w->flows);
}
