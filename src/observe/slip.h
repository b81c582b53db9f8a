/* slip.h - what a source found, until the collecting thread takes it.
 *
 * Why: a source may hang for seconds on a database that does not answer, and the tick must not wait
 * for it. So each writes to a slip of its own and hands over whole passes; the collector takes
 * what has been handed over, whenever it comes.
 * Source: docs/observing.md, "How it is done".
 * Thread: the source's; slip_take_*() the collecting thread's.  Memory: the arena given, fixed. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/text.h"
#include "tick/sample.h"

#define SLIP_SERIES 1024 /* of one source */
#define SLIP_SAMPLES                                                                               \
    16384 /* handed over and not taken yet; beyond it they are lost, and counted                   \
           */
#define SLIP_TEXTS ((size_t)96 << 10)
#define SLIP_NEWS 8 /* events not taken yet */
#define SLIP_NEWS_BYTES 200
#define SLIP_FULL UINT32_MAX

/* A series as the source knows it: its number here is its place in the list. */
struct slip_series {
    enum series_row row; /* SERIES_ROWS: a name of somebody's own */
    struct bytes of, name, label;
};

struct slip {
    struct slip_series *series; /* [SLIP_SERIES] */
    uint32_t *slots;            /* hash: number + 1, 0: free */
    struct sample *fresh;       /* [SLIP_SERIES]: of the pass in progress */
    uint32_t series_count, fresh_count;
    char *texts;
    size_t texts_used;
    uint64_t from_ns, to_ns; /* of the pass */
    uint64_t refused;        /* series beyond the room there is */

    pthread_mutex_t lock; /* for all below */
    struct sample *ready; /* [SLIP_SAMPLES] */
    uint32_t ready_count, ready_series;
    uint64_t lost;
    char news[SLIP_NEWS][SLIP_NEWS_BYTES];
    uint32_t news_count;
};

/* False: no memory, which arena_ok() tells. */
bool slip_open(struct slip *s, struct arena *arena);
void slip_close(struct slip *s);

/* The number of a series of `of` (kept by the caller for the run), met or declared now; SLIP_FULL:
 * there is no room, and slip_put() ignores it. `label` is copied, control characters as \xNN. */
uint32_t slip_series(struct slip *s, struct bytes of, enum series_row row, struct bytes label);
/* The same of a name of somebody's own, without a unit. */
uint32_t slip_own(struct slip *s, struct bytes of, struct bytes name, struct bytes label);
/* What follows covers (from_ns, to_ns] of run time. */
void slip_begin(struct slip *s, uint64_t from_ns, uint64_t to_ns);
/* The mean over that time; what is not finite is left out: a gap. One value a pass and series. */
void slip_put(struct slip *s, uint32_t series, double value);
/* The value at its end. */
void slip_put_level(struct slip *s, uint32_t series, double value);
/* Hands the pass over. */
void slip_end(struct slip *s);
/* Something to be told once as an event of the run. */
void slip_say(struct slip *s, const char *format, ...) PRINTF_LIKE(2, 3);

/* The collector's: copies samples handed over (their series numbers are the slip's) and tells how
 * many series there are; what is taken is gone. At most `room`. */
uint32_t slip_take_samples(struct slip *s, struct sample *out, uint32_t room,
                           uint32_t *series_count);
/* One event; false: none. */
bool slip_take_news(struct slip *s, struct text *out);
