/* little_plan.h - a checked plan from a few lines of YAML, for tests of the engine.
 *
 * Why: a struct plan filled by hand would drift from what the parser makes.
 * Thread: one.  Memory: kept until little_plan_close(). */
#pragma once

#include "base/arena.h"
#include "plan/plan.h"

struct little_plan {
    struct arena arena;
    struct plan plan;
};

/* Loads `yaml`; fails the program with the diagnostics where it is not a plan. A file named in it
 * is `csv`, which may be NULL. */
void little_plan_open(struct little_plan *out, const char *yaml, const char *csv);
void little_plan_close(struct little_plan *p);
