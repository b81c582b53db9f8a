/* strips.h - many series over a run of any length, each in at most 240 points on one axis of time.
 *
 * Why: which series are worth showing is known only when it is known what went wrong, so all are
 * kept; and a run may take a day. A point is first one tick long; where the axis is full, all
 * points are put together two by two, so memory is bounded and the axis always begins with the run.
 * explain/recall.h keeps sums by stage instead, and ticks only of places: it asks about stages.
 * Source: dynamic batch means (I. Yeh, B. Schmeiser, 2000) put batches together likewise.
 * Thread: collecting thread.  Memory: the arena given, 1.5 KiB a strip that has a value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "tick/signals.h"

/* Both NULL: it has no value yet. */
struct strip {
    float *means;     /* [SIGNALS_POINTS]; NAN: nothing is known */
    uint16_t *counts; /* [SIGNALS_POINTS]: of how many values */
};

struct strips {
    struct arena *arena;
    struct strip *items; /* [count] */
    uint32_t count;
    uint64_t tick_ns, first; /* ticks since run time 0 that the axis begins at */
    uint32_t level;          /* a point is 2^level ticks long */
    uint32_t points;         /* so many are known of */
    bool begun;
};

/* A full arena leaves out what has no room. */
void strips_open(struct strips *s, struct arena *arena, uint32_t count, uint64_t tick_ns);
/* The axis goes on to here, or begins. */
void strips_reach(struct strips *s, uint64_t at_ns);
/* A sample counts in each of its places (tick/sample.h); sample->series is the strip. What lies
 * before the axis is not kept. */
void strips_put(struct strips *s, const struct sample *sample);
/* [points]; NULL: it has no value. */
const float *strips_of(const struct strips *s, uint32_t item);
/* Its time on the axis. */
double strips_start_s(const struct strips *s);
double strips_point_s(const struct strips *s);
