/* render.h - answers as JSON.
 *
 * With a scratch buffer the text is written straight into it; without one it is done as services
 * usually start out: a tree of objects, dumped to a string, copied into the answer. The two give
 * the same JSON. Each returns one holder's blob; NULL: no memory. Thread: any. */
#pragma once

#include "blob.h"
#include "store.h"
#include "text.h"

struct stats {
    size_t queue_length, queue_limit; /* limit 0 = none */
    int64_t workers, workers_busy;
    int64_t jobs[JOB_STATES];
};

struct blob *render_job(const struct job *job, struct text *scratch);
struct blob *render_page(const struct page *page, struct text *scratch);
struct blob *render_stats(const struct stats *stats, struct text *scratch);
struct blob *render_accepted(const struct job *job);

/* {"error": text}; `text` is the service's own or valid UTF-8. */
struct blob *render_error(const char *text);
