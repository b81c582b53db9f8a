/* access_source.h - an access log that is read along: what the service says it served.
 *
 * Why: the service's own view of each request stands beside the client's: what the client waited
 * for and the service never saw was in front of it. A proxy also says how long a request stood in
 * its queue, connected, and waited for the server behind it.
 * Source: docs/observing-logs.md, "Access logs"; wire/access_line.h.
 * Thread: its watcher's.  Memory: the arena given, 1 MB. */
#pragma once

#include "base/arena.h"
#include "observe/served.h"
#include "observe/source.h"
#include "plan/plan.h"

struct access_source_options {
    const struct plan *plan; /* keeps, as all here */
    const struct service *service;
    struct bytes path;          /* of the log */
    bool mixed;                 /* other lines stand there as well */
    struct served_book *served; /* who is told */
    uint64_t origin_ns;         /* CLOCK_MONOTONIC at run time 0 */
};

/* False: no memory, which arena_ok() tells. */
bool access_source(struct source *out, struct arena *arena,
                   const struct access_source_options *options);
