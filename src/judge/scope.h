/* scope.h - what of a tick a sentence speaks of: which stages and cells, and which of their
 * numbers.
 *
 * Why: objectives and abort_when read the same sentences, and must never read them apart. A new
 * metric is a row in plan/objective.h and its number here.
 * Source: docs/plan.md, "Objectives".  Thread: any.  Memory: none. */
#pragma once

#include "plan/objective.h"
#include "tick/tick.h"

/* Is the stage one of those `in` names? Without `in` every stage is. */
bool scope_has_stage(const struct objective *o, uint32_t stage);
/* Is the cell of what `of` names, whatever its stage? `name` is the one of `of each` that is asked
 * about, and is not looked at otherwise. */
bool scope_has_cell(const struct objective *o, uint32_t name, const struct cell *cell);
/* What a rate or count adds up over the tick: how many, or how many times seconds. `name` as above;
 * a throughput counts what ended ok in this tick, of whatever stage it was. */
double scope_amount(const struct objective *o, uint32_t name, const struct tick *tick,
                    uint32_t name_count);
/* Does what ended for want of that stand against the sentence, though it was prony's own? */
bool scope_lacks(const struct objective *o, enum shortage shortage);
/* Of shortages[SHORTAGE_COUNT] those that do. */
uint64_t scope_lacking(const struct objective *o, const uint64_t *shortages);
/* Of what ended with these outcomes[OUTCOME_COUNT]: how many the sentence's share is about, which
 * for errors is the share, and for an availability what is missing from it. */
uint64_t scope_bad(const struct objective *o, const uint64_t *outcomes, uint64_t answered_5xx,
                   bool with_cuts);
