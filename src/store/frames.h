/* frames.h - when the ticks of a run file were: the columns of its table `tick` beside the blob.
 *
 * Why: what reads a run walks through its time, so a file that says a tick lasted for centuries, or
 * that time went backwards, would keep it busy for as long. Apart from SQLite, so that a fuzzer
 * gets at it.
 * Source: docs/run-file.md, "Reading".  Thread: any.  Memory: in place. */
#pragma once

#include "tick/run.h"
#include "tick/tick.h"

enum { FRAME_INDEX, FRAME_START, FRAME_END, FRAME_STAGE, FRAME_JUDGED, FRAME_LAST, FRAME_COLUMNS };

/* What the next one may be. */
struct frames {
    uint64_t tick_ns;     /* that they are to last; they may be shorter, and hardly longer */
    uint32_t stage_count; /* of the plan */
    uint64_t next_index;  /* at least */
    uint64_t end_ns;      /* of the one before */
};

/* None yet, of the run of `header`. */
void frames_init(struct frames *f, const struct run_header *header);
/* The next one: its columns[FRAME_COLUMNS] are put in `out`, where all else is zero. False: no run
 * has such a tick, or not behind the one before; then nothing has changed. */
MUST_USE bool frames_take(struct frames *f, const uint64_t *columns, struct tick *out);
