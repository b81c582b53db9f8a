#include "load/collect.h"

#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "plan/mask.h"

#define SCRATCH_BYTES ((size_t)1 << 30) /* address space; a tick touches some 100 KiB */
#define SAFE_FACTOR 4                   /* a byte becomes \xNN at the most */

bool collect_open(struct collector *c, const struct worker_setting *setting,
                  struct worker **workers, struct err *err)
{
    *c = (struct collector){.setting = setting, .workers = workers};
    return arena_open(&c->scratch, SCRATCH_BYTES, err);
}

void collect_close(struct collector *c)
{
    arena_close(&c->scratch);
}

bool collect_ready(const struct collector *c)
{
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        if (shared_see(&worker_board(c->workers[i])->published) <= c->tick) return false;
    }
    return true;
}

static struct sheet *sheet_of(const struct collector *c, uint32_t worker)
{
    return worker_sheet(c->workers[worker], c->tick);
}

/* The parts of one cell: at most one from each worker. */
struct parts {
    const struct live_cell *of[256];
    uint32_t count;
};

static struct hist_sparse merge_measure(struct collector *c, const struct parts *parts,
                                        uint32_t measure)
{
    struct hist_sparse out = {0};
    uint64_t dirty[SHEET_DIRTY_WORDS] = {0};
    for (uint32_t i = 0; i < parts->count; i++) {
        const struct live_hist *h = &parts->of[i]->measures[measure];
        out.count += h->count;
        out.sum_ns += h->sum_ns;
        if (h->max_ns > out.max_ns) out.max_ns = h->max_ns;
        for (uint32_t word = 0; word < SHEET_DIRTY_WORDS; word++) dirty[word] |= h->dirty[word];
    }
    if (out.count == 0) return out;
    size_t blocks = 0;
    for (uint32_t word = 0; word < SHEET_DIRTY_WORDS; word++) {
        blocks += (size_t)__builtin_popcountll(dirty[word]);
    }
    struct hist_pair *pairs = ARENA_ARRAY(&c->scratch, blocks * SHEET_BLOCK, struct hist_pair);
    assert(pairs);
    for (uint32_t block = 0; block * SHEET_BLOCK <= HIST_BUCKETS; block++) {
        if (!(dirty[block / 64] >> (block % 64) & 1)) continue;
        for (uint32_t b = block * SHEET_BLOCK; b < (block + 1) * SHEET_BLOCK && b <= HIST_BUCKETS;
             b++) {
            uint32_t count = 0;
            for (uint32_t i = 0; i < parts->count; i++) count += parts->of[i]->buckets[measure][b];
            if (count > 0) pairs[out.pair_count++] = (struct hist_pair){b, count};
        }
    }
    out.pairs = pairs;
    return out;
}

static void merge_cell(struct collector *c, const struct parts *parts, struct cell *out)
{
    const struct live_cell *first = parts->of[0];
    *out = (struct cell){
        .stage = first->stage, .settle = first->settle, .kind = first->kind, .index = first->index};
    for (uint32_t i = 0; i < parts->count; i++) {
        out->begun += parts->of[i]->begun;
        out->answered_5xx += parts->of[i]->answered_5xx;
        out->rested_ns += parts->of[i]->rested_ns;
        for (uint32_t k = 0; k < SHORTAGE_COUNT; k++)
            out->shortages[k] += parts->of[i]->shortages[k];
        for (uint32_t k = 0; k < TAIL_COUNT; k++) out->tail.of[k] += parts->of[i]->tail.of[k];
        for (uint32_t o = 0; o < OUTCOME_COUNT; o++) out->outcomes[o] += parts->of[i]->outcomes[o];
    }
    for (uint32_t m = 0; m < MEASURE_COUNT; m++) out->measures[m] = merge_measure(c, parts, m);
}

/* Cells in the order of their places, so that the same run gives the same tick. */
static void merge_cells(struct collector *c, struct tick *out)
{
    uint32_t workers = c->setting->worker_count;
    uint32_t most = 0;
    uint32_t places = sheet_place_count(&c->setting->shape);
    for (uint32_t i = 0; i < workers; i++) most += sheet_of(c, i)->cell_count;
    struct cell *cells = ARENA_ARRAY(&c->scratch, most, struct cell);
    assert(cells);
    for (uint32_t place = 0; place < places; place++) {
        struct parts parts = {0};
        for (uint32_t i = 0; i < workers; i++) {
            const struct sheet *sheet = sheet_of(c, i);
            uint32_t cell = sheet->cell_of[place];
            if (cell > 0) parts.of[parts.count++] = &sheet->cells[cell - 1];
        }
        if (parts.count > 0) merge_cell(c, &parts, &cells[out->cell_count++]);
    }
    out->cells = cells;
}

