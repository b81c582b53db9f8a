/* memory.h - does the memory of a service grow without end?
 *
 * Why: the same question that an objective `leak of SERVICE` asks (stats/growth.h), put of every
 * service that is seen, since who is slow or gone for want of memory had no such objective.
 * Source: docs/method.md, "Leaks".
 * Thread: collecting thread.  Memory: some 300 KiB of the recall's arena. */
#pragma once

#include "explain/recall.h"
#include "tick/result.h"

struct memory_growth {
    struct bytes of;
    double leaked;    /* of its memory at the end, what was added evenly; 0: nothing was */
    double a_request; /* bytes added by each request */
};

/* Of the service with the most; false: of none is enough known to say. */
bool memory_find(const struct recall *r, struct memory_growth *out);
/* Was a leak of that service an objective, and missed? An empty name: of any service. */
bool memory_missed(const struct result *result, struct bytes service);
