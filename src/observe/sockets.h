/* sockets.h - the services' sockets: who waits to be accepted, connections by state, segments lost.
 *
 * Why: a connection in the accept queue waits where no thread of the service can be seen to wait
 * for anything. Twenty glances a second at the sockets that listen, and at no other, give the mean
 * number that wait there; all sockets are counted once a second, or less often where that
 * would cost more than 1/1000 of a core: the kernel's table is walked whole, whatever is in it.
 * Source: net/sock_diag.h; listen(2). An incoming connection is the service's by its port, an
 * outgoing one by its descriptor.
 * Thread: that of its watcher, which must be the families' too.  Memory: the arena given, fixed. */
#pragma once

#include "observe/family.h"
#include "observe/source.h"

struct sockets_of {
    struct bytes service;        /* kept */
    const struct family *family; /* kept, looked up by its own source */
    uint16_t port;               /* where its descriptors may not be read: it listens there, or 0 */
};

/* One source for all services, since the kernel tells of all their sockets at once. */
bool sockets_source(struct source *out, struct arena *arena, const struct sockets_of *of,
                    uint32_t count);
