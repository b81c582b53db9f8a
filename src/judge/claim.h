/* claim.h - an interval against a limit: what may be claimed.
 *
 * Why: every kind of objective ends in the same three words, decided in one place.
 * Source: docs/method.md, "Holds, missed, inconclusive".  Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>

#include "base/text.h"
#include "tick/result.h"

/* Wholly inside the limit: HOLDS; wholly outside: MISSED; across, or an end that is not known:
 * INCONCLUSIVE. An end that is NAN is not known. */
enum verdict claim_verdict(const struct objective *o, double lo, double hi);
/* Has the one observed value the right side of the limit? */
bool claim_met(const struct objective *o, double value);
/* Is it met by small values (`<`, `<=`)? */
bool claim_is_below(const struct objective *o);
/* Share of the limit that is left, negative when missed. Of an availability: share of the
 * unavailability that the limit allows. NAN: the limit is 0 (or 100 %), or there is no value. */
double claim_margin(const struct objective *o, double value);
/* One that no interval can settle, since its limit is the end of the scale: `errors <= 0%`,
 * `availability >= 100%`. Judged by what was observed. */
bool claim_is_absolute(const struct objective *o);
/* By what was observed alone: HOLDS or MISSED. */
enum verdict claim_seen(const struct objective *o, double value);
/* The value in words, in the sentence's unit: "412.3 ms", "0.8%". */
void claim_add_value(struct text *out, const struct objective *o, double value);
/* The finding of an observed value, without an interval. */
void claim_observed(const struct objective *o, struct finding *f);
