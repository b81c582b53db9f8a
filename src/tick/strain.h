/* strain.h - how hard prony itself and its host were pressed in a tick.
 *
 * Why: a generator that is short of a core, throttled or stopped makes a healthy service look slow.
 * What of that can be measured is carried in the tick, so that a replay trusts as much as the run
 * did. Facts are plain numbers; what is too much is for the judge to say.
 * Source: docs/method.md, "Trust"; where each comes from stands in load/engine.h and
 * campaign/host.h.
 * Thread: as tick.h.  Memory: in place. */
#pragma once

#include <stdint.h>

/* In ns unless said otherwise; 0 also where the host does not tell. Run files have them by number:
 * new ones go to the end. */
enum strain_fact {
    STRAIN_BUSIEST,      /* CPU time, less what it waited awake, of the worker that took most */
    STRAIN_WORKERS,      /* of all workers together */
    STRAIN_HELD,         /* time that a worker neither ran nor slept as it meant to; of the worst */
    STRAIN_FORWARD,      /* the wall clock gained on the monotonic one */
    STRAIN_BACK,         /* the wall clock lost against it */
    STRAIN_WAITED,       /* time that a worker could run and got no core; of the worst */
    STRAIN_STOLEN,       /* time of the cores that prony may use that went to other machines, ... */
    STRAIN_CORES,        /* ... and all their time */
    STRAIN_PERIODS,      /* in which its cgroup's quota was counted, ... */
    STRAIN_THROTTLED,    /* ... those of them in which it was used up, ... */
    STRAIN_THROTTLED_NS, /* ... and how long its cores stood still for that, added up */
    STRAIN_COUNT
};

struct strain {
    uint64_t of[STRAIN_COUNT];
};

/* From one arrival of a Poisson stage that was looked at to the next: between the instants at which
 * they were taken up, in millionths of the mean that the stage's rate has there. Of the law of all
 * that there are: exponential. */
struct takeup_gap {
    uint32_t stage;
    uint32_t millionths;
};