static int compare_slots(const void *a, const void *b)
{
    const struct slot *x = a;
    const struct slot *y = b;
    if (x->index != y->index) return x->index < y->index ? -1 : 1;
    return x->stage < y->stage ? -1 : x->stage > y->stage;
}

static void merge_slots(struct collector *c, struct tick *out)
{
    uint32_t most = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->setting->worker_count; i++) most += sheet_of(c, i)->slot_count;
    struct slot *slots = ARENA_ARRAY(&c->scratch, most, struct slot);
    assert(slots);
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        const struct sheet *sheet = sheet_of(c, i);
        for (uint32_t j = 0; j < sheet->slot_count; j++)
            slots[count++] = sheet->slots[sheet->slot_used[j]].slot;
    }
    if (count > 1) qsort(slots, count, sizeof slots[0], compare_slots);
    for (uint32_t i = 0; i < count; i++) {
        struct slot *last = out->slot_count > 0 ? &slots[out->slot_count - 1] : NULL;
        if (!last || compare_slots(last, &slots[i]) != 0) {
            slots[out->slot_count++] = slots[i];
            continue;
        }
        last->planned += slots[i].planned;
        last->taken += slots[i].taken;
        last->ok += slots[i].ok;
        last->failed += slots[i].failed;
        last->over += slots[i].over;
        last->lacking += slots[i].lacking;
    }
    out->slots = slots;
}

static struct bytes safe_sample(struct collector *c, struct bytes raw)
{
    size_t size = raw.len * SAFE_FACTOR + 64;
    char *masked_room = arena_alloc(&c->scratch, size);
    char *room = arena_alloc(&c->scratch, size);
    assert(masked_room && room);
    struct text masked = text_in(masked_room, size);
    struct text safe = text_in(room, size);
    mask_reply(&masked, raw, raw.len == SHEET_SAMPLE, c->setting->plan);
    text_add_safe(&safe, text_bytes(&masked));
    return text_bytes(&safe);
}

static void merge_errors(struct collector *c, struct exemplar *out, uint32_t *count)
{
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        const struct sheet *sheet = sheet_of(c, i);
        for (uint32_t j = 0; j < sheet->error_count; j++) {
            const struct live_exemplar *from = &sheet->errors[j];
            struct exemplar *to = &out[(*count)++];
            *to = from->at;
            to->detail = arena_copy(&c->scratch, (struct bytes){from->detail, from->detail_len});
            to->sample = safe_sample(c, (struct bytes){from->sample, from->sample_len});
        }
    }
}

static void merge_exemplars(struct collector *c, struct tick *out)
{
    uint32_t names = c->setting->shape.name_count;
    uint32_t workers = c->setting->worker_count;
    uint32_t most = names * 3 + workers * SHEET_ERRORS;
    uint32_t count = 0;
    struct exemplar *all = ARENA_ARRAY(&c->scratch, most, struct exemplar);
    struct rng_key key = {c->setting->plan->seed, workers, RNG_EXEMPLAR}; /* no worker's own */
    assert(all);
    for (uint32_t name = 0; name < names; name++) {
        const struct exemplar *slowest = NULL;
        const struct exemplar *random = NULL;
        const struct exemplar *traced = NULL;
        uint64_t passed = 0; /* by the workers so far */
        for (uint32_t i = 0; i < workers; i++) {
            const struct sheet *sheet = sheet_of(c, i);
            const struct exemplar *s = &sheet->slowest[name];
            const struct exemplar *r = &sheet->random[name];
            const struct exemplar *t = &sheet->traced[name];
            if (s->response_ns > 0 && (!slowest || s->response_ns > slowest->response_ns))
                slowest = s;
            if (t->response_ns > 0 && (!traced || t->response_ns > traced->response_ns)) traced = t;
            /* As likely of a worker as it had requests. */
            uint32_t seen = sheet->lots[name].seen;
            uint64_t index = ((uint64_t)c->tick * names + name) * workers + i;
            passed += seen;
            if (seen > 0 && rng_unit(rng_at(key, index, 0).a) * (double)passed < seen) random = r;
        }
        if (slowest) {
            all[count] = *slowest;
            all[count++].kind = EXEMPLAR_SLOW;
        }
        if (random) {
            all[count] = *random;
            all[count++].kind = EXEMPLAR_RANDOM;
        }
        if (traced && !(slowest && slowest->sampled)) { /* else it is that one */
            all[count] = *traced;
            all[count++].kind = EXEMPLAR_TRACED;
        }
    }
    merge_errors(c, all, &count);
    out->exemplars = all;
    out->exemplar_count = count;
}

