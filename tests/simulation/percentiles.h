/* percentiles.h - what a run reports of its response times, against the very times, one by one.
 *
 * Why: that two histograms are equal says nothing if both were filled wrongly in the same way.
 * Thread: one.  Memory: an array of all times. */
#pragma once

#include "run_sim.h"

/* Of all requests of a run that were answered well: a percentile is never below the true one, and
 * by less than a bucket (1/128) above it; number, mean and maximum are exact. */
void percentiles_check(const struct run_outcome *run);
