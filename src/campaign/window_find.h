/* window_find.h - from the words of --window to the ticks they mean.
 *
 * Why: offsets are from where a stage really began, and windows are of whole ticks; both are known
 * only from the run's own file. What can't be had is refused with what could be.
 * Source: docs/cli.md, "A window of a run".
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "tick/run.h"

struct window_question {
    struct bytes asked; /* STAGE, STAGE:+A..+B or A..B; kept */
    const struct run_header *header;
    const struct tick *ticks; /* of the run, when they were */
    uint32_t tick_count;
};

/* NULL: no such window, `err` says why and what to write instead. */
const struct run_window *window_find(const struct window_question *question, struct arena *arena,
                                     struct err *err);
