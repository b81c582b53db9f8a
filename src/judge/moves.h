/* moves.h - which series moved with the objective that is worst.
 *
 * Why: hundreds of series are seen and a screen has room for six. Those are shown that rose or fell
 * when the worst objective did, which is no proof that they made it do so: causes are the ledger's
 * (explain/). What is asked is each series' rank correlation (stats/rank.h) with how bad the
 * objective's own figure was, tick by tick, in the ticks that count; what is weaker than its floor
 * is noise and not shown. Where its limit was passed, twice the limit and more is all alike, and
 * half of it and less: how far beyond tells how long it queued, and what is full cannot follow.
 *
 * The order: what left its usual range (stats/fence.h); of that what time is spent on or lost at
 * (waiting, cores, times), since rates, counts and sizes mostly follow the load; what is stronger,
 * by twentieths; what was met first. Series of one kind say the same thing twice, so the first of
 * them stands for all; a service has three rows at most. Left out is what waits or takes time and
 * got less of it, and what is next to nothing even at the worst.
 *
 * Source: docs/method.md, "Signals".
 * Thread: collecting thread.
 * Memory: the judge's arena, 1.5 KiB a series, whatever the run's length. */
#pragma once

#include "judge/reading.h"
#include "judge/rows.h"
#include "judge/strips.h"
#include "judge/watch.h"
#include "tick/result.h"
#include "tick/signals.h"

#define MOVES_OBJECTIVES 32 /* further ones are never the worst one here */
#define MOVES_AGAIN_NS                                                                             \
    (10 * UINT64_C(1000000000)) /* so that rows stay where they are for a while */

struct moves {
    const struct books *books;
    const struct rows *rows;
    struct arena *arena;
    struct reading reading;
    struct strips strips;
    struct series *series; /* [SERIES_MAX], their texts kept */
    uint32_t series_count;
    struct watch *watches[MOVES_OBJECTIVES]; /* of those about services */
    struct objective fallback;               /* p95 of all requests */
    float *badness, *blunt; /* [SIGNALS_POINTS] of the worst objective; the same with what is far
                               beyond its limit, and far within, made alike */
    double limit;           /* how bad it may be; NAN: there is no limit */
    struct signals found;
    uint64_t found_ns;    /* run time of the newest tick then, ... */
    uint32_t found_level; /* ... and how long a point was */
};

/* Keeps `books` and `rows`, which must be open. */
void moves_open(struct moves *m, const struct books *books, const struct rows *rows,
                struct arena *arena);
/* After rows_take() of the same tick. */
void moves_take(struct moves *m, const struct tick *tick);
/* The signals of `result`, whose objectives are concluded: found anew at the end, and else where
 * what was found is old. NULL: no series was seen. */
const struct signals *moves_find(struct moves *m, const struct result *result, bool final);
