/* machine.h - what this host is and how much of it we may use.
 *
 * Why: a run names the host it was made on, and one that cannot fit is refused before it starts
 * rather than failing in the middle with an error that looks like the target's.
 * Source: uname(2), sched_getaffinity(2), getrlimit(2), proc(5), cgroup-v2 memory.
 * Thread: main.  Memory: in place. */
#pragma once

#include <sched.h>
#include <stdint.h>

#include "base/err.h"
#include "load/engine.h"
#include "plan/plan.h"

struct machine {
    char name[65];                              /* of the host */
    char kernel[65];                            /* release */
    char cpu[128];                              /* model */
    cpu_set_t affinity;                         /* the cores that this process may use, and ... */
    uint32_t cores;                             /* ... how many they are */
    uint64_t memory_bytes;                      /* in all, or what the cgroup allows */
    uint64_t memory_free_bytes;                 /* of it, to be had now */
    uint64_t descriptors_now, descriptors_most; /* soft and hard RLIMIT_NOFILE */
    uint32_t ports; /* ephemeral ports: connections to one address at once */
};

/* Fills all of `out`; what the host does not tell is 0 or empty, cores and ports are at least 1. */
void machine_look(struct machine *out);
/* Memory to be had now; cheap enough for once a second. */
uint64_t machine_free_memory_bytes(void);
/* The most that this process held of it so far; 0: the host does not tell. */
uint64_t machine_resident_peak_bytes(void);
/* Descriptors of the whole process: the engine's, services' and our own. */
uint64_t machine_descriptors(const struct engine_needs *needs, const struct plan *plan);
/* Local ports for its connections: to each target, from each own address, as many as there are.
 * UINT64_MAX: a unix socket is among the targets, and needs none. */
uint64_t machine_ports(const struct machine *m, const struct plan *plan);
/* Whether the needs fit, and raises the limit of descriptors where that is allowed. False:
 * ERR_LIMIT. */
MUST_USE bool machine_fit(struct machine *m, const struct engine_needs *needs,
                          const struct plan *plan, struct err *err);
