/* story.h - a run told in a few lines: one request, one law of the service.
 *
 * Why: a directed test should say what is special of its run, and nothing else. */
#pragma once

#include "run_sim.h"

/* A plan of one request, `step` and `load` being further lines of these two; valid until the next
 * call. */
const char *story_plan(const char *step, const char *load);
/* One worker unless `setup` says more. What must be true of any run is checked. */
struct run_outcome story_run(const char *name, struct run_setup setup);
/* One measure of its request over all stages, settle left out; valid until the next call. */
const struct hist *story_measure(const struct run_outcome *run, enum cell_measure m);
