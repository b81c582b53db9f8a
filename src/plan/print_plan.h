/* print_plan.h - a checked plan as the text of a plan, with everything said.
 *
 * Why: what a plan means is in its defaults, its short forms and its variables. Printed in full it
 * can be read, compared and kept; read again in the same surroundings it is the same plan.
 * No secret is in it: what came from the environment is $env.NAME again, other secrets are masked.
 * Source: docs/plan.md.
 * Thread: main.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "plan/plan.h"

/* The whole plan as YAML; out->cut where it has no room. */
void print_plan_write(struct text *out, const struct plan *plan);
