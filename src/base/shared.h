/* shared.h - a number that two threads see: the only atomics of the tree.
 *
 * Why: each datum has one writer; what crosses threads is a number published after the data it
 * stands for. Release pairs with acquire: all written before shared_publish() is seen by the
 * thread whose shared_see() returned the new value.
 * Source: C17 7.17.3.  Thread: as said at each use.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct shared {
    uint64_t value;
};

/* The one writer: all that it wrote before is seen by who sees `value`. */
static inline void shared_publish(struct shared *s, uint64_t value)
{
    __atomic_store_n(&s->value, value, __ATOMIC_RELEASE);
}

/* Any thread: the number as it was published last, or before that. */
static inline uint64_t shared_see(const struct shared *s)
{
    return __atomic_load_n(&s->value, __ATOMIC_ACQUIRE);
}

/* Raises the number to at least `value`; for several writers. */
static inline void shared_raise(struct shared *s, uint64_t value)
{
    uint64_t old = __atomic_load_n(&s->value, __ATOMIC_RELAXED);
    while (old < value
           && !__atomic_compare_exchange_n(&s->value, &old, value, 0, __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED)) {
    }
}

/* Adds to the number and returns the sum; for several writers. */
static inline uint64_t shared_add(struct shared *s, uint64_t value)
{
    return __atomic_add_fetch(&s->value, value, __ATOMIC_ACQ_REL);
}

/* Makes `old` into `fresh`; false: it was another number, and stays. For several writers. */
static inline bool shared_swap(struct shared *s, uint64_t old, uint64_t fresh)
{
    return __atomic_compare_exchange_n(&s->value, &old, fresh, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}
