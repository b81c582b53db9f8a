/* objective_row.h - an objective as a row: its order among the others, mark, subject, details.
 *
 * Why: every form of the result shows misses first and says the same of each objective.
 * Source: docs/summary.md, "The summary".
 * Thread: any.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/style.h"
#include "tick/result.h"

#define OBJECTIVE_ROW_HOLDS 5 /* the last rank */

/* Misses first, then what is open, what only warns, what could not be judged, what holds. */
uint32_t objective_row_rank(const struct objective_result *o);
/* The row-th by rank; NULL: there are fewer. */
const struct objective_result *objective_row_at(const struct result *r, uint32_t row);
enum tone objective_row_tone(const struct objective_result *o);
/* `✗` `⚠` `?` `–` `✓` */
const char *objective_row_mark(const struct objective_result *o);
/* The same of its parts; `margin` is the share left. What holds and was not asked for is no
 * achievement. */
enum tone objective_row_tone_of(enum verdict verdict, bool warn, bool implicit, double margin);
const char *objective_row_mark_of(enum verdict verdict, bool warn);
/* `p99 of poll`; of `of each` with the name in the place of `each`. */
void objective_row_subject(struct text *out, const struct result *r,
                           const struct objective_result *o);
/* The sentence of an objective `of each`, with the name in the place of `each`; as it is where `of`
 * is empty. */
void objective_row_named(struct text *out, struct bytes text, struct bytes of);
/* What stands behind the verdict where there is room: how far, how often, what is wanting. */
void objective_row_detail(struct text *out, const struct objective_result *o);
/* `100 ×` the limit, where what was measured is more than ten times the limit; else nothing, false.
 */
bool objective_row_far_beyond(struct text *out, double margin);
/* `13.4 – 15.3 ms`: of two amounts, the unit once where both have the same. */
void objective_row_between(struct text *out, struct bytes lo, struct bytes hi);
/* The interval so; nothing where there is none. */
void objective_row_interval(struct text *out, const struct objective_result *o);
/* The sentence, of `of each` with the name: `p99 of poll < 200ms`. */
void objective_row_sentence(struct text *out, const struct result *r,
                            const struct objective_result *o);
/* `216 ms in climb@1200/s, wanted < 150ms; 1 of 7 stages`. */
void objective_row_words(struct text *out, const struct result *r,
                         const struct objective_result *o);
