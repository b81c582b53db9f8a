/* specimen.h - made-up results of runs: one of each verdict and end.
 *
 * Why: what is shown must be looked at without a load test; figures are chosen so that each rule of
 * rounding, marking and leaving out is met at least once. */
#pragma once

#include "base/arena.h"
#include "show/summary.h"

struct specimen {
    struct arena arena;
    struct plan plan;
    struct run_header header;
    struct result result;
    struct summary_extra extra;
};

/* Fills the sample of this name; fails the test when there is none. */
void sample_open(struct specimen *sample, const char *name);
void sample_close(struct specimen *sample);
