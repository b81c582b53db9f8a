/* clock.h - the only door to time.
 *
 * Why: everything is stamped on one monotonic axis, and the simulation replaces this file at link
 * time, so production pays no virtual call. Never hand a cached `now` down two calls.
 * Source: clock_gettime(2).  Thread: any.  Memory: none. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/ns.h"

/* CLOCK_MONOTONIC in ns. */
uint64_t clock_now_ns(void);
/* CLOCK_REALTIME in ns since 1970; for anchors and labels, never for intervals. */
uint64_t clock_wall_ns(void);
/* wall - monotonic, in ns, read so that the pair lies within a few hundred ns of each other. */
int64_t clock_wall_offset_ns(void);
/* CPU time (user + system) of this process, in ns. */
uint64_t clock_process_cpu_ns(void);
/* The same of the calling thread. */
uint64_t clock_thread_cpu_ns(void);
/* Sleeps until `deadline_ns` (monotonic) or a signal, whichever is first. */
void clock_sleep_until(uint64_t deadline_ns);
