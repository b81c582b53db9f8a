/* worker.h - one thread of the engine: its own poller, connections, users and sheets.
 *
 * Why: nothing is shared on the hot path. What workers have in common is read-only (plan, program)
 * or a function of time (timeline); what they give away is a sheet, published at the tick's edge.
 * Source: docs/architecture.md, "Threads".
 * Thread: worker_run() on its own thread; the shared numbers as said at each.
 * Memory: one arena a worker, sealed before it runs. */
#pragma once

#include <pthread.h>

#include "load/deal.h"
#include "load/program.h"
#include "load/quota.h"
#include "load/sheet.h"
#include "load/tap.h"
#include "load/timeline.h"
#include "net/route.h"

#define WORKER_SHEETS 3 /* one written, one read, one spare for a late collector */

struct worker;

/* What all workers read. */
struct worker_setting {
    const struct plan *plan;
    const struct program *program;
    const struct timeline *timeline;
    struct quota *quotas;          /* [stage_count]; the workers' own word */
    struct deal *deal;             /* rows of `pick: unique`; of all workers */
    struct route *routes;          /* [target_count] */
    const struct address *sources; /* own addresses, used in turn; [source_count] */
    uint32_t source_count;
    uint64_t origin_ns;    /* CLOCK_MONOTONIC at run time 0 */
    uint64_t over_ns;      /* tightest latency limit, UINT64_MAX without one */
    const struct tap *tap; /* NULL: nobody looks on */
    uint32_t worker_count;
    struct sheet_shape shape;
};

/* What a worker tells the collector. */
struct worker_board {
    struct shared published; /* worker: sheets closed so far */
    struct shared returned;  /* collector: sheets emptied so far */
    struct shared thread_id; /* worker: the kernel's number of its thread; 0: it has not run yet */
    struct shared idle;      /* worker: 1 when no iteration is open and no stage is left */
};

/* What worker `index` takes: the one model of its memory, for the budget and for itself. */
struct worker_sizes {
    uint32_t flows; /* users and iterations in flight that it has room for */
    uint32_t connections;
    uint32_t due_size;
    uint32_t room_chunks;
    size_t reserved_bytes; /* address space */
    size_t touched_bytes;  /* of it, at most */
    size_t user_bytes;     /* of them for each user or iteration in flight, room apart */
};

/* Of `setting` plan, program, worker_count and shape are used. */
struct worker_sizes worker_measure(const struct worker_setting *setting, uint32_t index);
/* Connections that one user or iteration may have, where the plan sets no limit: 1 or 2. */
uint32_t worker_connections_each(const struct plan *plan);

/* All that it will need, planned by worker_measure(); copies `setting`. False: `*out` is NULL,
 * `err` says what there is too little of. */
MUST_USE bool worker_open(struct worker **out, const struct worker_setting *setting, uint32_t index,
                          struct err *err);
/* The thread's body; `arg` is the worker. Returns when the timeline says to leave. */
void *worker_run(void *arg);
/* What it shows to main while it runs; the worker's. */
struct worker_board *worker_board(struct worker *worker);
/* The sheet of tick `tick`; the collector's between published and returned. */
struct sheet *worker_sheet(struct worker *worker, uint64_t tick);
/* After its thread was joined, which closes its connections: gives all memory back. */
void worker_close(struct worker *worker);
