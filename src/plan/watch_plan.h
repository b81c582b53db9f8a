/* watch_plan.h - how `prony watch` goes on, and between what its amounts may be.
 *
 * Why: the plan's `watch:` and the flags of `prony watch` are held to the same.
 * Source: docs/watch.md.  Thread: any.  Memory: none. */
#pragma once

#include <stdint.h>

#include "base/ns.h"
#include "plan/span.h"

struct watch_plan {
    struct span at;     /* line 0: the plan says nothing of it */
    double probe_per_s; /* walks along the scenarios; 0: nothing is sent */
    uint64_t window_ns;
    uint64_t roll_ns; /* of a run file; 0: until midnight */
    uint64_t keep_ns;
};

#define WATCH_HOUR_NS (UINT64_C(3600) * NS_PER_S)
#define WATCH_WINDOW_NS (UINT64_C(300) * NS_PER_S) /* where nothing is said */
#define WATCH_WINDOW_LEAST_NS (UINT64_C(5) * NS_PER_S)
#define WATCH_WINDOW_MOST_NS (UINT64_C(24) * WATCH_HOUR_NS)
#define WATCH_ROLL_LEAST_NS (UINT64_C(2) * NS_PER_S)
#define WATCH_ROLL_MOST_NS (UINT64_C(7) * 24 * WATCH_HOUR_NS) /* a file that can still be read */
#define WATCH_KEEP_NS (UINT64_C(7) * 24 * WATCH_HOUR_NS)      /* where nothing is said */
#define WATCH_KEEP_LEAST_NS NS_PER_S
#define WATCH_KEEP_MOST_NS (UINT64_C(3650) * 24 * WATCH_HOUR_NS)
#define WATCH_PROBE_MOST_PER_S 100.0
