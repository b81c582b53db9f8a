/* second.h - one tick as figures: what began and ended in it, in all and by name.
 *
 * Why: the CSV and the stream of ticks tell the same seconds, so the sums are made once. A request
 * stands in the tick in which it ended, whatever the stage of its intended time. Times rank as in
 * the verdict: timeouts, cuts and drops above all that was answered.
 * Source: docs/result.md, "By the second".
 * Thread: collecting thread.  Memory: a histogram on the stack. */
#pragma once

#include "tick/run.h"
#include "tick/tick.h"

enum second_figure {
    SECOND_MIN,
    SECOND_AVG,
    SECOND_P50,
    SECOND_P75,
    SECOND_P90,
    SECOND_P95,
    SECOND_P99,
    SECOND_P999,
    SECOND_MAX,
    SECOND_FIGURES
};

struct second_times {
    uint64_t n;                /* unseen ends included */
    double ns[SECOND_FIGURES]; /* NAN: none */
    uint32_t at_least;         /* bit per figure: a lower bound */
};

enum second_kind { SECOND_ALL, SECOND_REQUEST, SECOND_SCENARIO };

struct second {
    enum second_kind kind;
    struct bytes name; /* of the request or scenario; empty: all requests */
    double seconds;    /* how long the tick lasted */
    uint64_t begun, ended, failed, outcomes[OUTCOME_COUNT];
    double errors;    /* share of those that ended; NAN: none did */
    double in_flight; /* mean over the tick */
    double users;     /* likewise, of all requests in a closed stage; else NAN */
    struct second_times response;
    struct second_times service, ttfb;      /* empty of a scenario */
    struct second_times lag, wait, connect; /* of all requests together only */
};

/* All requests, each request name, each scenario. */
uint32_t second_count(const struct run_header *header);
/* The row-th of them. */
void second_read(struct second *out, const struct run_header *header, const struct tick *tick,
                 uint32_t row);
/* Any quantile of the row's response times; NAN: none. `at_least`: it is a lower bound. */
double second_quantile(const struct run_header *header, const struct tick *tick, uint32_t row,
                       uint32_t per_million, bool *at_least);
/* "min", "avg", ... "p99.9", "max" */
const char *second_figure_name(enum second_figure figure);
