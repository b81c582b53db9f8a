/* keep.h - the few requests of a run that are worth showing: the slowest of each stage, one by
 * chance to hold beside them, the slowest of whom services told, and the first error of each kind.
 *
 * Why: a tick's exemplars are gone after the tick; the summary wants those of the whole run. By
 * stage, since the slowest of all would come from the worst stage alone; and an ordinary request
 * tells which phase of a slow one is out of the ordinary.
 * Source: docs/summary.md, "With --verbose".
 * Thread: collecting thread.  Memory: fixed, from the judge's arena; texts of errors are cut. */
#pragma once

#include "base/arena.h"
#include "tick/tick.h"
#include "tick/trace_span.h"

#define KEEP_ERRORS 64
#define KEEP_SLOWEST 3 /* a stage */
#define KEEP_TRACED 8  /* of a stage, since the spans of the slowest may never come */
#define KEEP_SPANS 64  /* requests whose spans are kept */
#define KEEP_DETAIL_BYTES 200
#define KEEP_SAMPLE_BYTES 1024

struct keep_texts {
    char detail[KEEP_DETAIL_BYTES], sample[KEEP_SAMPLE_BYTES];
};

/* Of one stage; slow ones and the one by chance keep no texts. */
struct keep_stage {
    struct exemplar slowest[KEEP_SLOWEST], chance;
    struct exemplar traced[KEEP_TRACED]; /* those with the sampled flag, whatever their kind */
    uint32_t slowest_count, traced_count;
    bool has_chance;
    uint64_t draw; /* of `chance`: the least wins */
};

/* What services said of one request. */
struct keep_spans {
    struct exemplar of; /* without texts */
    uint32_t len;
    char text[TRACE_SPAN_TEXT_MAX];
};

struct keep {
    /* [stage_count * (KEEP_SLOWEST + 2) + KEEP_ERRORS + KEEP_SPANS]: by stage the slowest first,
     * then the one by chance, then the slowest whose spans are known; after all stages the errors
     * as met, and last the spans of any of these. */
    struct exemplar *shown;
    struct keep_stage *stages;
    struct exemplar *errors;
    struct keep_texts *texts; /* [KEEP_ERRORS] */
    struct keep_spans *spans; /* [KEEP_SPANS] */
    uint32_t stage_count, error_count, spans_count;
};

/* Empty, all from `arena`, whose owner tests arena_ok(). */
void keep_open(struct keep *k, uint32_t stage_count, struct arena *arena);
/* Keeps it if it is among those worth showing; texts are copied. One of an unknown stage is not. */
void keep_take(struct keep *k, const struct exemplar *exemplar);
/* All that are kept, in k->shown; returns how many. */
uint32_t keep_show(struct keep *k);
