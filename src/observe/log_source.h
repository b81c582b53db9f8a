/* log_source.h - what a service writes into its logs, counted by pattern.
 *
 * Why: a service often says itself what went wrong, among ten thousand lines that say nothing new.
 * A pattern of warnings or errors that was not there before is an event with an example; how often
 * each comes is a series.
 * Source: docs/observing-logs.md, "Logs"; observe/log_patterns.h.
 * Thread: its watcher's.  Memory: the arena given, 0.6 MB a file. */
#pragma once

#include "base/arena.h"
#include "observe/source.h"
#include "plan/plan.h"

#define LOG_FILES 8 /* of a service, its own output included */

struct log_source_options {
    const struct plan *plan; /* keeps, as all here */
    const struct service *service;
    struct bytes output; /* the file that prony writes its output to; empty: it started nothing */
};

/* False: no memory, which arena_ok() tells. */
bool log_source(struct source *out, struct arena *arena, const struct log_source_options *options);
