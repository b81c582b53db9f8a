/* scope.h - what of a tick a sentence speaks of: which stages, which cells, which integrals.
 *
 * Why: objectives and abort_when read the same `of` and `in`, and must never read them apart.
 * Source: docs/plan.md, "Objectives".  Thread: any.  Memory: none. */
#pragma once

#include "plan/objective.h"
#include "tick/tick.h"

/* Is the stage one of those `in` names? Without `in` every stage is. */
bool scope_has_stage(const struct objective *o, uint32_t stage);
/* Is the cell of what `of` names, whatever its stage? `name` is the one of `of each` that is asked
 * about, and is not looked at otherwise. */
bool scope_has_cell(const struct objective *o, uint32_t name, const struct cell *cell);
/* Integral over the tick of what `of` names in flight (count x ns); without `of`, of all
 * requests. */
double scope_in_flight_ns(const struct objective *o, uint32_t name, const struct tick *tick,
                          uint32_t name_count);
