/* stall_lines.h - the stalls of a run in sentences.
 *
 * Why: that the service stood still for a second explains a percentile better than any percentile.
 * The summary has them for people, the event of a run in progress the same in short.
 * Source: docs/method.md, "Stalls".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "tick/result.h"

/* One stall: how long, when, which connections, how many requests were due. */
void stall_lines_one(struct text *out, const struct result *r, const struct stall_found *stall);
/* How many there are beyond those shown, and the longest of all. */
void stall_lines_rest(struct text *out, const struct result *r, uint32_t shown);
/* At equal distances: how far apart, and what that is often a sign of; false: they are not. */
bool stall_lines_rhythm(struct text *out, const struct result *r);
