/* rows.h - the objectives, one row each (`of each`: one per name), and what ticks say to them.
 *
 * Why: a row keeps, for each stage, the sums by tick that tell how far its value may be believed;
 * the verdict itself is made from them by limits.h and capacities.h.
 * Source: docs/method.md, "Limits" and "Dependence: the design effect".
 * Thread: collecting thread.  Memory: the judge's arena; batches only where values come. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "judge/books.h"
#include "stats/bands.h"
#include "stats/batches.h"
#include "tick/result.h"

struct leak;
struct recovery;
struct watch;

enum row_kind {
    ROW_TIMES,   /* avg: batches of the mean; percentiles: bands of times */
    ROW_SHARE,   /* errors, availability: batches of the share that is bad */
    ROW_MEAN,    /* throughput, users, in_flight: batches of the amount over time */
    ROW_SEEN,    /* of a service or host: batches of samples over time (watch.h) */
    ROW_LEAK,    /* once for the run: floors of samples (leak.h) */
    ROW_RECOVERY /* once for the run: slots behind a stage (recovery.h) */
};

/* What came, tick by tick. */
struct row_series {
    struct batches *batches; /* a ratio of sums; NULL: no value yet, or bands */
    struct bands *bands;     /* of percentiles, in the row that keeps them; NULL: no value yet */
    struct batches *spared;  /* less what ended for want of something of prony's own; NULL: the same
                                as `batches`, nothing did */
    double y, n;             /* of the tick in hand */
    double lacking;          /* of n, and of a share of y too: ended for want of something ... */
    double design_effect;    /* ROW_SHARE: of its own batches */
};

struct row_stage {
    struct row_series counted; /* what the judge counts */
    struct row_series run;     /* with a window: what it would count without one */
    uint64_t seen;             /* ROW_SEEN: how many samples, ... */
    double largest;            /* ... and the largest of them */
    bool stale;                /* something came since the finding was made */
    double needed_s;           /* judged seconds that would settle the finding; NAN: unknown */
};

struct row {
    const struct rows *rows; /* that it is one of */
    const struct objective *objective;
    uint32_t each_index; /* request name of `of each`, else PLAN_NO_INDEX */
    enum row_kind kind;
    bool capacity;             /* one stage that reaches it is enough */
    uint32_t keeper;           /* percentiles: the first row about the same times has their bands */
    uint64_t limit_ns;         /* ROW_TIMES */
    struct watch *watch;       /* ROW_SEEN, ROW_LEAK */
    struct leak *leak;         /* ROW_LEAK */
    struct recovery *recovery; /* ROW_RECOVERY */
    struct row_stage *stages;  /* [stage_count] */
    struct finding *findings;  /* [stage_count] */
};

struct rows {
    const struct books *books;
    struct arena *arena;
    struct row *rows;
    uint32_t count;
};

/* What the objectives of `plan` ask the books to keep; arrays from `arena`. */
void rows_needs(struct books_needs *out, const struct plan *plan, struct arena *arena);
/* The books must be open. */
void rows_open(struct rows *rows, const struct books *books, struct arena *arena);
/* The same for `count` sentences that are not the plan's; keeps them. */
void rows_open_for(struct rows *rows, const struct books *books, const struct objective *sentences,
                   uint32_t count, struct arena *arena);
/* Another limit for the row's sentence: what was found of the old one is stale. */
void rows_set_limit(struct row *row, struct objective *sentence, double limit);
/* After books_take() of the same tick. */
void rows_take(struct rows *rows, const struct tick *tick);

/* Is it judged once for the run? Then no stage has a finding. */
bool rows_is_once(const struct row *row);
/* Has a tick brought anything that counts? */
bool rows_has_data(const struct row *row, uint32_t stage);
/* Batches of what counts in that stage, where there are any; `spared`: less what ended for want of
 * something of prony's own. NULL: nothing came. */
const struct batches *rows_batches(const struct row *row, uint32_t stage, bool spared);
/* What is known of the row's times in that stage, percentiles in the row that keeps them. */
const struct row_stage *rows_times(const struct row *row, uint32_t stage);
/* Is it of a name, where ticks tell only of all requests together (availability by time)? */
bool rows_lacks_scope(const struct row *row);
/* The stage is none that is judged any more: what was found of it is gone. */
void rows_forget(struct row *row, uint32_t stage);
/* May the plan's stage be judged by this row at all? In a window: what lies in it. */
bool rows_apply(const struct row *row, const struct books *books, uint32_t stage);
/* The same without a window: what tells how far values of such a run may be believed. */
bool rows_apply_in_run(const struct row *row, const struct books *books, uint32_t stage);
/* The tally of the row's scope in that stage. */
const struct tally *rows_tally(const struct row *row, const struct books *books, uint32_t stage);
