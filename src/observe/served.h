/* served.h - the book of requests that services say they served.
 *
 * Why: access logs, spans and histograms of a service tell of the same thing in different words.
 * They write it down here, whoever they are and however late they come, and each second of it is
 * told once, when it is as old as the latest of them was late so far.
 * Source: docs/observing.md, "Requests that a service tells of".
 * Thread: served_tell*() any; the source is its watcher's.  Memory: the arena given, fixed: 64
 * routes of at most ten seconds each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "observe/source.h"
#include "plan/plan.h"
#include "stats/hist.h"

#define SERVED_ROUTES 64          /* of all services; what is beyond is one more of each, "other" */
#define SERVED_LATE_MOST_S 8      /* what comes later counts in the second in which it comes */
#define SERVED_NO_TIME UINT64_MAX /* duration_ns: not known */

struct served_book;

/* Requests that ended alike. All is borrowed. */
struct served {
    struct bytes service;       /* a name of the plan's; of another nothing is kept */
    struct bytes method, route; /* method may be empty: not known */
    bool is_template;           /* route is "/jobs/{id}"; else a path, with or without query */
    unsigned status;            /* 0: not known */
    bool failed;                /* it says itself that it was at fault: 5xx, an error in a span */
    uint64_t end_ns; /* run time; of a count over some time: any instant in the middle of it */
    uint64_t duration_ns, count; /* of each; how many of them */
};

/* Keeps `plan`. NULL: the arena is full. */
struct served_book *served_open(const struct plan *plan, struct arena *arena);
void served_close(struct served_book *book);
/* Somebody will tell of requests: without one the book is no source. Before served_source(). */
void served_expect(struct served_book *book);
bool served_is_expected(const struct served_book *book);
void served_tell(struct served_book *book, const struct served *served);
/* `count` requests that took more than lo_ns and at most hi_ns each, a bucket of a histogram: they
 * are spread evenly over it; where hi_ns is UINT64_MAX they took lo_ns. `of` says the rest. */
void served_tell_between(struct served_book *book, const struct served *of, uint64_t lo_ns,
                         uint64_t hi_ns, uint64_t count);
/* What turns closed seconds into series: served.rate, served.failed, served.time, served.p95 of the
 * service, with the route as label. */
void served_source(struct source *out, struct served_book *book);

/* What one name of the plan was told of in the seconds closed since the last call. */
struct served_cell {
    uint32_t name;                        /* the last: of none of its requests */
    uint64_t count, failed, answered_5xx; /* the last two within the first, and each other */
    struct hist_sparse ok, not_ok;        /* of those whose time was told */
};

/* From now on requests are kept for served_take_cells() as well: of the first service that tells of
 * any, so that none counts twice where a proxy and what is behind it tell of the same. The plan's
 * last name is for requests that are none of the plan's. */
bool served_want_cells(struct served_book *book, struct arena *arena);
/* Any thread: at most plan->name_count cells into `out`, with `room` pairs for all of them. */
uint32_t served_take_cells(struct served_book *book, struct served_cell *out,
                           struct hist_pair *pairs, uint32_t room);
