/* reading.h - what a sentence measures, over one tick alone.
 *
 * Why: abort_when and the signals that are held against an objective both look at single ticks, and
 * must never read a sentence apart.
 * Source: docs/plan.md, "Objectives".
 * Thread: collecting thread.  Memory: the judge's arena, a histogram once the first time comes. */
#pragma once

#include "judge/books.h"

struct reading {
    const struct books *books;
    struct tally tally; /* of the tick in hand */
    struct arena *arena;
    uint64_t from_ns; /* what was intended in stages that began earlier is left out */
};

/* Keeps `books`, which must be open. */
void reading_open(struct reading *r, const struct books *books, struct arena *arena);
/* The metric of the sentence over this tick, `name` as scope_has_cell() has it, in the sentence's
 * unit; INFINITY: a time that was not seen to its end; NAN: nothing to say. Of nothing that is
 * sampled. */
double reading_take(struct reading *r, const struct objective *o, uint32_t name,
                    const struct tick *tick);
/* What a sentence about times, or about a share, says of what a tally holds; likewise. */
double reading_time(const struct objective *o, const struct tally *t);
double reading_share(const struct objective *o, const struct tally *t);
/* 1: some ok answer to what was asked in this tick; 0: none; NAN: nothing was asked. */
double reading_answered(const struct objective *o, const struct tick *tick);
