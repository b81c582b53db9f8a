#include "load/room_pool.h"

#include <assert.h>

#define NONE UINT32_MAX

static_assert(ROOM_CHUNK == (size_t)1 << 20, "the longest body that checks read");

size_t room_pool_bytes(uint32_t chunk_count)
{
    return chunk_count * (ROOM_CHUNK + ROOM_CHUNK_UNITS * sizeof(struct room_unit)) + 64;
}

static void push(struct room_pool *p, uint32_t unit, uint32_t order)
{
    uint32_t head = p->heads[order];
    p->units[unit] =
        (struct room_unit){.next = head, .before = NONE, .order = (uint8_t)order, .is_free = true};
    if (head != NONE) p->units[head].before = unit;
    p->heads[order] = unit;
}

static void unlink_free(struct room_pool *p, uint32_t unit)
{
    struct room_unit *u = &p->units[unit];
    if (u->before == NONE) p->heads[u->order] = u->next;
    else p->units[u->before].next = u->next;
    if (u->next != NONE) p->units[u->next].before = u->before;
    u->is_free = false;
}

void room_pool_init(struct room_pool *p, struct arena *arena, uint32_t chunk_count)
{
    *p = (struct room_pool){.unit_count = chunk_count * ROOM_CHUNK_UNITS};
    p->base = arena_array(arena, chunk_count, ROOM_CHUNK);
    p->units = ARENA_ARRAY(arena, p->unit_count, struct room_unit);
    for (uint32_t i = 0; i < ROOM_ORDERS; i++) p->heads[i] = NONE;
    if (!p->base || !p->units) p->unit_count = 0;
}

char *room_pool_take(struct room_pool *p, size_t size)
{
    uint32_t order = 0;
    while (ROOM_UNIT << order < size) order++;
    assert(order < ROOM_ORDERS);
    uint32_t from = order;
    while (from < ROOM_ORDERS && p->heads[from] == NONE) from++;
    if (from == ROOM_ORDERS) { /* one chunk after the other: few replies touch few pages */
        if (p->fresh == p->unit_count) return NULL;
        push(p, p->fresh, --from);
        p->fresh += ROOM_CHUNK_UNITS;
    }
    uint32_t unit = p->heads[from];
    unlink_free(p, unit);
    while (from > order) { /* the upper half stays free */
        from--;
        push(p, unit + (1u << from), from);
    }
    p->units[unit].order = (uint8_t)order;
    return p->base + unit * ROOM_UNIT;
}

static uint32_t unit_of(const struct room_pool *p, const char *at)
{
    size_t unit = (size_t)(at - p->base) / ROOM_UNIT;
    assert(at >= p->base && unit < p->unit_count && !p->units[unit].is_free);
    return (uint32_t)unit;
}

size_t room_pool_size(const struct room_pool *p, const char *at)
{
    return ROOM_UNIT << p->units[unit_of(p, at)].order;
}

void room_pool_give(struct room_pool *p, char *at)
{
    uint32_t unit = unit_of(p, at);
    uint32_t order = p->units[unit].order;
    for (; order < ROOM_ORDERS - 1; order++) {
        uint32_t buddy = unit ^ 1u << order;
        if (!p->units[buddy].is_free || p->units[buddy].order != order) break;
        unlink_free(p, buddy);
        if (buddy < unit) unit = buddy;
    }
    push(p, unit, order);
}
