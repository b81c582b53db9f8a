/* signals.h - what moved with the objective that is worst: some series, and prony's own part.
 *
 * Why: cause and effect are seen where they stand above each other on one axis of time. Which
 * series are worth a row is decided once, by the judge (judge/moves.h), so that the live view, the
 * summary, a replay and JSON show the same ones with the same numbers.
 * Source: docs/method.md, "Signals".
 * Thread: collecting thread.  Memory: owned by the judge, valid until its next result. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tick/sample.h"

#define SIGNALS_MAX 6
#define SIGNALS_POINTS 240 /* at most: of a longer run each stands for more than a tick */

/* One of them. Values are in the series' unit, NAN where nothing is known. */
struct signal_row {
    struct series series; /* id: SERIES_MAX of what is no series */
    double rho;           /* rank correlation with how bad the objective was; NAN: none was asked */
    double usual;         /* the middle of its values while the objective was at its better half */
    double lo, hi;        /* beyond these it is not usual */
    double at_worst;      /* likewise, while the objective was in its worst tenth */
    double left_s;        /* run time at which it left its usual range; NAN: it did not */
    bool above;           /* it left upwards */
    const float *points;  /* [point_count] */
};

struct objective_result;

struct signals {
    const struct objective_result *with; /* the worst objective; NULL: p95 of all requests */
    const float *figure;                 /* [point_count] what it measured, in its own unit */
    uint32_t point_count;
    double start_s, point_s;             /* run time of the first point, and how long each lasts */
    struct signal_row rows[SIGNALS_MAX]; /* the strongest first */
    uint32_t count;
    struct signal_row own; /* cores that prony itself took; of no series, without rho */
};

/* Run time at which a point begins. */
static inline double signals_time_s(const struct signals *s, uint32_t point)
{
    return s->start_s + point * s->point_s;
}
