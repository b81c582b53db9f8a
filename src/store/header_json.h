/* header_json.h - the header of a run as JSON, and back.
 *
 * Why: a replay reads nothing but the run file, so all that judge and sinks look at stands in it:
 * numbers, tables, the plan's text with secrets masked, and the objectives as sentences with their
 * places, which are parsed again by the same grammar. Doubles are written with 17 digits, so they
 * come back with every bit.
 * Source: docs/run-file.md, "Header".
 * Thread: any.  Memory: everything that is kept goes into the arena given. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "plan/diag.h"
#include "tick/run.h"

/* at == NULL: out of memory. */
struct bytes header_json_make(struct arena *arena, const struct run_header *header);
/* Fills `out` and a plan behind it. False: `err`; any input is safe. */
MUST_USE bool header_json_read(struct run_header *out, struct arena *arena, struct bytes json,
                               struct err *err);
/* The names that a sentence about this run may use. */
struct objective_names header_json_names(struct arena *arena, const struct plan *plan);
