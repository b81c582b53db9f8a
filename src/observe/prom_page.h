/* prom_page.h - what a page of metrics comes to, look by look: counts become rates, distributions
 * their mean and percentiles, all else is as it stands there.
 *
 * Why: a page tells how much there has been since the service began; what it did in this second is
 * the difference to the page before, bucket by bucket. A count that is less than before began anew,
 * and so did one with another `_created`.
 * What is met first has its place for the run, in the page's order, up to a limit; times of HTTP
 * requests have one of their own. What finds no place is counted.
 * Source: Prometheus, "Exposition formats", histogram_quantile(); OpenMetrics 1.0.
 * Thread: the source's.  Memory: the arena given, fixed: 500 KiB. */
#pragma once

#include "base/arena.h"
#include "observe/served.h"
#include "observe/slip.h"
#include "observe/source.h"
#include "plan/scrape.h"
#include "wire/prom_text.h"

#define PROM_PAGE_SERIES 500 /* of one page, at most */
#define PROM_PAGE_SERVED 400 /* besides, of times of HTTP requests */
#define PROM_PAGE_ENTRIES 1024
#define PROM_PAGE_BUCKETS 8192
#define PROM_PAGE_BUCKETS_EACH 200
#define PROM_PAGE_TEXTS ((size_t)128 << 10)
#define PROM_PAGE_MADE 5 /* series of a distribution */

/* Of a distribution; kept in the order of `le`. */
struct prom_bucket {
    double le, now, before;
    bool has, had;
    uint32_t next; /* + 1; 0: the last */
};

enum prom_entry_kind {
    PROM_ENTRY_LEVEL,
    PROM_ENTRY_RATE,
    PROM_ENTRY_HISTOGRAM,
    PROM_ENTRY_SUMMARY
};

/* A metric with one set of labels. */
struct prom_entry {
    enum prom_entry_kind kind;
    struct bytes metric, labels; /* labels: in order of their names, as the page escapes them */
    bool has, had;               /* on this page, on the one before */
    bool has_sum, had_sum;
    double now, before; /* of a distribution its count */
    double sum, sum_before;
    double created_s, created_before_s; /* NAN: not said */
    double time_s, time_before_s;       /* the same */
    uint32_t first, cursor;             /* buckets, + 1; 0: none */
    uint32_t bucket_count;
    uint32_t ids[PROM_PAGE_MADE]; /* numbers of the slip, + 1; 0: not met */
    int served;                   /* which kind of times of HTTP requests; -1: none */
};

struct prom_page {
    struct bytes service;
    const struct scrape *scrape;
    struct served_book *book;
    struct bytes path;          /* of the page itself */
    struct prom_entry *entries; /* [PROM_PAGE_ENTRIES] */
    uint32_t *slots;            /* hash: number + 1, 0: free */
    struct prom_bucket *buckets;
    char *texts;
    size_t texts_used;
    uint32_t entry_count, bucket_count, series_count, served_count;
    double wall_s, wall_before_s; /* of this look and the one before; since 1970 */
    bool first;
    struct bytes family; /* of the page that is read */
    enum prom_type type;
    uint64_t samples, bad, twice, left_out; /* of this page */
    char first_bad[80];                     /* safe */
};

/* Keeps `service`, `scrape` and `book` (NULL: none), which is told of requests. */
MUST_USE bool prom_page_open(struct prom_page *p, struct arena *arena, struct bytes service,
                             const struct scrape *scrape, struct served_book *book);
/* Before the items of a page; the first has nothing before it. */
void prom_page_begin(struct prom_page *p, bool first, double wall_s);
void prom_page_note(struct prom_page *p, const struct prom_item *item);
/* Writes down what grew since the page before, and what is; and tells of requests. */
void prom_page_put(struct prom_page *p, struct slip *slip, const struct look *when);
