/* evidence.h - single requests: what failed, first seen when, and the slowest with their phases.
 *
 * Why: a figure says how many; a request that can be looked at says what. The slow ones stand
 * beside one by chance, so that the phase that is out of the ordinary is seen at once.
 * Source: docs/summary.md, "With --verbose".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/style.h"
#include "tick/result.h"

/* How requests failed, by name; nothing where none did. */
void evidence_failures(struct text *out, const struct result *result,
                       const struct show_style *style);
/* The slowest of each stage and one by chance, each taken apart. */
void evidence_slowest(struct text *out, const struct result *result,
                      const struct show_style *style);
