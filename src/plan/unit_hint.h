/* unit_hint.h - the amount that is meant by a text that is none: `1,000 rps` is 1000/s.
 *
 * Why: a cure that changes the meaning, or is refused in its turn, is worse than none. So each is
 * read again before it is offered, by the very function that refused the text.
 * Source: docs/plan.md, "Rules for the whole file".  Thread: any.  Memory: none. */
#pragma once

#include "base/attr.h"
#include "base/text.h"
#include "plan/objective.h"

/* Writes an amount of `unit` that is read, and means what `in` says: with our words for units,
 * without blanks and thousands' commas; a bare number gets the commonest unit.
 * False: nothing is known that it could mean, and `out` is as it was. */
MUST_USE bool unit_hint_find(struct text *out, struct bytes in, enum objective_unit unit);
