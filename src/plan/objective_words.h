/* objective_words.h - the parts of an objective's sentence, found in its text alone.
 *
 * Why: what is shown or compared later has the sentence, in a result or in a stored run, and not
 * always the plan whose names it was parsed against.
 * Source: docs/plan.md, "Objectives".
 * Thread: any.  Memory: views of the text given. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* Where the comparison begins; a quoted name may hold such a sign too. No comparison: its end. */
size_t objective_words_goal(struct bytes text);
/* What is measured: `p99 of poll`. */
struct bytes objective_words_subject(struct bytes text);
/* Whether the sentence asks for little (`<`) rather than for much (`>`). */
bool objective_words_wants_little(struct bytes text);
