/* feed.h - what the live view knows: the last minutes by the second, the last ten seconds, events.
 *
 * Why: the judge tells what holds so far; whoever watches wants to know what is now. So ticks are
 * kept for ten seconds as they came, and their figures for some minutes, a point a second (or a
 * tick, where ticks are longer), which is all that a terminal has columns for.
 * Source: ours; figures of a second are those of show/second.h.
 * Thread: collecting thread.  Memory: arenas of its own; the newest result is the judge's. */
#pragma once

#include "live/recent.h"
#include "tick/bus.h"

#define FEED_POINTS RECENT_POINTS
#define FEED_NOW_NS (10 * UINT64_C(1000000000)) /* what `now` means for an objective */
#define FEED_KEPT 64                            /* ticks: ten seconds, edges of stages included */
#define FEED_LINES 200
#define FEED_LINE_BYTES 320
#define FEED_OBJECTIVES 128 /* further ones have no `now` */

enum signal {
    SIGNAL_OFFERED,
    SIGNAL_DONE,
    SIGNAL_P50,
    SIGNAL_P95,
    SIGNAL_P99,
    SIGNAL_ERRORS,
    SIGNAL_IN_FLIGHT,
    SIGNAL_USERS,
    SIGNAL_LAG,
    SIGNAL_CPU,
    SIGNAL_COUNT
};

struct feed_point {
    uint64_t at;                 /* 1 + its place on the axis; 0: none */
    uint32_t at_least;           /* bit per signal: a lower bound */
    double values[SIGNAL_COUNT]; /* per second, ns, share, count, cores; NAN: none */
};

/* A tick of the last ten seconds. */
struct feed_kept {
    struct arena arena;
    struct tick tick; /* its cells and integrals are in `arena`, nothing else is */
};

struct feed_now {
    double value; /* NAN: none */
    bool at_least;
};

struct feed_line {
    char words[FEED_LINE_BYTES];
};

struct feed {
    const struct run_header *header;
    uint64_t planned_ns; /* of all stages by time */
    struct arena arena, scratch;
    struct feed_kept kept[FEED_KEPT];
    uint64_t kept_count;       /* ever; the newest is kept[(kept_count - 1) % FEED_KEPT] */
    struct feed_point *points; /* [FEED_POINTS] by place modulo */
    uint64_t newest;           /* place of the newest point */
    struct recent recent;      /* likewise of all series */
    struct signal_row shown[SIGNALS_MAX]; /* rows worth showing, in the order their series were met;
                                             their points are not for here */
    uint32_t shown_count;
    struct feed_now *now;        /* [FEED_OBJECTIVES] as in result->objectives */
    struct feed_line *lines;     /* [FEED_LINES], likewise a ring */
    uint64_t line_count;         /* ever */
    const struct result *result; /* NULL: none yet */
    uint32_t stage;              /* of the newest tick */
    uint32_t *course;            /* [course_count] the stages so far, in the order they came */
    uint32_t course_count;
    uint64_t stage_start_ns, end_ns;
    uint64_t stage_iterations;                                 /* ended in this stage */
    uint64_t begun, ended;                                     /* requests */
    uint64_t outcomes[OUTCOME_COUNT], first_ns[OUTCOME_COUNT]; /* of the whole run */
    bool any_tick, over;
    bool unrecorded; /* the run file has trouble */
};

/* Empty, with all memory it will need. False: too little (ERR_LIMIT); close it all the same. */
MUST_USE bool feed_open(struct feed *f, struct err *err);
void feed_close(struct feed *f);
/* In the order of a sink: first the header, which is kept, then ticks, which are copied. */
void feed_begin(struct feed *f, const struct run_header *header);
void feed_tick(struct feed *f, const struct tick *tick);
/* Keeps `result` until the next one. */
void feed_result(struct feed *f, const struct result *result);
/* A line of progress, cut where it is long; the oldest makes room. */
void feed_line(struct feed *f, struct bytes words);
/* The point so many places before the newest; NULL: there is none. */
const struct feed_point *feed_point(const struct feed *f, uint32_t back);
/* A shown signal so many places before the newest; NAN: nothing is known of it. */
double feed_signal(const struct feed *f, uint32_t shown, uint32_t back);
/* The line so many before the newest; NULL: there are no more. */
const char *feed_line_at(const struct feed *f, uint32_t back);
