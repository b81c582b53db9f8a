/* units.h - amounts with their units, as plans and flags write them.
 *
 * Why: a bare number where a unit belongs is an error with a cure, in every place alike.
 * Source: docs/plan.md, "Rules for the whole file".
 * Thread: any.  Memory: none. */
#pragma once

#include "base/attr.h"
#include "base/bytes.h"

/* Each reads all of `in`; false: `*why` is a static sentence naming the cause and the form wanted.
 * Durations: ns us ms s m h d, also compound `1m30s`. Rates: /s /m /h. */
MUST_USE bool units_duration(struct bytes in, uint64_t *out_ns, const char **why);
MUST_USE bool units_rate(struct bytes in, double *out_per_s, const char **why);
MUST_USE bool units_share(struct bytes in, double *out, const char **why);   /* `0.1%` is 0.001 */
MUST_USE bool units_count(struct bytes in, uint64_t *out, const char **why); /* whole number */
/* `512MiB` and `512MB`, with /s, /m (/min) or /h behind it for a rate; `1.5`. */
MUST_USE bool units_bytes(struct bytes in, double *out, const char **why);
MUST_USE bool units_bytes_rate(struct bytes in, double *out_per_s, const char **why);
MUST_USE bool units_number(struct bytes in, double *out, const char **why);

/* The shortest text that reads back as exactly this amount: `1.5s` is "1500ms". */
struct text;
void units_add_duration(struct text *out, uint64_t ns);
void units_add_rate(struct text *out, double per_s);
void units_add_number(struct text *out, double value);