static void merge_integrals(struct collector *c, struct tick *out)
{
    const struct sheet_shape *shape = &c->setting->shape;
    double *requests = ARENA_ARRAY(&c->scratch, shape->name_count, double);
    double *iterations = ARENA_ARRAY(&c->scratch, shape->scenario_count, double);
    assert(requests && iterations);
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        const struct sheet *sheet = sheet_of(c, i);
        for (uint32_t j = 0; j < shape->name_count; j++)
            requests[j] += sheet->requests_in_flight[j];
        for (uint32_t j = 0; j < shape->scenario_count; j++) {
            iterations[j] += sheet->iterations_in_flight[j];
        }
        out->users += sheet->users;
    }
    out->requests_in_flight = requests;
    out->iterations_in_flight = iterations;
}

/* A worker has one core at the most, so the one that is pressed most says it all. */
static void merge_strain(struct collector *c, struct tick *out)
{
    uint64_t *of = out->strain.of;
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        const struct sheet *sheet = sheet_of(c, i);
        of[STRAIN_WORKERS] += sheet->cpu_ns;
        if (sheet->cpu_ns > of[STRAIN_BUSIEST]) of[STRAIN_BUSIEST] = sheet->cpu_ns;
        if (sheet->held_ns > of[STRAIN_HELD]) of[STRAIN_HELD] = sheet->held_ns;
    }
}

static void merge_stalls(struct collector *c, struct tick *out)
{
    uint32_t most = c->setting->worker_count * SHEET_STALLS;
    struct stall *stalls = ARENA_ARRAY(&c->scratch, most, struct stall);
    assert(stalls);
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        const struct sheet *sheet = sheet_of(c, i);
        for (uint32_t k = 0; k < sheet->stall_count; k++) {
            stalls[out->stall_count++] = sheet->stalls[k];
        }
    }
    out->stalls = stalls;
}

/* Each worker's are in the order of time: the earliest of those in front is the next of all. */
static uint32_t merge_takeups(struct collector *c, struct takeup *all)
{
    uint32_t *next = ARENA_ARRAY(&c->scratch, c->setting->worker_count, uint32_t);
    assert(next);
    for (uint32_t count = 0;; count++) {
        const struct takeup *first = NULL;
        uint32_t from = 0;
        for (uint32_t i = 0; i < c->setting->worker_count; i++) {
            const struct sheet *sheet = sheet_of(c, i);
            const struct takeup *front = &sheet->takeups[next[i]];
            if (next[i] == sheet->takeup_count || (first && front->at_ns >= first->at_ns)) continue;
            first = front;
            from = i;
        }
        if (!first) return count;
        all[count] = *first;
        next[from]++;
    }
}

/* Where some are lost, the gaps that they make are no gaps of the schedule. */
static void merge_gaps(struct collector *c, struct tick *out)
{
    uint32_t most = 0;
    bool lost = false;
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        most += sheet_of(c, i)->takeup_count;
        lost = lost || sheet_of(c, i)->takeups_lost;
    }
    struct takeup *all = ARENA_ARRAY(&c->scratch, most, struct takeup);
    struct takeup_gap *gaps = ARENA_ARRAY(&c->scratch, most, struct takeup_gap);
    assert(all && gaps);
    uint32_t count = merge_takeups(c, all);
    if (lost) c->chain.any = false;
    else out->gap_count = takeups_gaps(&c->chain, c->setting->timeline, all, count, gaps);
    out->gaps = gaps;
}

void collect_tick(struct collector *c, struct tick *out)
{
    assert(collect_ready(c));
    arena_reset(&c->scratch);
    const struct sheet *first = sheet_of(c, 0);
    *out = (struct tick){
        .index = (uint32_t)c->tick, .start_ns = first->start_ns, .end_ns = first->end_ns};
    out->stage = timeline_stage(c->setting->timeline, first->start_ns);
    for (uint32_t i = 1; i < c->setting->worker_count; i++) {
        /* A tick is the same time to all, or its sums mean nothing. */
        assert(sheet_of(c, i)->start_ns == out->start_ns && sheet_of(c, i)->end_ns == out->end_ns);
    }
    merge_cells(c, out);
    merge_slots(c, out);
    merge_exemplars(c, out);
    merge_integrals(c, out);
    merge_strain(c, out);
    merge_stalls(c, out);
    merge_gaps(c, out);
    for (uint32_t i = 0; i < c->setting->worker_count; i++) {
        sheet_clear(sheet_of(c, i));
        shared_publish(&worker_board(c->workers[i])->returned, c->tick + 1);
    }
    c->tick++;
}
