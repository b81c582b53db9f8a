#include "stats/floors.h"

#include <assert.h>
#include <stddef.h>

void floors_init(struct floors *f, double block_s)
{
    assert(block_s > 0);
    *f = (struct floors){.block_s = block_s};
}

uint32_t floors_halve(struct floor_point *points, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct floor_point p = points[i];
        p.block /= 2;
        struct floor_point *last = kept > 0 ? &points[kept - 1] : NULL;
        bool same = last && last->window == p.window && last->block == p.block;
        if (!same) points[kept++] = p;
        else if (p.value < last->value) *last = p;
    }
    return kept;
}

/* The newest point, if it is of that block of that window. */
static struct floor_point *open_block(struct floors *f, uint32_t window, uint32_t block)
{
    if (f->count == 0) return NULL;
    struct floor_point *last = &f->points[f->count - 1];
    return last->window == window && last->block == block ? last : NULL;
}

void floors_add(struct floors *f, uint32_t window, double at_s, double value)
{
    bool first = f->count == 0 || f->points[f->count - 1].window != window;
    if (first) f->start_s = at_s;
    if (f->count == FLOORS_MOST) {
        f->count = floors_halve(f->points, f->count);
        f->block_s *= 2;
    }
    struct floor_point p = {.at_s = at_s, .value = value, .window = window};
    p.block = (uint32_t)((at_s - f->start_s) / f->block_s);
    struct floor_point *open = open_block(f, window, p.block);
    if (open && value < open->value) *open = p;
    if (open || f->count == FLOORS_MOST) return; /* so many windows, each of one block */
    f->points[f->count++] = p;
}
