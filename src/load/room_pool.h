/* room_pool.h - room for what must be kept of replies, in pieces of 512 bytes to 1 MiB.
 *
 * Why: any reply may be long, few are at once. A place for the longest at each connection would be
 * gigabytes that nobody can promise; so connections share one room, and what it can hold is in the
 * budget. Pieces are halved and joined again, so that many small ones leave room for a large one.
 * Source: D. E. Knuth, The Art of Computer Programming 1, 2.5, the buddy system.
 * Thread: the worker's.  Memory: all of it from the arena given; pages where touched. */
#pragma once

#include "base/arena.h"

#define ROOM_UNIT ((size_t)512)                     /* a cut line of a head is seldom longer */
#define ROOM_ORDERS 12u                             /* 512 bytes << 0 ... 11 */
#define ROOM_CHUNK (ROOM_UNIT << (ROOM_ORDERS - 1)) /* the largest piece: 1 MiB */
#define ROOM_CHUNK_UNITS ((uint32_t)1 << (ROOM_ORDERS - 1))

struct room_unit {
    uint32_t next, before; /* of a free piece's first: its neighbours in the list */
    uint8_t order;         /* of a piece's first */
    bool is_free;          /* likewise */
};

struct room_pool {
    char *base;
    struct room_unit *units;
    uint32_t unit_count;
    uint32_t fresh;              /* units from here on were never taken, in whole chunks */
    uint32_t heads[ROOM_ORDERS]; /* first free piece of each order */
};

/* What room_pool_init() takes from its arena. */
size_t room_pool_bytes(uint32_t chunk_count);
void room_pool_init(struct room_pool *p, struct arena *arena, uint32_t chunk_count);
/* A piece of at least `size` bytes, at most ROOM_CHUNK; NULL: none is free. Its bytes are anything.
 */
char *room_pool_take(struct room_pool *p, size_t size);
/* Bytes of a piece. */
size_t room_pool_size(const struct room_pool *p, const char *at);
void room_pool_give(struct room_pool *p, char *at);
