/* plan_doubt.h - objectives that the plan's own load can never settle, or never reach.
 *
 * Why: such a plan is read without an error, runs for minutes, and ends in MISSED or NOT JUDGED
 * for a reason that stood in it from the start.
 * Source: docs/plan.md, "Objectives".  Thread: any.  Memory: none. */
#pragma once

#include "base/attr.h"
#include "base/text.h"
#include "plan/plan.h"

/* Whether `o` looks at this stage. */
bool plan_doubt_looks_at(const struct objective *o, const struct plan *plan, uint32_t stage);
/* Writes why objective `o` cannot come out well whatever the target does; false: it may. */
MUST_USE bool plan_doubt_tell(struct text *out, const struct plan *plan, const struct objective *o);
