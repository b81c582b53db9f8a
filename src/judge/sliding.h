/* sliding.h - objectives over a window that moves on: what a watch judges by.
 *
 * Why: over a day a bad half hour disappears in a percentile, and whoever is on call wants to know
 * of it within minutes, once, and once more when it is over. So each sentence is asked about the
 * last window of time, again and again; it is missed when the window misses it and its last fifth
 * does, too (what is over is no alarm), and held again when the last fifth has been good for a
 * fifth of a window.
 * Source: B. Beyer et al., The Site Reliability Workbook (2018), chapter 5, "Multiwindow alerts".
 * Thread: collecting thread.  Memory: the judge's arena, about 1 MiB for each sentence about times
 * and whatever they are of, 3 KiB for others; none where the run is no watch. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "judge/rows.h"

#define SLIDING_PARTS 30 /* of a window, at most: it moves on by so much of itself */

struct sliding_row;

struct sliding {
    const struct books *books;
    const struct rows *rows;
    struct arena *arena;
    uint64_t part_ns;        /* how far it moves on; 0: the run is no watch */
    uint32_t parts, recent;  /* of a window, and of its last fifth */
    uint64_t edge_ns;        /* where the part in hand ends */
    uint32_t filled;         /* parts that are over */
    struct sliding_row *all; /* [rows->count] */
    struct tally pool;
    uint32_t next_news; /* the first row that may have something to tell */
};

/* By the header of the books; keeps both. */
void sliding_open(struct sliding *s, const struct books *books, const struct rows *rows,
                  struct arena *arena);
/* After books_enter() and rows_take() of the same tick. */
void sliding_take(struct sliding *s, const struct tick *tick);
/* What changed, one sentence a call: "missed: p95 < 100ms: 412.3 ms over 5m". False: nothing. */
bool sliding_news(struct sliding *s, struct text *out);
/* The verdict of row `index` by its windows, in place of that by stages. */
void sliding_conclude(const struct sliding *s, uint32_t index, struct objective_result *out);
