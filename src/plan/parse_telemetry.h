/* parse_telemetry.h - the keys `trace` and `otlp`, and what `$otlp.PART` stands for.
 *
 * Why: only the load and the variables need them, not every file that reads a plan.
 * Source: docs/tracing.md.  Thread: main.  Memory: the plan's arena. */
#pragma once

#include "plan/parse_priv.h"

/* `n` may be NULL: what holds without the key. */
void parse_telemetry_trace(struct parse *p, const struct node *n);
void parse_telemetry_otlp(struct parse *p, const struct node *n);
/* False: there is no such part. */
bool parse_telemetry_value(struct parse *p, struct bytes part, struct bytes *out);
