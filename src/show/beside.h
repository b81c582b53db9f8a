/* beside.h - several runs beside each other, as plain data: a row an objective, a column a run.
 *
 * Why: the text, the JSON, the CSV and the page of a table of runs say the same. What each run says
 * is copied here, so that its replay can be closed before the next is opened.
 * Source: docs/result.md, "Several runs".
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "show/style.h"
#include "tick/history.h"

struct beside_run {
    struct run_entry entry;
    const char *mark, *word; /* of its verdict: `✗`, `MISSED` */
    enum tone tone;
    const char *ended; /* "complete" ... */
    enum trust_level trust;
    uint64_t offered;
    double done_per_s;
    double errors;      /* share; NAN: none ended */
    uint64_t window_ns; /* so much of it is judged; 0: there is no window */
    struct latency response;
    struct bytes why;     /* it has no verdict; empty: it has one, or nobody knows */
    struct bytes trouble; /* why it may differ from the run's own report; empty: it does not */
};

/* An objective that at least one of the runs was judged by. */
struct beside_row {
    struct bytes text, of;
    bool warn; /* where it was first seen */
};

struct beside {
    struct beside_run *runs;
    uint32_t run_count;
    const struct beside_row *rows; /* in the order of the first run, then what the others add */
    uint32_t row_count;
    struct bytes window; /* what is judged of each, as it was asked for; at == NULL: all */
    const char *series;  /* they are one: the id of the first; NULL: they are not */
    uint32_t asked;      /* of a series: how many there were to be */
    int exit_code;       /* of all together */
};

/* Copies what `result` says of its run. False: the arena is full. */
MUST_USE bool beside_take(struct beside_run *out, const struct result *result, struct arena *arena);
/* Fills the rows from the runs. False: the arena is full. */
MUST_USE bool beside_join(struct beside *beside, struct arena *arena);
/* The sentence of a row, `warn: ` before one that fails nothing. */
void beside_label(struct text *out, const struct beside_row *row);
/* What a run says in a row; NULL: it was not asked that. */
const struct run_goal *beside_goal(const struct beside_run *run, const struct beside_row *row);
/* The same against the first run; of that itself, CHANGE_UNKNOWN. */
void beside_compare(struct run_trend *out, const struct beside *beside, uint32_t run,
                    const struct run_goal *goal);
