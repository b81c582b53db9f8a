/* timers.h - who is to be woken next: a heap of deadlines over fixed slots.
 *
 * Why a heap and not a wheel: think times and arrivals need the exact nanosecond, and the engine
 * moves a deadline lazily (a timer that fires too early is set again), so a kept connection with a
 * ten-second timeout touches the heap once in ten seconds, not once a request.
 * Source: d-ary heaps, D. B. Johnson (1975); four children share a cache line of keys.
 * Thread: one owner.  Memory: 16 bytes a slot plus 4 for its place, from the arena given. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

#define TIMERS_NONE UINT64_MAX

struct timer_entry {
    uint64_t due_ns;
    uint32_t id;
};

struct timers {
    struct timer_entry *heap;
    uint32_t *place; /* by id: 1 + index in the heap, 0: not set */
    uint32_t count, size;
};

/* Timers with ids 0..size-1, none set. */
void timers_init(struct timers *t, struct arena *arena, uint32_t size);
/* Sets or moves the timer of `id`. */
void timers_set(struct timers *t, uint32_t id, uint64_t due_ns);
void timers_clear(struct timers *t, uint32_t id);
bool timers_is_set(const struct timers *t, uint32_t id);
/* When the timer of `id` fires; it must be set. */
uint64_t timers_due(const struct timers *t, uint32_t id);
/* The earliest deadline, TIMERS_NONE when no timer is set. */
uint64_t timers_next_ns(const struct timers *t);
/* Takes the earliest timer that is due at `now_ns`. */
bool timers_pop(struct timers *t, uint64_t now_ns, uint32_t *id);
