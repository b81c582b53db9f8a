/* retention.h - files of watches that are old are removed, and nothing else is.
 *
 * Why: a watch goes on for months on a disk that does not grow. The folder of each of its files has
 * a mark with the plan's name, so what is removed was made by a watch of that plan: never a run
 * that somebody started, nor what another plan's watch keeps. Source: docs/watch.md. Thread: main.
 * Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#define RETENTION_MARK "watch" /* in the run's folder */

/* The run in `folder` is a file of the plan's watch. */
MUST_USE bool retention_mark(struct bytes folder, struct bytes name, struct err *err);
/* Removes the plan's that were written to for the last time before `before_ns` (since 1970), but
 * for the one with the id `spared`; how many. */
uint32_t retention_apply(struct bytes root, struct bytes plan, uint64_t before_ns,
                         const char *spared, struct arena *arena);
