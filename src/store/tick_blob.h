/* tick_blob.h - the measured part of a tick as a few kilobytes, and back.
 *
 * Why: a day of ten request names must fit in 50 MB. Histograms are sparse, their numbers small,
 * and zstd finds what repeats. Events and exemplars are rows of their own, so that anyone with
 * sqlite3 can read them.
 * Source: docs/run-file.md, "Blob".
 * Thread: any, a context in one at a time.  Memory: the arena given; zstd's own heap. */
#pragma once

#include <zstd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "tick/run.h"
#include "tick/tick.h"

#define TICK_BLOB_RAW_MAX ((size_t)64 << 20) /* bytes; a longer blob is refused as corrupt */

/* The sizes of the tables that a tick's indexes point into. */
struct blob_dims {
    uint32_t stage_count; /* of the plan, without the drain */
    uint32_t name_count, scenario_count;
    uint32_t version; /* of the format; those before it are read, never written */
};

/* 1: no TLS; 2: a stage's own counts stood for others'; 3: did not tell what was never sent; 4:
 * did not tell what pressed prony; 5: of what was short only the stage's sum; 6: knew no gaps;
 * 7: no samples; 8: of exemplars no trace. */
#define TICK_BLOB_VERSION 9

/* Those of the run's plan. */
struct blob_dims tick_blob_dims(const struct run_header *header);

/* Cells, slots, time integrals, strain, gaps and samples, in the newest version; at == NULL when
 * the arena is too small.
 */
struct bytes tick_blob_encode(struct arena *arena, const struct tick *tick,
                              const struct blob_dims *dims);
/* The inverse; fills these of `out` only. False: not a blob of these dimensions, or the arena is
 * too small. Any input is safe. */
MUST_USE bool tick_blob_decode(struct tick *out, struct arena *arena, struct bytes raw,
                               const struct blob_dims *dims);

/* The same bytes smaller, with a context that may serve many; at == NULL when the arena is too
 * small. */
struct bytes tick_blob_compress(ZSTD_CCtx *zstd, struct arena *arena, struct bytes raw);
/* The inverse; at == NULL: corrupt, or over TICK_BLOB_RAW_MAX. */
struct bytes tick_blob_expand(struct arena *arena, struct bytes packed);
