/* truth.h - the same run from the other side: what the service saw, against what the engine
 * counted.
 *
 * Why: intended times are worked out here again, from the plan, the schedule and the replies' last
 * bytes; each answered request must then lie in the very bucket, cell and tick that it belongs to.
 * Thread: one.  Memory: one truth a process. */
#pragma once

#include "run_sim.h"

/* For any world: every intended time of the open stages was planned once and began one iteration at
 * most, captures came in order, and outcomes that the service knows of are those counted. */
void truth_of_any(const struct run_outcome *run);
/* For a world in which all was answered well: histograms of response, service and first byte equal
 * the model's in every bucket; response = lag + wait + service. */
void truth_of_good(const struct run_outcome *run);
/* For such a world without any cost: no lag, and requests in flight and users are those of the
 * model in every tick. */
void truth_of_instant(const struct run_outcome *run);
/* From intended to read, once one of the above has looked at a run in which all was answered. */
uint64_t truth_response_ns(uint32_t exchange);
/* A number for all that was sent in open stages, whatever the order in which it came. */
uint64_t truth_digest(const struct run_outcome *run);
