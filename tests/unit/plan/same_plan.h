/* same_plan.h - whether two plans mean the same, field by field.
 *
 * Why: what is printed must read back; where it stood in which file is not part of it.
 * Source: ours.
 * Thread: main.  Memory: none. */
#pragma once

#include "plan/plan.h"

/* Fails the test, naming the row and the first field that differs. */
void same_plan_check(const char *row, const struct plan *a, const struct plan *b);
