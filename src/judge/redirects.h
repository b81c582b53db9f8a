/* redirects.h - request names that were answered by redirects only.
 *
 * Why: a 302 is a good answer, and prony follows none. Whoever meant the page behind it has
 * measured something else, and nothing else of the result shows that. Ticks count no statuses; but
 * of every tick some requests are looked at, and where all of these were redirects, it is told.
 * Source: docs/method.md, "Trust", `redirected`.
 * Thread: collecting thread.  Memory: the judge's arena. */
#pragma once

#include "base/arena.h"
#include "base/text.h"
#include "tick/run.h"

struct redirects_name {
    uint32_t looked_at, moved; /* of those that ended ok; of judged stages */
    uint32_t status;           /* of the last that moved */
};

struct redirects {
    const struct run_header *header;
    struct redirects_name *names; /* [name_count] */
};

/* Empty, with an array from `arena`, whose owner tests arena_ok(). */
void redirects_open(struct redirects *r, const struct run_header *header, struct arena *arena);
/* Counts it; those that did not end ok say nothing of redirects. */
void redirects_take(struct redirects *r, const struct exemplar *exemplar);
/* How many names were; of the first, `"GET /" was 302`, and how many more. Writes nothing where
 * there are none. */
uint32_t redirects_say(const struct redirects *r, struct text *out);
