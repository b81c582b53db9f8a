/* pgbouncer_source.h - a pool of connections: who waits for one, and how long.
 *
 * Why: "the database is slow" is often a pool that is too small, which the database cannot see: it
 * only knows who has got a connection. The console is asked, SHOW POOLS ten times a second.
 * Source: docs/observing-databases.md; pgbouncer 1.18, "Admin console".
 * Thread: its own watcher's.  Memory: the arena given, and libpq's. */
#pragma once

#include "base/arena.h"
#include "observe/source.h"
#include "plan/ask.h"

/* `ask` and `service` are kept. False: no memory. */
MUST_USE bool pgbouncer_source(struct source *out, struct arena *arena, struct bytes service,
                               const struct ask *ask);
