/* collect.h - the sheets of all workers for one tick, merged into the tick everybody sees.
 *
 * Why: merging is adding counts, so the number of workers cannot change a figure; and what reads
 * like text (samples of replies, reasons) is made safe and masked here, off the hot path.
 * Source: docs/architecture.md, "The tick".
 * Thread: main.  Memory: a scratch arena, reset each tick; the tick is borrowed from it. */
#pragma once

#include "load/takeups.h"
#include "load/worker.h"
#include "tick/tick.h"

struct collector {
    const struct worker_setting *setting;
    struct worker **workers;
    struct arena scratch;
    uint64_t tick; /* number of the next tick */
    struct takeups_chain chain;
};

/* Keeps both, until it is closed. False: no address space for its scratch (ERR_LIMIT). */
MUST_USE bool collect_open(struct collector *c, const struct worker_setting *setting,
                           struct worker **workers, struct err *err);
void collect_close(struct collector *c);
/* Whether every worker has published the next tick. */
bool collect_ready(const struct collector *c);
/* Merges it, hands the sheets back, and counts on. Start, end and stage are filled in; events,
 * `judged`, `last` and the generator's CPU time are the engine's. */
void collect_tick(struct collector *c, struct tick *out);
