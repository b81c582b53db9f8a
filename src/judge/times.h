/* times.h - avg, percentiles and max of times, some of which were not seen to their end.
 *
 * Why: the finding is a pure function of the ranked times, so it can be tested by hand-made ones,
 * and asked again with prony's own lag taken out.
 * Source: docs/method.md, "Percentiles" and "Times that were not seen to their end".
 * Thread: any.  Memory: none. */
#pragma once

#include "base/attr.h"
#include "judge/tally.h"
#include "tick/result.h"

/* What the ticks say of how far the values depend on each other. */
struct times_spread {
    /* Design effect of the share of times over `limit_ns` (UINT64_MAX: over every limit), >= 1;
     * NAN: too few ticks to say. */
    double (*effect)(const void *of, uint64_t limit_ns);
    const void *of;
    double avg_half_ns; /* half interval of the mean; NAN: too few ticks */
};

/* Judges `r` against a METRIC_AVG, METRIC_QUANTILE or METRIC_MAX objective. A finding that is
 * NOT_JUDGED says that there were too few values, or too few bursts of them. `scratch` is
 * overwritten. */
void times_find(const struct objective *o, const struct ranked *r,
                const struct times_spread *spread, struct hist *scratch, struct finding *out);
/* Times this far from a limit are on one side of it, though the interval lacks that end. */
#define TIMES_CLEARLY 4
/* Such a part of the way from the shortest times to a limit is far below it, likewise. */
#define TIMES_CLOSELY 8
/* How many times as much of the same would have settled an inconclusive or too small finding;
 * NAN: unknown, or never. */
double times_needed(const struct objective *o, const struct ranked *r,
                    const struct times_spread *spread, const struct finding *f);
