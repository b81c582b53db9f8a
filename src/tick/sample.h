/* sample.h - a number measured of a service, of what it leans on or of its host, and when it held.
 *
 * Why: what the service did in the second in which a route got slow is what explains it, so it is
 * carried in the same tick on the same clock. Sources find things while the run goes on (a thread,
 * a disk, a counter of somebody's own), so series are met, not planned: each is declared once, in
 * the tick in which it is met, and known by its number from there on.
 * Source: docs/observing.md lists the names; plan/series.def has their units.
 * Thread: as tick.h.  Memory: as tick.h. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "plan/series.h"

#define SERIES_MAX 4096        /* of a run; what is met beyond is told as an event, not kept */
#define SERIES_TEXT_BYTES 1024 /* of a series' owner, name and label together, at most */

/* The history of one number. */
struct series {
    uint32_t id;        /* 0, 1, 2, ... in the order in which the run met them */
    struct bytes of;    /* a service of the plan, "host" or "prony" */
    struct bytes name;  /* "cpu.user" */
    struct bytes label; /* which one, where there are several: "thread worker-3"; or empty */
    enum series_unit unit;
};

/* Its mean over (from_ns, to_ns] of run time, rates and shares among them; where the two are equal,
 * its value at that instant. It entered the tick in which it became known and belongs to the time
 * that it covers. `value` has the 24 bits of a float, so that live and replayed are equal. */
struct sample {
    uint32_t series;
    uint64_t from_ns, to_ns;
    double value;
};

/* Places on an axis of ticks [*from, *to) that it stands for: each whose middle it covers; of what
 * covers none the one that its own middle lies in, where an instant tells of the time before it. */
static inline void sample_places(const struct sample *s, uint64_t tick_ns, uint64_t *from,
                                 uint64_t *to)
{
    *from = (s->from_ns + tick_ns / 2) / tick_ns;
    *to = (s->to_ns + tick_ns / 2) / tick_ns;
    if (*to > *from) return;
    uint64_t at_ns = s->from_ns + (s->to_ns - s->from_ns) / 2;
    if (s->from_ns == s->to_ns && at_ns > 0) at_ns--;
    *from = at_ns / tick_ns;
    *to = *from + 1;
}
