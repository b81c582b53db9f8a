/* path_form.h - the form of a JSON path, as checks and captures write it: .a.b[0]["c d"]
 *
 * Why: a wrong path is told when the plan is read, with its place; what it finds is the engine's.
 * Source: docs/plan.md, "Checks"; RFC 8259 section 7 for the escapes of a quoted name.
 * Thread: any.  Memory: none. */
#pragma once

#include "base/attr.h"
#include "base/bytes.h"

/* Length of the path at the start of `text`; it ends at a space or an operator outside [" "].
 * 0: not a path; `*why` is a static sentence and `*at` the byte it is about. */
size_t path_form_len(struct bytes text, size_t *at, const char **why);
