/* abort_when.h - sentences that end a run early when they have held long enough.
 *
 * Why: a service on its knees should not be beaten for the rest of an hour. A sentence holds for a
 * tick when the tick's own values say so; it fires when it has held in every tick of its duration.
 * Ticks in which nothing of it ended neither count nor break the row. `of each` is as many
 * sentences as there are names: one name must hold through, not a different one each second.
 * Source: docs/plan.md, "abort_when".  Thread: collecting thread.  Memory: the judge's arena. */
#pragma once

#include "base/text.h"
#include "judge/reading.h"

struct abort_watch {
    uint64_t held_ns; /* how long the ticks in a row were in which it held, silent ones left out */
};

struct abort_when {
    const struct books *books;
    struct abort_watch *watches; /* one a sentence, in order; of `of each` one a name */
    struct reading reading;
};

/* Keeps `books`, which must be open; an arena that is full leaves no watches: test arena_ok(). */
void abort_when_open(struct abort_when *a, const struct books *books, struct arena *arena);
/* True: the run should stop; `reason` says which sentence, of which name, and with what number. */
bool abort_when_take(struct abort_when *a, const struct tick *tick, struct text *reason);
