#include "load/timers.h"

#include <assert.h>

#define ARITY 4u

void timers_init(struct timers *t, struct arena *arena, uint32_t size)
{
    *t = (struct timers){.size = size};
    t->heap = ARENA_ARRAY(arena, size, struct timer_entry);
    t->place = ARENA_ARRAY(arena, size, uint32_t);
}

static void put_at(struct timers *t, uint32_t at, struct timer_entry entry)
{
    t->heap[at] = entry;
    t->place[entry.id] = at + 1;
}

static void sift_up(struct timers *t, uint32_t at, struct timer_entry entry)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / ARITY;
        if (t->heap[parent].due_ns <= entry.due_ns) break;
        put_at(t, at, t->heap[parent]);
        at = parent;
    }
    put_at(t, at, entry);
}

static void sift_down(struct timers *t, uint32_t at, struct timer_entry entry)
{
    for (;;) {
        uint32_t first = at * ARITY + 1;
        uint32_t least = first;
        if (first >= t->count) break;
        uint32_t end = first + ARITY < t->count ? first + ARITY : t->count;
        for (uint32_t child = first + 1; child < end; child++) {
            if (t->heap[child].due_ns < t->heap[least].due_ns) least = child;
        }
        if (t->heap[least].due_ns >= entry.due_ns) break;
        put_at(t, at, t->heap[least]);
        at = least;
    }
    put_at(t, at, entry);
}

static void place_again(struct timers *t, uint32_t at, struct timer_entry entry)
{
    if (at > 0 && t->heap[(at - 1) / ARITY].due_ns > entry.due_ns) sift_up(t, at, entry);
    else sift_down(t, at, entry);
}

void timers_set(struct timers *t, uint32_t id, uint64_t due_ns)
{
    assert(id < t->size);
    struct timer_entry entry = {due_ns, id};
    if (t->place[id] > 0) place_again(t, t->place[id] - 1, entry);
    else sift_up(t, t->count++, entry);
}

void timers_clear(struct timers *t, uint32_t id)
{
    if (t->place[id] == 0) return;
    uint32_t at = t->place[id] - 1;
    t->place[id] = 0;
    struct timer_entry moved = t->heap[--t->count];
    if (moved.id != id) place_again(t, at, moved);
}

bool timers_is_set(const struct timers *t, uint32_t id)
{
    return t->place[id] > 0;
}

uint64_t timers_due(const struct timers *t, uint32_t id)
{
    assert(t->place[id] > 0);
    return t->heap[t->place[id] - 1].due_ns;
}

uint64_t timers_next_ns(const struct timers *t)
{
    return t->count > 0 ? t->heap[0].due_ns : TIMERS_NONE;
}

bool timers_pop(struct timers *t, uint64_t now_ns, uint32_t *id)
{
    if (t->count == 0 || t->heap[0].due_ns > now_ns) return false;
    *id = t->heap[0].id;
    timers_clear(t, *id);
    return true;
}
