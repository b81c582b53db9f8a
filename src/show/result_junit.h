/* result_junit.h - the result as JUnit XML: an objective is a test case.
 *
 * Why: every CI system reads it and shows which test failed, since when, and how often. A miss is
 * a failure; what could not be decided, or not be believed, is an error, since a test that reached
 * no end has not passed; what only warns or was not judged is skipped.
 * Source: the junit-10 schema of Jenkins' xunit plugin; XML 1.0; docs/result.md, "JUnit".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "tick/result.h"

/* `lenient`: what is merely undecided is skipped (--fail-on missed). */
void result_junit_write(struct text *out, const struct result *result, bool lenient);
/* A text as XML has it, in an attribute or between tags. */
void result_junit_text(struct text *out, struct bytes value);
