/* network_source.h - what the network of a service counts, where that is not ours.
 *
 * Why: in a container the host's counters tell nothing of the service: its devices, and what its
 * full accept queue lost, are counted in a network namespace of its own.
 * Source: net_counters.h; network_namespaces(7).
 * Thread: that of its watcher, which must be the family's too.  Memory: the arena given, fixed. */
#pragma once

#include "observe/family.h"
#include "observe/source.h"

/* `service` and `family` are kept; the family is looked up by its own source. */
bool network_source(struct source *out, struct arena *arena, struct bytes service,
                    const struct family *family);
