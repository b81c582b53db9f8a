/* seen.h - an objective about a service or its host in one stage, from its samples.
 *
 * Why: such a one looks at no request, so none of what limits.h knows of them applies: memory that
 * was needed once is needed, the rest is a mean over the stage's time.
 * Source: docs/method.md, "What is seen of services".
 * Thread: collecting thread.  Memory: none. */
#pragma once

#include "judge/rows.h"

/* Of a stage that is `seconds` long; `*needed_s` are so many as would settle it, NAN: unknown. */
struct finding seen_find(const struct row *row, uint32_t stage, double seconds, double *needed_s);
