/* memcached_source.h - a Memcached server: hits, memory, threads' time, and its slab classes.
 *
 * Why: it throws items out of one size class while another has room, which no sum shows. It is
 * asked by `stats`, `stats slabs` and `stats items` alone; never by `stats sizes` or a dump, which
 * stop it.
 * Source: docs/observing-databases.md; Memcached, doc/protocol.txt, "Statistics".
 * Thread: its own watcher's.  Memory: the arena given; an answer of 256 KiB at most. */
#pragma once

#include "base/arena.h"
#include "observe/source.h"
#include "plan/ask.h"

/* `ask` and `service` are kept. False: no memory. */
MUST_USE bool memcached_source(struct source *out, struct arena *arena, struct bytes service,
                               const struct ask *ask);
