/* postgres_source.h - a PostgreSQL server: its sessions, statements, database, log and connections.
 *
 * Why: most services wait for their database, and only the database knows for what it waits. One
 * connection asks it, with a time limit on each question; what its role may not see is told once,
 * with the command that allows it.
 * Source: docs/observing-databases.md; PostgreSQL 15, "Monitoring Database Activity".
 * Thread: its own watcher's.  Memory: the arena given, and libpq's. */
#pragma once

#include "base/arena.h"
#include "observe/source.h"
#include "plan/ask.h"

/* `ask` and `service` are kept. False: no memory. */
MUST_USE bool postgres_source(struct source *out, struct arena *arena, struct bytes service,
                              const struct ask *ask);
