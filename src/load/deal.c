#include "load/deal.h"

bool deal_open(struct deal *d, const struct program *program, struct arena *arena)
{
    *d = (struct deal){.program = program};
    d->asked = ARENA_ARRAY(arena, program->unique_count, struct shared);
    return arena_ok(arena);
}

static uint32_t row_count(const struct deal *d, uint32_t unique)
{
    return d->program->plan->data[d->program->unique_data[unique]].row_count;
}

bool deal_take(struct deal *d, uint32_t scenario, uint32_t *rows)
{
    uint32_t count = d->program->unique_count;
    const bool *used = d->program->unique_used + (size_t)scenario * count;
    bool all = true;
    /* Looked at first, so that the row of one source is not taken where another has none. */
    for (uint32_t i = 0; i < count; i++) {
        if (!used[i] || shared_see(&d->asked[i]) < row_count(d, i)) continue;
        shared_add(&d->asked[i], 1);
        all = false;
    }
    for (uint32_t i = 0; all && i < count; i++) {
        if (!used[i]) continue;
        uint64_t row = shared_add(&d->asked[i], 1) - 1;
        all = row < row_count(d, i);
        rows[i] = (uint32_t)row;
    }
    return all;
}

bool deal_is_short(const struct deal *d, uint32_t unique)
{
    return shared_see(&d->asked[unique]) > row_count(d, unique);
}
