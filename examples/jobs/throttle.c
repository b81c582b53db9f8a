#include "throttle.h"

#include "clock.h"

#define BUCKET_NS NS_PER_S

void throttle_init(struct throttle *throttle, uint32_t rate_per_s)
{
    throttle->interval_ns = rate_per_s ? NS_PER_S / rate_per_s : 0;
    atomic_init(&throttle->full_ns, 0);
}

bool throttle_take(struct throttle *throttle, uint64_t now_ns)
{
    if (throttle->interval_ns == 0) return true;
    uint64_t seen_ns = atomic_load(&throttle->full_ns);
    uint64_t next_ns;
    do {
        next_ns = (seen_ns > now_ns ? seen_ns : now_ns) + throttle->interval_ns;
        if (next_ns - now_ns > BUCKET_NS) return false;
    } while (!atomic_compare_exchange_weak(&throttle->full_ns, &seen_ns, next_ns));
    return true;
}
