/* recent.h - what was seen of each series in the last minutes, on the axis of the live view.
 *
 * Why: which signals are worth a row changes while a run goes on, and a row that comes should not
 * begin empty. So all series are kept, for as long as a terminal has columns.
 * Source: ours.
 * Thread: collecting thread.  Memory: an arena of its own, 1.6 KiB for each series that is seen. */
#pragma once

#include "base/arena.h"
#include "tick/tick.h"

#define RECENT_POINTS 400 /* as many as a canvas has columns */

struct recent {
    struct arena arena;
    float **series;  /* [SERIES_MAX] by id: [RECENT_POINTS] by place modulo; NULL: nothing of it */
    uint32_t count;  /* ids that were met */
    uint64_t newest; /* place: run time in ticks */
};

/* Nothing yet. False: too little memory; close it all the same. */
MUST_USE bool recent_open(struct recent *r, struct err *err);
void recent_close(struct recent *r);
/* Takes the samples of a tick; the axis goes on to `place`, where it begins. */
void recent_tick(struct recent *r, const struct tick *tick, uint64_t place, uint64_t tick_ns);
/* The value so many places before the newest; NAN: nothing is known of it. */
double recent_at(const struct recent *r, uint32_t series, uint32_t back);
