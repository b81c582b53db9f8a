/* host.h - what the host does to prony meanwhile: cores that it shares, quotas, other machines.
 *
 * Why: a generator that waits for a core, is throttled or shares its cores with other machines
 * makes the target look slow, and nobody but the host knows. Read once a tick, a handful of small
 * files. Source: proc(5) for /proc/stat and schedstat (Documentation/scheduler/sched-stats.rst),
 * Documentation/admin-guide/cgroup-v2.rst "cpu.stat", Documentation/scheduler/sched-bwc.rst.
 * Thread: main.  Memory: in place. */
#pragma once

#include <sched.h>

#include "base/bytes.h"
#include "tick/strain.h"

#define HOST_THREADS_MAX 256
#define HOST_GROUPS_MAX 8 /* a cgroup and those it lies in */
#define HOST_PATH_MAX 512

/* One cgroup's quota. */
struct host_group {
    char path[HOST_PATH_MAX]; /* of its cpu.stat */
    uint64_t periods, throttled, throttled_ns;
};

struct host {
    const char *root; /* before each path; "" but in tests */
    cpu_set_t cores;  /* that prony may use */
    uint64_t ns_per_count;
    uint64_t stolen, total; /* of these cores, in counts of the kernel */
    struct host_group groups[HOST_GROUPS_MAX];
    uint32_t group_count;
    uint64_t waited_ns[HOST_THREADS_MAX];
};

/* From here on is counted. `root` is kept. What this host does not tell stays 0. */
void host_open(struct host *h, const char *root, const cpu_set_t *cores);
/* What there was since the look before, into the facts of `out` that are the host's. Worker i has
 * the thread ids[i] for the whole time. */
void host_look(struct host *h, const uint32_t *ids, uint32_t count, struct strain *out);
