/* watch_limits.h - between what the amounts of a watch may be.
 *
 * Why: the plan's `watch:` and the flags of `prony watch` are held to the same.
 * Source: docs/watch.md.  Thread: any.  Memory: none. */
#pragma once

#include "base/ns.h"

#define WATCH_HOUR_NS (3600 * NS_PER_S)
#define WATCH_WINDOW_NS (300 * NS_PER_S) /* where nothing is said */
#define WATCH_WINDOW_LEAST_NS (5 * NS_PER_S)
#define WATCH_WINDOW_MOST_NS (24 * WATCH_HOUR_NS)
#define WATCH_ROLL_LEAST_NS (2 * NS_PER_S)
#define WATCH_ROLL_MOST_NS (7 * 24 * WATCH_HOUR_NS) /* a file that can still be read */
#define WATCH_KEEP_NS (7 * 24 * WATCH_HOUR_NS)      /* where nothing is said */
#define WATCH_KEEP_LEAST_NS NS_PER_S
#define WATCH_KEEP_MOST_NS (3650 * 24 * WATCH_HOUR_NS)
#define WATCH_PROBE_MOST_PER_S 100.0
