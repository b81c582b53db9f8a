/* resolver.h - the thread that looks the names of targets up again while a run lasts.
 *
 * Why: a look-up may take seconds, and no worker may wait for it. At most once a second, and only
 * where connections were made since the last look: what is not asked of a name server is no load.
 * Source: getaddrinfo(3).
 * Thread: started and stopped by main; writes routes, which workers read (route.h).
 * Memory: in place; see resolver_stop(). */
#pragma once

#include <pthread.h>

#include "net/route.h"

#define RESOLVER_EVERY_NS UINT64_C(1000000000)

struct resolver {
    struct route *routes; /* NULL: no thread, since no route is named */
    uint32_t count;
    pthread_t thread;
    struct shared leave, left;
};

/* Keeps `r` and `routes`. */
MUST_USE bool resolver_start(struct resolver *r, struct route *routes, uint32_t count,
                             struct err *err);
/* Ends the thread. One that hangs in a look-up is left behind after a moment. False: it was, and
 * `r` and its routes must stay as long as the process. */
MUST_USE bool resolver_stop(struct resolver *r);
