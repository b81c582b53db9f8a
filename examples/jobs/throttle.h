/* throttle.h - the throttle: a token bucket that holds one second's worth.
 *
 * Kept as one instant, at which the bucket would be full again (the generic cell rate algorithm),
 * so that letting a request in is one compare-and-swap. Thread: any. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct throttle {
    uint64_t interval_ns;     /* one token; 0 = no limit */
    _Atomic uint64_t full_ns; /* when the bucket is full if nothing more is taken */
};

void throttle_init(struct throttle *throttle, uint32_t rate_per_s);

/* Takes a token; false if there is none. */
bool throttle_take(struct throttle *throttle, uint64_t now_ns);
