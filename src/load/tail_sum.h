/* tail_sum.h - by how few connections half of the slow requests are held.
 *
 * Why: a worker may have a million connections and no memory to sort them by; so they are counted
 * by how many slow requests each has, exact below 128 and to 0.8 % above (stats/hist.h).
 * Source: own; docs/method.md, "The tail by connection".
 * Thread: one owner.  Memory: in place, 43 KiB. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define TAIL_SUM_BUCKETS 2048 /* up to 2^22 slow requests of one connection */

struct tail_sum {
    uint64_t connections[TAIL_SUM_BUCKETS], slow[TAIL_SUM_BUCKETS], requests[TAIL_SUM_BUCKETS];
    uint64_t connection_count, slow_count, request_count; /* of all */
};

/* What is told of it. */
struct tail_few {
    uint64_t connections; /* the fewest that hold half of the slow requests */
    uint64_t requests;    /* so many of all requests were on them */
};

/* None yet. */
void tail_sum_clear(struct tail_sum *s);
/* A connection that had so many requests, of them so many slow ones. */
void tail_sum_add(struct tail_sum *s, uint64_t requests, uint64_t slow);
/* Nothing slow: zero. */
struct tail_few tail_sum_few(const struct tail_sum *s);
