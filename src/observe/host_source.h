/* host_source.h - the host once a second: cores, memory, swap, disks, network, and pressure.
 *
 * Why: what vmstat, iostat and netstat -s show of all that runs on it, and what they don't: the
 * time that work stood still for want of a core, of memory or of a disk (PSI).
 * Source: proc(5); Documentation/accounting/psi.rst; host_text.h.
 * Thread: that of its watcher.  Memory: the arena given, fixed; a dozen descriptors. */
#pragma once

#include "base/arena.h"
#include "observe/source.h"

/* `root` (kept) stands before each path: "" but in tests. False: no memory, which arena_ok()
 * tells. */
bool host_source(struct source *out, struct arena *arena, const char *root);
