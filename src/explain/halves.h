/* halves.h - where a stage that stands alone changed: the second behind which more are in flight.
 *
 * Why: with one stage there is no other to hold it against; what came in the middle of it parts it
 * in two that can be held against each other.
 * Source: the one cut that leaves the least squares (as in binary segmentation; A. Scott and
 * M. Knott, Biometrics 30 (1974)); docs/why.md, "The two stages".
 * Thread: collecting thread.  Memory: none. */
#pragma once

#include "explain/recall.h"

/* Run time of the cut. False: it did not change by so much. */
bool halves_find(const struct recall *r, uint32_t stage, uint64_t *at_ns);
