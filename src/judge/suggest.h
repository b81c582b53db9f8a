/* suggest.h - limits that a run without objectives would have held.
 *
 * Why: what is suggested after a run has to pass the judge on that run. So the sentences are judged
 * like a plan's own, and the limit is raised until the verdict is `holds`.
 * Source: docs/summary.md, TRY.  Thread: collecting thread.  Memory: the judge's arena. */
#pragma once

#include "judge/limits.h"

struct suggest {
    struct objective sentences[SUGGESTED_COUNT];
    struct rows rows; /* none: the plan has objectives of its own */
};

/* The books must be open, and stay where they are; so must `s`. */
void suggest_open(struct suggest *s, const struct books *books, struct arena *arena);
/* After books_take() of the same tick. */
void suggest_take(struct suggest *s, const struct tick *tick);
/* At the end. 0 where no limit up to about ten times what was measured would hold. */
void suggest_find(struct suggest *s, const struct limits_desk *desk, struct suggestion *out);
