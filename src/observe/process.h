/* process.h - a service's processes once a second: CPU, memory, files, and where threads wait.
 *
 * Why: what htop, pidstat and iotop show, of all processes of a service together, and what they
 * don't: how many threads could run and had no core (schedstat's second number, exact), and at
 * which place the others wait (blocked.h).
 * Source: proc(5); Documentation/scheduler/sched-stats.rst for schedstat.
 * Thread: that of its watcher.  Memory: the arena given, fixed. */
#pragma once

#include <sys/types.h>

#include "observe/family.h"
#include "observe/source.h"
#include "plan/plan.h"

/* Of a service that prony started, or of one that it finds, whose `attach` is kept; `service` is
 * what its series are of. False: no memory, which arena_ok() tells. */
bool process_source(struct source *out, struct arena *arena, const struct service *service,
                    pid_t started);
/* Whose processes it looks up, for others on the same thread. */
const struct family *process_family(const struct source *source);
