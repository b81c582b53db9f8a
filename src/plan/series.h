/* series.h - names of what is measured of services and hosts, with their units.
 *
 * Why: an objective, a source, a page and the documentation name the same number the same way, and
 * a limit in bytes on a number of cores is refused before anything is sent. The names stand in one
 * table, series.def; a service's own metrics come under `metrics.` with no unit.
 * Source: docs/observing.md, which a test holds to the table.
 * Thread: any.  Memory: static. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum series_unit {
    SERIES_NUMBER,   /* without a unit: somebody's own metric */
    SERIES_COUNT_OF, /* things: threads, descriptors, connections */
    SERIES_CORES,    /* seconds of CPU a second */
    SERIES_WAITING,  /* mean number of threads or requests that wait at a place */
    SERIES_BYTES,
    SERIES_BYTES_PER_S,
    SERIES_PER_S,
    SERIES_SHARE, /* 0 to 1 */
    SERIES_SECONDS,
    SERIES_UNIT_COUNT
};

/* The rows of the table: SERIES_OF_CPU_USER, ... */
enum series_row {
#define SERIES(ident, name, unit, meaning) SERIES_OF_##ident,
#include "plan/series.def"
#undef SERIES
    SERIES_ROWS
};

/* One of them. */
struct series_kind {
    const char *name;
    enum series_unit unit;
    const char *meaning; /* a clause for people */
};

/* NULL: no such name; those below `metrics.` are anybody's. */
const struct series_kind *series_find(struct bytes name);
const struct series_kind *series_row(enum series_row row);
/* The unit of somebody's own number, which its name says as Prometheus' do: `_total` is a count
 * and so a rate, `_seconds`, `_bytes`, `_ratio`; SERIES_NUMBER where it says nothing. What prony
 * makes of a distribution stands behind the name: `.rate`, and `.mean`, `.p95` in the name's unit.
 */
enum series_unit series_own_unit(struct bytes name);
/* Whether it is such a mean or percentile: of several the worst counts, they never add up. */
bool series_is_typical(struct bytes name);
/* "cores", "B/s", ...: static; "" for a number. */
const char *series_unit_name(enum series_unit unit);
