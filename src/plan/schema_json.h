/* schema_json.h - the key table as a JSON Schema, for editors and other checkers of plans.
 *
 * Why: an editor that knows the keys, their forms and their meaning completes and underlines while
 * a plan is written. It sees shapes only: names, variables and sums are for `prony check`.
 * Source: JSON Schema draft 2020-12; plan/schema.def.
 * Deviation: a plan's scalars are text, so a count may be 8 or "8".
 * Thread: any.  Memory: the caller's text, which wants SCHEMA_JSON_MAX bytes. */
#pragma once

#include "base/text.h"
#include "plan/key_table.h"

#define SCHEMA_JSON_MAX (128u << 10)

/* All of it, at most SCHEMA_JSON_MAX bytes. */
void schema_json_write(struct text *out);
/* Whether the schema says more of `key` than its shapes: a form with a rule of its own, or a list
 * of words. A test wants it of every key. */
bool schema_json_is_exact(enum key key);
