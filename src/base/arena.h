/* arena.h - memory by lifetime: process, plan, run, scratch.
 *
 * Why: nothing on the hot path may allocate or fail, and a budget must be known before the start.
 * An arena reserves its limit as address space once and hands out zeroed pieces of it; only pages
 * that are touched cost memory. Overflow is sticky: allocate freely while building, test arena_ok()
 * once. After arena_seal() any allocation is a bug and asserts.
 * Source: D. R. Hanson, Fast Allocation and Deallocation of Memory Based on Object Lifetimes
 * (1990). Thread: one owner.  Memory: mmap, released by arena_close(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"

struct arena {
    char *base;
    size_t used;
    size_t limit; /* bytes of address space */
    bool overflowed;
    bool sealed;
};

/* Reserves `limit` bytes of address space. */
MUST_USE bool arena_open(struct arena *a, size_t limit, struct err *err);
void arena_close(struct arena *a);
/* Zeroed, 16-byte aligned; NULL (and `overflowed`) once the limit is passed. */
void *arena_alloc(struct arena *a, size_t size);
/* `count` items of `size`; overflow-safe. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* Takes the pages of a piece that was just made now, where it would otherwise grow as it is used: a
 * run that goes on should need no more than it did. NULL is none. */
void arena_touch(void *piece, size_t size);
/* Copies `b` and a closing NUL into the arena. */
struct bytes arena_copy(struct arena *a, struct bytes b);
bool arena_ok(const struct arena *a);
void arena_seal(struct arena *a);
/* Forgets everything allocated; the next pieces are zeroed again. */
void arena_reset(struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))
