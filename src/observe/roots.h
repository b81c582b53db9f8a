/* roots.h - the processes that a service's others descend from: started here, or found.
 *
 * Why: a service that prony did not start is named by what people know of it, a port, a name, a
 * cgroup, a unit. It may be restarted while the run goes on, and is then looked up again; a number
 * that was given to another process is not it.
 * Source: proc(5), cgroups(7); plan/attach.h.
 * Thread: one owner.  Memory: the arena given, fixed. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "observe/family.h"
#include "plan/attach.h"

struct roots {
    const struct attach *attach; /* NULL: prony started it */
    const char *root;            /* before each path of /proc and /sys; "" but in tests */
    pid_t *pids;                 /* [FAMILY_PROCESSES] */
    uint32_t count;
    uint64_t start;  /* of ATTACH_PID by number: when that process started; 0: not met */
    uint64_t due_ns; /* when it is looked up again, though it is there */
};

/* `started` is of a service of prony's own, else 0. `attach` and `root` are kept. False: no memory,
 * which arena_ok() tells. */
bool roots_open(struct roots *r, struct arena *arena, const struct attach *attach, pid_t started,
                const char *root);
/* Before each look at the family. `gone`: nothing of it was left at the last one. False: `err` says
 * that it is not there, or why it cannot be found. */
bool roots_look(struct roots *r, bool gone, uint64_t now_ns, struct err *err);
