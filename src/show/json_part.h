/* json_part.h - the small pieces of our JSON: figures, counts, texts, moments, units.
 *
 * Why: the result and the stream of ticks must write the same thing in the same way.
 * Source: docs/result.md.  Thread: collecting thread.  Memory: jansson's heap. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json_tree.h"
#include "plan/objective.h"

#define JSON_PART_PRECISION 12 /* digits of a figure */

/* A whole number. Each of these is the caller's. */
json_t *json_part_count(uint64_t value);
/* A figure that does not exist, or has no end, is null. */
json_t *json_part_figure(double value);
/* Text of the target's may be anything: what isn't UTF-8 or printable becomes \xNN. */
json_t *json_part_text(struct bytes b);
/* RFC 3339, UTC, to the millisecond. */
json_t *json_part_moment(uint64_t wall_ns);
/* A value of an objective as programs read it: ns to ms, shares to percent; and its unit. */
double json_part_in_unit(const struct objective *objective, double value);
const char *json_part_unit(const struct objective *objective);
