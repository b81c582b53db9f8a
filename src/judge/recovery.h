/* recovery.h - an objective `recovery after STAGE`: how long until all limits are kept again?
 *
 * Why: a spike that is over may leave a queue behind it that nobody works off. From the end of the
 * stage on each sliding second is held, as it was observed, against every limit of percentiles,
 * errors and availability; recovered is the first instant from which on all are kept for 5 s.
 * By the 100 ms of intended time (struct slot) where these can tell: errors and availability by
 * time of all requests, and the percentile of all requests with the tightest limit, which is what
 * slots count `over` by. Other limits are held against whole ticks, by when requests ended. Source:
 * docs/method.md, "Recovery". Thread: collecting thread.  Memory: the judge's arena, 24 bytes for
 * each 100 ms behind the stage, a day of them at most. */
#pragma once

#include "judge/limits.h"

struct recovery;

/* For a sentence of the plan's; keeps both. NULL: the arena is full. */
struct recovery *recovery_make(const struct objective *o, const struct books *books,
                               struct arena *arena);
/* After books_take() of the same tick. */
void recovery_take(struct recovery *r, const struct tick *tick);
/* The verdict. */
void recovery_conclude(const struct limits_desk *desk, const struct row *row,
                       struct objective_result *out);
