/* blot.h - a plan's text without its secrets, every other letter in its place.
 *
 * Why: the run file keeps the plan's text, and messages point into it, so a secret is blotted out
 * by as many asterisks. The text names $env.X and not its value; what is left are values written
 * out a second time, credentials written into the plan, and passwords in URLs.
 * Source: docs/run-file.md, "What is masked".
 * Thread: any.  Memory: in place. */
#pragma once

#include "plan/plan.h"

#define BLOT_SECRET_LEN_MIN 4 /* shorter values would blot out digits everywhere */

/* Blots `len` bytes at `text`, which is the plan's source or a part of it. */
void blot_text(char *text, size_t len, const struct plan *plan);
