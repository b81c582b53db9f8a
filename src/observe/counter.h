/* counter.h - how fast a count of the kernel's grows.
 *
 * Why: each source has dozens, and each may begin anew (a device comes back, a cgroup is another),
 * which is a gap, never a number below 0.
 * Source: own.  Thread: one owner.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct counter {
    uint64_t value; /* at the look before */
    bool known;
};

/* Takes the count of now; its growth a second into `out`. False: there is none to tell, since it
 * was not known before, fell, or no time has passed. */
static inline bool counter_rate(struct counter *c, uint64_t now, double seconds, double *out)
{
    bool told = c->known && now >= c->value && seconds > 0;
    if (told) *out = (double)(now - c->value) / seconds;
    *c = (struct counter){now, true};
    return told;
}
