/* lot.h - one of many by chance, each as likely as any other, while they pass by.
 *
 * Why: how many requests a tick will have is known when it is over, and none but the one is kept.
 * To draw for each is dear; when the lot falls again is one draw beforehand, and of n requests some
 * ln n are drawn for.
 * Source: J. S. Vitter, Random Sampling with a Reservoir (1985), with a reservoir of one: the lot
 * that fell on the n-th stays for m - n more with chance n / m.
 * Thread: any.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"

struct lot {
    uint32_t seen; /* so many have passed by */
    uint32_t next; /* the one on which it falls next; 0: none has passed yet */
};

/* The next one passes by. True: it is kept instead of the one before. The draw is that of (key,
 * index, how many there were). */
static inline bool lot_falls(struct lot *l, struct rng_key key, uint64_t index)
{
    uint32_t n = ++l->seen;
    if (n > 1 && n != l->next) return false;
    double next = (double)n / rng_unit(rng_at(key, index, n).a);
    l->next = next < (double)UINT32_MAX - 1 ? (uint32_t)next + 1 : UINT32_MAX;
    return true;
}
