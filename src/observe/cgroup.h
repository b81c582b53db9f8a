/* cgroup.h - the cgroup of a service once a second: quota, throttling, memory, tasks, disks; and
 * how many cores the service may use at all.
 *
 * Why: a container that stands still for want of quota looks idle from inside and from the host.
 * How much of its cores a service uses is told only against the least of all that bounds it: the
 * quota of any cgroup above it, its cpuset, its affinity, and what is online.
 * Source: cgroups(7); Documentation/admin-guide/cgroup-v2.rst, Documentation/scheduler/sched-bwc.
 * rst, Documentation/admin-guide/cgroup-v1; cgroup_text.h.
 * Thread: that of its watcher, which must be the family's too.  Memory: the arena given, fixed. */
#pragma once

#include "observe/family.h"
#include "observe/source.h"

/* That of the family's first process. `root` (kept) stands before each path: "" but in tests.
 * False: no memory, which arena_ok() tells. */
bool cgroup_source(struct source *out, struct arena *arena, struct bytes service,
                   const struct family *family, const char *root);
