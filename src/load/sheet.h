/* sheet.h - what one worker counts in one tick.
 *
 * Why: the record path may not allocate, lock, share or format. A worker writes into one sheet;
 * at the tick's edge it publishes it and takes an empty one; the collector reads it, empties it and
 * gives it back. Buckets are 32-bit with a bitmap of touched blocks, so reading and emptying cost
 * what was recorded, not what could be.
 * Source: docs/architecture.md, "The tick".
 * Thread: the worker until published, then the collector until returned.
 * Memory: planned by sheet_bytes(); address space for every (stage, name), pages only where
 * touched. */
#pragma once

#include "base/arena.h"
#include "load/lot.h"
#include "tick/tick.h"

#define SHEET_DIRTY_WORDS 2 /* 4609 buckets in blocks of 64: 73 bits */
#define SHEET_BLOCK 64u     /* buckets that share a dirty bit */
#define SHEET_ERRORS 16     /* first errors of a tick that are kept with their text */
#define SHEET_STALLS 16     /* found in a tick; more than 50 a second cannot be told apart */
#define SHEET_TAKEUPS 256   /* far more than are looked at in a tick, but for one behind a stop */
#define SHEET_SAMPLE 1024   /* bytes kept of a reply */
#define SHEET_HIST_TOUCHED_BYTES ((size_t)8192) /* of a histogram: times lie close together */

/* A histogram less its buckets. */
struct live_hist {
    uint64_t count, sum_ns, max_ns;
    uint64_t dirty[SHEET_DIRTY_WORDS];
};

struct live_cell {
    uint32_t stage;
    bool settle;
    enum cell_kind kind;
    uint32_t index;
    uint64_t begun, answered_5xx, rested_ns;
    uint64_t shortages[SHORTAGE_COUNT];
    struct tail tail;
    uint64_t outcomes[OUTCOME_COUNT];
    struct live_hist measures[MEASURE_COUNT]; /* side by side: a request writes most of them */
    uint32_t buckets[MEASURE_COUNT][HIST_BUCKETS + 1];
};

struct live_slot {
    bool used;
    struct slot slot;
};

struct live_exemplar {
    struct exemplar at; /* detail and sample are filled from below when it is collected */
    bool used;
    uint32_t detail_len, sample_len;
    char detail[200];
    char sample[SHEET_SAMPLE];
};

/* An arrival of the sample (takeups.h). */
struct takeup {
    uint64_t at_ns; /* run time */
    uint32_t stage;
};

struct sheet_shape {
    uint32_t stage_count; /* drain included */
    uint32_t name_count, scenario_count;
    uint32_t slot_size; /* a power of two: 100 ms slots that one tick can touch */
};

struct sheet {
    struct sheet_shape shape;
    uint64_t start_ns, end_ns; /* run time */
    uint32_t *cell_of;         /* by (stage, settle, kind+index): 1 + cell, 0: none yet */
    struct live_cell *cells;
    uint32_t cell_count;
    struct live_slot *slots; /* open addressing by (stage, index) */
    uint32_t *slot_used;
    uint32_t slot_count;
    double *requests_in_flight;   /* [name_count] ns x count */
    double *iterations_in_flight; /* [scenario_count] */
    double users;
    uint64_t cpu_ns;  /* that the worker took, less what it waited awake */
    uint64_t held_ns; /* in which it stood still */
    /* [name_count]; response_ns 0: none. `traced`: the slowest whose trace is sampled. */
    struct exemplar *slowest, *random, *traced;
    struct lot *lots;             /* [name_count] on which the random one fell */
    struct live_exemplar *errors; /* [SHEET_ERRORS] */
    uint32_t error_count;
    struct stall stalls[SHEET_STALLS];
    uint32_t stall_count;
    struct takeup *takeups; /* [SHEET_TAKEUPS] */
    uint32_t takeup_count;
    bool takeups_lost; /* there were more */
};

/* Everything from `arena`, which needs about sheet_bytes() of address space. */
void sheet_init(struct sheet *t, const struct sheet_shape *shape, struct arena *arena);
/* Places for (stage, settle, kind, index): the length of cell_of. */
uint32_t sheet_place_count(const struct sheet_shape *shape);
size_t sheet_bytes(const struct sheet_shape *shape);
/* Of them those that a run touches: of most cells' histograms a page or two. */
size_t sheet_touched_bytes(const struct sheet_shape *shape);
/* Places of one stage, settled or not: names, scenarios, the stage itself. */
static inline uint32_t sheet_places_in_stage(const struct sheet_shape *s)
{
    return s->name_count + s->scenario_count + 1;
}

/* The first use of a place. */
struct live_cell *sheet_fresh_cell(struct sheet *t, uint32_t place);

/* The cell of this place, made on first use. */
static inline struct live_cell *sheet_cell(struct sheet *t, uint32_t stage, bool settle,
                                           enum cell_kind kind, uint32_t index)
{
    uint32_t in_stage = index;
    if (kind == CELL_ITERATION) in_stage += t->shape.name_count;
    if (kind == CELL_STAGE) in_stage = t->shape.name_count + t->shape.scenario_count;
    uint32_t place = (stage * 2 + settle) * sheet_places_in_stage(&t->shape) + in_stage;
    hot_assert(place < sheet_place_count(&t->shape));
    uint32_t cell = t->cell_of[place];
    if (cell > 0) return &t->cells[cell - 1];
    return sheet_fresh_cell(t, place);
}

/* The slot that holds intended time `at_ns` (run time). */
struct slot *sheet_slot(struct sheet *t, uint32_t stage, uint64_t at_ns);
/* Back to empty. */
void sheet_clear(struct sheet *t);

/* Counts one value of that measure (enum cell_measure, enum stage_measure). */
static inline void live_record(struct live_cell *c, uint32_t measure, uint64_t value_ns)
{
    struct live_hist *h = &c->measures[measure];
    uint32_t bucket = hist_bucket(value_ns);
    h->count++;
    h->sum_ns += value_ns;
    if (value_ns > h->max_ns) h->max_ns = value_ns;
    c->buckets[measure][bucket]++;
    h->dirty[bucket >> 12] |= UINT64_C(1) << (bucket >> 6 & 63);
}
