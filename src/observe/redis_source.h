/* redis_source.h - a Redis server: its one thread, hits, memory, commands, and what held it up.
 *
 * Why: it is asked by INFO, SLOWLOG and LATENCY alone, which cost it less than a millisecond; never
 * by MONITOR or KEYS, which would be the cause of what is looked for.
 * Source: docs/observing-databases.md; Redis, "INFO", "SLOWLOG GET", "LATENCY LATEST".
 * Thread: its own watcher's.  Memory: the arena given; an answer of 1 MiB at most. */
#pragma once

#include "base/arena.h"
#include "observe/source.h"
#include "plan/ask.h"

/* `ask` and `service` are kept. False: no memory. */
MUST_USE bool redis_source(struct source *out, struct arena *arena, struct bytes service,
                           const struct ask *ask);
