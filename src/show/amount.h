/* amount.h - numbers as people read them, each with its unit.
 *
 * Why: a number without its unit is a guess, and rounding must not lie: what is not quite 100 % or
 * not quite zero is never shown as such.
 * Source: docs/summary.md, "The summary".
 * Thread: any.  Memory: none. NAN is shown as a dash everywhere. */
#pragma once

#include <stdint.h>

#include "base/text.h"
#include "plan/objective.h"

#define AMOUNT_NONE "–"

/* Latencies in one unit, for columns: the number of ms with so many decimals. */
void amount_ms(struct text *out, double ns, uint32_t decimals);
/* Decimals for a column whose smallest and largest value are these: three digits of the smallest,
 * less where the largest would have more than four, but two at least. */
uint32_t amount_ms_decimals(double least_ns, double most_ns);
/* A latency alone: `0.42 ms`, `391 ms`, `12.3 s`. */
void amount_time(struct text *out, double ns);
/* How long something lasts: `0.5 s`, `12 s`, `1 min 2 s`, `3 h 5 min`. */
void amount_length(struct text *out, double ns);
/* `0.012 %`, `99.98 %`. */
void amount_share(struct text *out, double share);
/* `49.9/s`, `1,204/s`. */
void amount_rate(struct text *out, double per_s);
/* The number of a rate, for columns that carry the unit in their title. */
void amount_per_s(struct text *out, double per_s);
/* `61,204`; a mean keeps a decimal below 100. */
void amount_count(struct text *out, double count);
void amount_bytes(struct text *out, double bytes);
/* The same with three digits, from `512 B` on; and by time: `1.25 MiB/s`. */
void amount_size(struct text *out, double bytes);
void amount_size_rate(struct text *out, double per_s);
/* `3.20 MiB/h`, `-12.0 KiB/h`, of bytes a second: what goes on for hours. */
void amount_size_per_hour(struct text *out, double per_s);
/* Of whatever: `1.84`, `0.0021`, `12,000`. */
void amount_number(struct text *out, double value);
/* A value in the unit of an objective: time, share, rate, bytes or number. */
void amount_of(struct text *out, const struct objective *objective, double value);
/* A value of a series in its unit: `1.84 cores`, `12.3`, `512 KiB`, `97 %`, `0.42 ms`. */
void amount_series(struct text *out, enum series_unit unit, double value);
/* The same of a value in a unit of result.json: "ms", "%", "% of offered", "/s", "B", ..., or a
 * count. */
void amount_in_unit(struct text *out, struct bytes unit, double value);
/* A moment as RFC 3339 has it, UTC, to the millisecond; nothing when it is beyond all years. */
void amount_moment(struct text *out, uint64_t wall_ns);
