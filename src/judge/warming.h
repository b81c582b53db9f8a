/* warming.h - has the service come to rest? Watches a warm-up with `for: auto`.
 *
 * Why: what is judged should be the warm service, and nobody knows beforehand how long that takes.
 * Each second of the warm-up gives three values: the mean logarithm of the response times, the
 * logarithm of their p95, and that of the throughput (of an open stage: its share of what was
 * offered, so that the scatter of Poisson arrivals cancels). All three must be steady at once.
 * Source: stats/steady.h; docs/method.md, "Warm-up".
 * Thread: collecting thread.  Memory: the judge's arena. */
#pragma once

#include "base/arena.h"
#include "base/text.h"
#include "stats/steady.h"
#include "tick/run.h"
#include "tick/tick.h"

enum warming_series { WARMING_MIDDLE, WARMING_TAIL, WARMING_FLOW, WARMING_SERIES };

struct warming {
    const struct stage *stage; /* NULL: the plan has no such warm-up */
    struct hist *times;        /* of the second in hand */
    double values[WARMING_SERIES][STEADY_MOST];
    uint32_t count;
    bool steady;
    bool told[WARMING_SERIES]; /* is there a trend? Else too little was seen. */
    struct steady_trend trends[WARMING_SERIES];
};

/* Keeps the plan's first stage, where it is such a warm-up, and takes a histogram from `arena`. */
void warming_open(struct warming *w, const struct run_header *header, struct arena *arena);
/* True: with this tick it has come to rest; `why` (a clause) says how that shows. */
bool warming_take(struct warming *w, const struct tick *tick, struct text *why);
/* What has not come to rest: the series that moves most; a clause, and its change in a second as a
 * share. */
double warming_unrest(const struct warming *w, struct text *what);
