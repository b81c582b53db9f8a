/* tail_line.h - what the connections of the slowest requests have in common, in a sentence.
 *
 * Why: "3 of 64 connections had to send again and hold 81 % of the slowest requests" ends a search
 * that a percentile begins.
 * Source: docs/method.md, "The tail by connection".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "tick/result.h"

/* Of all judged stages; false: there is nothing to tell. */
bool tail_line_resent(struct text *out, const struct result *r);
/* The stage whose tail few connections hold, if there is one; false: there is none. */
bool tail_line_few(struct text *out, const struct result *r);
