/* keep.h - the few requests of a run that are worth showing: the slowest of each stage, one by
 * chance to hold beside them, and the first error of each kind.
 *
 * Why: a tick's exemplars are gone after the tick; the summary wants those of the whole run. By
 * stage, since the slowest of all would come from the worst stage alone; and an ordinary request
 * tells which phase of a slow one is out of the ordinary.
 * Source: docs/summary.md, "With --verbose".
 * Thread: collecting thread.  Memory: fixed, from the judge's arena; texts of errors are cut. */
#pragma once

#include "base/arena.h"
#include "tick/tick.h"

#define KEEP_ERRORS 64
#define KEEP_SLOWEST 3 /* a stage */
#define KEEP_DETAIL_BYTES 200
#define KEEP_SAMPLE_BYTES 1024

struct keep_texts {
    char detail[KEEP_DETAIL_BYTES], sample[KEEP_SAMPLE_BYTES];
};

/* Of one stage; slow ones and the one by chance keep no texts. */
struct keep_stage {
    struct exemplar slowest[KEEP_SLOWEST], chance;
    uint32_t slowest_count;
    bool has_chance;
    uint64_t draw; /* of `chance`: the least wins */
};

struct keep {
    /* [stage_count * (KEEP_SLOWEST + 1) + KEEP_ERRORS]: by stage the slowest first, then the one by
     * chance; after all stages the errors as met. */
    struct exemplar *shown;
    struct keep_stage *stages;
    struct exemplar *errors;
    struct keep_texts *texts; /* [KEEP_ERRORS] */
    uint32_t stage_count, error_count;
};

/* Empty, all from `arena`, whose owner tests arena_ok(). */
void keep_open(struct keep *k, uint32_t stage_count, struct arena *arena);
/* Keeps it if it is among those worth showing; texts are copied. One of an unknown stage is not. */
void keep_take(struct keep *k, const struct exemplar *exemplar);
/* All that are kept, in k->shown; returns how many. */
uint32_t keep_show(struct keep *k);
