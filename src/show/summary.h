/* summary.h - the end of a run on one screen: verdict first, then misses, figures, what to do next.
 *
 * Why: the reader wants to know whether it holds, then where it did not, then why to believe it.
 * So the word stands first, misses before passes, and every number has its unit, its place and its
 * limit beside it. The same text on a terminal and in a log.
 * Source: docs/summary.md.
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "base/text.h"
#include "show/style.h"
#include "tick/cause.h"
#include "tick/result.h"

/* What only the caller knows. */
struct summary_extra {
    const struct cause *cause;     /* why it bent; NULL: not known */
    struct bytes folder;           /* of the run; empty: none is kept */
    const struct bytes *files;     /* names in it */
    const struct bytes *elsewhere; /* paths of files outside that hold the result */
    const struct bytes *next;      /* commands worth typing next */
    const struct bytes *notes; /* sentences about this run: the run file is short, a replay ... */
    uint32_t file_count, elsewhere_count, next_count, note_count;
    bool verbose; /* all objectives, request names and notes */
};

/* All of it, as wide as `style` says; out->cut where it has no room. */
void summary_write(struct text *out, const struct result *result, const struct show_style *style,
                   const struct summary_extra *extra);
/* Objectives that this run would hold with room to spare, as flags: `--p95 20ms --errors 0.1%`.
 * False: too little was seen to suggest any. */
bool summary_suggest(struct text *out, const struct result *result);
