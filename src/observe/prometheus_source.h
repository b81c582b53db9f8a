/* prometheus_source.h - a service's own page of metrics, asked for once a second.
 *
 * Why: what it counts itself (requests by route, queues, pools) no kernel shows. A page that never
 * ends, drips or holds a million series costs two seconds and 4 MiB at most, and is said.
 * Source: docs/observing-metrics.md; Prometheus, "Exposition formats".
 * Thread: its own watcher's.  Memory: the arena given, 4.6 MiB; what a page does not need of it is
 * not touched. */
#pragma once

#include "base/arena.h"
#include "observe/served.h"
#include "observe/source.h"
#include "plan/scrape.h"

/* `scrape` and `service` are kept, and `book`, which is told of the requests that the page tells
 * of; NULL: none is. False: no memory. */
MUST_USE bool prometheus_source(struct source *out, struct arena *arena, struct bytes service,
                                const struct scrape *scrape, struct served_book *book);
/* Whether the page is there now. False: `err` says why it is not. */
MUST_USE bool prometheus_source_check(struct arena *arena, const struct scrape *scrape,
                                      struct err *err);
