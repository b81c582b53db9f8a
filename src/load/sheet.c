#include "load/sheet.h"

#include <string.h>

static_assert(HIST_BUCKETS / SHEET_BLOCK < SHEET_DIRTY_WORDS * 64, "a bit for every block");

uint32_t sheet_place_count(const struct sheet_shape *s)
{
    return s->stage_count * 2 * sheet_places_in_stage(s);
}

size_t sheet_bytes(const struct sheet_shape *s)
{
    size_t bytes = sheet_place_count(s) * (sizeof(uint32_t) + sizeof(struct live_cell));
    bytes += s->slot_size * (sizeof(struct live_slot) + sizeof(uint32_t));
    bytes +=
        (size_t)s->name_count * (sizeof(double) + 3 * sizeof(struct exemplar) + sizeof(uint32_t));
    bytes += s->scenario_count * sizeof(double) + SHEET_ERRORS * sizeof(struct live_exemplar);
    bytes += SHEET_TAKEUPS * sizeof(struct takeup);
    return bytes + 256; /* alignment of each piece */
}

size_t sheet_touched_bytes(const struct sheet_shape *s)
{
    /* In one tick there are those of a stage, and of the one before what ends late. */
    size_t cells = (size_t)sheet_places_in_stage(s) * 2;
    if (cells > sheet_place_count(s)) cells = sheet_place_count(s);
    size_t all = sheet_place_count(s) * sizeof(struct live_cell);
    return sheet_bytes(s) - all + cells * MEASURE_COUNT * SHEET_HIST_TOUCHED_BYTES;
}

void sheet_init(struct sheet *t, const struct sheet_shape *shape, struct arena *arena)
{
    assert((shape->slot_size & (shape->slot_size - 1)) == 0);
    *t = (struct sheet){.shape = *shape};
    t->cell_of = ARENA_ARRAY(arena, sheet_place_count(shape), uint32_t);
    t->cells = ARENA_ARRAY(arena, sheet_place_count(shape), struct live_cell);
    t->slots = ARENA_ARRAY(arena, shape->slot_size, struct live_slot);
    t->slot_used = ARENA_ARRAY(arena, shape->slot_size, uint32_t);
    t->requests_in_flight = ARENA_ARRAY(arena, shape->name_count, double);
    t->iterations_in_flight = ARENA_ARRAY(arena, shape->scenario_count, double);
    t->slowest = ARENA_ARRAY(arena, shape->name_count, struct exemplar);
    t->random = ARENA_ARRAY(arena, shape->name_count, struct exemplar);
    t->traced = ARENA_ARRAY(arena, shape->name_count, struct exemplar);
    t->lots = ARENA_ARRAY(arena, shape->name_count, struct lot);
    t->errors = ARENA_ARRAY(arena, SHEET_ERRORS, struct live_exemplar);
    t->takeups = ARENA_ARRAY(arena, SHEET_TAKEUPS, struct takeup);
}

struct live_cell *sheet_fresh_cell(struct sheet *t, uint32_t place)
{
    const struct sheet_shape *s = &t->shape;
    uint32_t index = place % sheet_places_in_stage(s);
    struct live_cell *fresh = &t->cells[t->cell_count];
    fresh->stage = place / sheet_places_in_stage(s) / 2;
    fresh->settle = place / sheet_places_in_stage(s) % 2 == 1;
    fresh->kind = CELL_REQUEST;
    if (index >= s->name_count) fresh->kind = CELL_ITERATION;
    if (index == s->name_count + s->scenario_count) fresh->kind = CELL_STAGE;
    fresh->index = 0;
    if (fresh->kind == CELL_REQUEST) fresh->index = index;
    if (fresh->kind == CELL_ITERATION) fresh->index = index - s->name_count;
    t->cell_of[place] = ++t->cell_count;
    return fresh;
}

struct slot *sheet_slot(struct sheet *t, uint32_t stage, uint64_t at_ns)
{
    uint32_t index = (uint32_t)(at_ns / SLOT_NS);
    uint32_t mask = t->shape.slot_size - 1;
    for (uint32_t i = index & mask;; i = (i + 1) & mask) {
        struct live_slot *live = &t->slots[i];
        if (live->used && live->slot.index == index && live->slot.stage == stage)
            return &live->slot;
        if (live->used) continue;
        /* Full only after the host stood still for minutes: no count is lost, but its place is. */
        if (t->slot_count + 1 == t->shape.slot_size) {
            return &t->slots[t->slot_used[t->slot_count - 1]].slot;
        }
        live->used = true;
        live->slot = (struct slot){.index = index, .stage = stage};
        t->slot_used[t->slot_count++] = i;
        return &live->slot;
    }
}

static void clear_hist(struct live_hist *h, uint32_t *buckets)
{
    if (h->count == 0) return;
    for (uint32_t word = 0; word < SHEET_DIRTY_WORDS; word++) {
        for (uint64_t bits = h->dirty[word]; bits; bits &= bits - 1) {
            uint32_t block = word * 64 + (uint32_t)__builtin_ctzll(bits);
            uint32_t from = block * SHEET_BLOCK;
            uint32_t to = from + SHEET_BLOCK;
            if (to > HIST_BUCKETS + 1) to = HIST_BUCKETS + 1;
            memset(&buckets[from], 0, (to - from) * sizeof buckets[0]);
        }
        h->dirty[word] = 0;
    }
    h->count = h->sum_ns = h->max_ns = 0;
}

void sheet_clear(struct sheet *t)
{
    for (uint32_t i = 0; i < t->cell_count; i++) {
        struct live_cell *c = &t->cells[i];
        c->begun = c->answered_5xx = c->rested_ns = 0;
        memset(c->shortages, 0, sizeof c->shortages);
        memset(&c->tail, 0, sizeof c->tail);
        memset(c->outcomes, 0, sizeof c->outcomes);
        for (uint32_t m = 0; m < MEASURE_COUNT; m++) clear_hist(&c->measures[m], c->buckets[m]);
    }
    t->cell_count = 0;
    memset(t->cell_of, 0, sheet_place_count(&t->shape) * sizeof t->cell_of[0]);
    for (uint32_t i = 0; i < t->slot_count; i++) t->slots[t->slot_used[i]].used = false;
    t->slot_count = 0;
    memset(t->requests_in_flight, 0, t->shape.name_count * sizeof(double));
    memset(t->iterations_in_flight, 0, t->shape.scenario_count * sizeof(double));
    t->users = 0;
    t->cpu_ns = t->held_ns = 0;
    for (uint32_t i = 0; i < t->shape.name_count; i++) {
        t->slowest[i].response_ns = t->random[i].response_ns = 0;
        t->traced[i].response_ns = 0;
        t->lots[i] = (struct lot){0};
    }
    t->error_count = t->stall_count = t->takeup_count = 0;
    t->takeups_lost = false;
}
