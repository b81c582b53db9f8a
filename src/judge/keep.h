/* keep.h - the few requests of a run that are worth showing: first errors, slowest.
 *
 * Why: a tick's exemplars are gone after the tick; the summary wants the first error of each kind
 * and place, and the slowest requests of all.
 * Source: docs/architecture.md, "The tick".
 * Thread: collecting thread.  Memory: fixed, from the judge's arena; texts are cut. */
#pragma once

#include "base/arena.h"
#include "tick/tick.h"

#define KEEP_ERRORS 64
#define KEEP_SLOWEST 10
#define KEEP_DETAIL_BYTES 200
#define KEEP_SAMPLE_BYTES 1024

struct keep_texts {
    char detail[KEEP_DETAIL_BYTES], sample[KEEP_SAMPLE_BYTES];
};

struct keep {
    struct exemplar *shown; /* [KEEP_SLOWEST + KEEP_ERRORS]: slowest first, then errors as met */
    struct exemplar *slowest, *errors;
    struct keep_texts **slowest_texts; /* [KEEP_SLOWEST], move with their exemplars */
    struct keep_texts *error_texts;    /* [KEEP_ERRORS] */
    uint32_t slowest_count, error_count;
};

void keep_open(struct keep *k, struct arena *arena);
void keep_take(struct keep *k, const struct exemplar *exemplar);
/* All that are kept, in k->shown; returns how many. */
uint32_t keep_show(struct keep *k);
