/* window.h - the part of a run that a report is about, as ticks.
 *
 * Why: whoever looks at fifteen seconds of an hour wants those judged by the same code as the
 * hour, and no figure that they cannot have. A window is of whole ticks, since nothing finer is
 * kept. A request counts in the tick in which it ended; one that ended after its stage, in the
 * stage's last tick. So the window of a whole stage has its figures, and what lies side by side
 * adds up.
 * Source: docs/method.md, "Windows".
 * Thread: any, read-only.  Memory: that of who found the window. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "tick/tick.h"

/* One stage's part of the window. */
struct window_span {
    uint32_t stage;
    uint64_t start_ns;       /* run time at which the stage began, */
    uint64_t settled_ns;     /* and at which its settle time ended */
    uint64_t from_ns, to_ns; /* run time of the part */
    uint32_t ticks;
    bool open;   /* asked for to the end of the stage, wherever that is */
    bool to_end; /* it goes to the end of what was seen of the stage */
    bool whole;  /* nothing of what it touches is left out: sums are those of the stage */
};

struct run_window {
    struct bytes asked;              /* as it was written */
    const struct window_span *spans; /* by stage, at most one each; never the drain */
    uint32_t span_count, ticks;
    uint64_t length_ns;
};

/* The stage's part; NULL: it has none. */
const struct window_span *window_span(const struct run_window *w, uint32_t stage);
/* Its time and its completions count. */
bool window_has_tick(const struct run_window *w, const struct tick *tick);
/* What the cell of that tick tells counts. */
bool window_has_cell(const struct run_window *w, const struct tick *tick, const struct cell *cell);
/* By intended time; a slot that an edge cuts lies where it begins. */
bool window_has_slot(const struct run_window *w, const struct slot *slot);
bool window_has_exemplar(const struct run_window *w, const struct tick *tick,
                         const struct exemplar *exemplar);
/* How much of the part is the stage's settle time. */
uint64_t window_settle_ns(const struct window_span *span);
