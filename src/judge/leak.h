/* leak.h - an objective `leak of SERVICE`: does its memory grow without end, and how fast?
 *
 * Why: judged once for the run, over the times in which its load was steady: what rises with the
 * load is no leak, nor what rises since requests pile up. What of growth is a leak is
 * stats/growth.h; here it gets its points, its limit and its words. Source: docs/method.md,
 * "Leaks". Thread: collecting thread.  Memory: the judge's arena, 300 KiB an objective. */
#pragma once

#include "judge/limits.h"

struct leak;

/* A sample: the stage in which it counts (PLAN_NO_INDEX: none) and how good its series is. */
struct leak_moment {
    uint32_t stage;
    uint64_t at_ns;
    double value;
    uint32_t grade;
};

/* Keeps `books`. NULL: the arena is full. */
struct leak *leak_make(const struct books *books, struct arena *arena);
/* The newest sample. Those that do not count tell whether what grew is given back later. */
void leak_take(struct leak *l, const struct leak_moment *m, bool counts);
/* A tick that counts in its stage: is its load steady? */
void leak_load(struct leak *l, const struct tick *tick);
/* The verdict. */
void leak_conclude(const struct limits_desk *desk, const struct row *row,
                   struct objective_result *out);
