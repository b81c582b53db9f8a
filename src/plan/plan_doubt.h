/* plan_doubt.h - what a plan that can be run hardly means: objectives that its own load can never
 * settle or never reach, a service that is looked for where it was never told to be.
 *
 * Why: such a plan is read without an error, runs for minutes, and ends in MISSED or NOT JUDGED, or
 * waits in vain for a service, for a reason that stood in it from the start.
 * Source: docs/plan.md, "Objectives" and "Services".  Thread: any.  Memory: none. */
#pragma once

#include "base/attr.h"
#include "base/text.h"
#include "plan/plan.h"

/* Iterations that a stage starts; NAN: closed and by time, so it depends on the replies. */
double plan_doubt_arrivals(const struct stage *s);
/* Whether `o` looks at this stage. */
bool plan_doubt_looks_at(const struct objective *o, const struct plan *plan, uint32_t stage);
/* Is its load the same from its start to its end, as the plan has it? */
bool plan_doubt_is_steady(const struct stage *s);
/* Writes why objective `o` cannot come out well whatever the target does; false: it may. */
MUST_USE bool plan_doubt_tell(struct text *out, const struct plan *plan, const struct objective *o);
/* Writes what `service` is not told though others rely on it; false: nothing. */
MUST_USE bool plan_doubt_tell_service(struct text *out, const struct service *service);
