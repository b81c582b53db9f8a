/* watch_day.h - the plan of one file of a watch: hours as stages, with a gentle probe or silent.
 *
 * Why: a watch is judged, explained and shown by what there is for runs. So its file is a run whose
 * stages are the hours of the day: each has its own figures, and why one bent is told by holding it
 * against the hour before.
 * Source: docs/watch.md.
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "plan/plan.h"

#define WATCH_DAY_OTHER "other" /* requests that are none of the plan's */

struct watch_day_options {
    const struct plan *plan; /* as it was read; keeps */
    uint64_t now_ns;         /* CLOCK_REALTIME */
    uint64_t most_ns;        /* that is left of the watch; UINT64_MAX: it goes on */
    uint32_t index;          /* 0, 1, 2 ...: of the watch's files */
};

/* Why an objective of the plan is not judged by a watch: static; NULL: it is. */
const char *watch_day_leaves_out(const struct plan *plan, const struct objective *o);
/* False: the arena is full. Objectives that are left out are not in it, nor is abort_when. */
bool watch_day_make(struct plan *out, const struct watch_day_options *options, struct arena *arena);
