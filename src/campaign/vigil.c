#include "campaign/vigil.h"

#include <assert.h>

#include "base/ns.h"
#include "judge/sliding.h"
#include "observe/served.h"

#define CELLS_MAX 4096 /* of the engine, in one tick */
#define PAIRS_MAX 65536
#define SLOTS_MAX 4096
#define THIN_MOST_NS (10 * NS_PER_S)

/* A series since its last sample. */
struct thin {
    double sum;      /* value x ns; of levels the last value */
    uint64_t weight; /* ns; 0: nothing came */
    uint64_t from_ns, to_ns;
    bool level;
};

struct vigil {
    const struct vigil_options *options;
    const struct plan *plan;
    struct served_cell *served; /* [plan->name_count] */
    struct hist_pair *pairs;    /* [PAIRS_MAX] */
    struct cell *cells;         /* [CELLS_MAX] */
    struct slot *slots;         /* [SLOTS_MAX] */
    double *in_flight;          /* [plan->name_count] */
    uint64_t thin_ns;           /* of so much time one sample is made */
    uint64_t thin_edge_ns;
    struct thin *thins;     /* [SERIES_MAX] */
    struct sample *samples; /* [SERIES_MAX] */
};

struct vigil *vigil_open(const struct vigil_options *options, const struct plan *plan,
                         struct arena *arena)
{
    struct vigil *v = ARENA_NEW(arena, struct vigil);
    if (!v) return NULL;
    *v = (struct vigil){.options = options, .plan = plan};
    v->thins = ARENA_ARRAY(arena, SERIES_MAX, struct thin);
    v->samples = ARENA_ARRAY(arena, SERIES_MAX, struct sample);
    /* No coarser than what objectives are judged by. */
    v->thin_ns = options->window_ns / SLIDING_PARTS / NS_PER_S * NS_PER_S;
    if (v->thin_ns > THIN_MOST_NS) v->thin_ns = THIN_MOST_NS;
    if (v->thin_ns < NS_PER_S) v->thin_ns = NS_PER_S;
    v->thin_edge_ns = v->thin_ns;
    if (!options->probes) {
        v->served = ARENA_ARRAY(arena, plan->name_count, struct served_cell);
        v->pairs = ARENA_ARRAY(arena, PAIRS_MAX, struct hist_pair);
        v->cells = ARENA_ARRAY(arena, CELLS_MAX, struct cell);
        v->in_flight = ARENA_ARRAY(arena, plan->name_count, double);
        v->slots = ARENA_ARRAY(arena, SLOTS_MAX, struct slot);
    }
    return arena_ok(arena) ? v : NULL;
}

/* ---- samples ---- */

static void gather(struct vigil *v, const struct sample *s)
{
    if (s->series >= SERIES_MAX || s->to_ns < s->from_ns) return;
    struct thin *t = &v->thins[s->series];
    uint64_t weight = s->to_ns - s->from_ns;
    t->level = weight == 0;
    if (t->weight == 0) t->from_ns = s->from_ns;
    if (t->level) {
        t->sum = s->value;
        t->weight = 1;
    } else {
        t->sum += s->value * (double)weight;
        t->weight += weight;
    }
    if (s->to_ns > t->to_ns) t->to_ns = s->to_ns;
}

static void thin_out(struct vigil *v, struct tick *tick)
{
    for (uint32_t i = 0; i < tick->sample_count; i++) gather(v, &tick->samples[i]);
    tick->samples = v->samples;
    tick->sample_count = 0;
    if (tick->end_ns < v->thin_edge_ns && !tick->last) return;
    v->thin_edge_ns = (tick->end_ns / v->thin_ns + 1) * v->thin_ns;
    for (uint32_t i = 0; i < SERIES_MAX; i++) {
        struct thin *t = &v->thins[i];
        if (t->weight == 0) continue;
        double value = t->level ? t->sum : t->sum / (double)t->weight;
        v->samples[tick->sample_count++] =
            (struct sample){i, t->level ? t->to_ns : t->from_ns, t->to_ns, (double)(float)value};
        *t = (struct thin){.sum = 0};
    }
}

/* ---- requests ---- */

static struct cell cell_of(const struct tick *tick, const struct served_cell *s)
{
    struct cell cell = {.stage = tick->stage,
                        .kind = CELL_REQUEST,
                        .index = s->name,
                        .begun = s->count,
                        .answered_5xx = s->answered_5xx};
    cell.outcomes[OUTCOME_OK] = s->count - s->failed;
    cell.outcomes[OUTCOME_STATUS] = s->failed;
    cell.measures[MEASURE_OK] = s->ok;
    cell.measures[MEASURE_OK_LESS_LAG] = s->ok;
    cell.measures[MEASURE_NOT_OK] = s->not_ok;
    return cell;
}

/* All of them as due at once: finer than a tick nobody tells. */
static struct slot slot_of(const struct tick *tick, const struct served_cell *cells, uint32_t count)
{
    struct slot slot = {.index = (uint32_t)(tick->start_ns / SLOT_NS), .stage = tick->stage};
    for (uint32_t i = 0; i < count; i++) {
        uint64_t most = UINT32_MAX - slot.planned;
        uint32_t all = (uint32_t)(cells[i].count < most ? cells[i].count : most);
        uint32_t failed = (uint32_t)(cells[i].failed < all ? cells[i].failed : all);
        slot.planned += all;
        slot.failed += failed;
        slot.ok += all - failed;
    }
    slot.taken = slot.planned;
    return slot;
}

static void add_served(struct vigil *v, struct observer *observer, struct tick *tick)
{
    if (tick->stage >= v->plan->stage_count) return; /* the drain */
    uint32_t count = observer_take_cells(observer, v->served, v->pairs, PAIRS_MAX);
    if (count == 0 || tick->slot_count == SLOTS_MAX || tick->cell_count + count > CELLS_MAX) return;
    memcpy(v->cells, tick->cells, tick->cell_count * sizeof *v->cells);
    for (uint32_t i = 0; i < count; i++) {
        v->cells[tick->cell_count++] = cell_of(tick, &v->served[i]);
    }
    tick->cells = v->cells;
    memcpy(v->slots, tick->slots, tick->slot_count * sizeof *v->slots);
    v->slots[tick->slot_count++] = slot_of(tick, v->served, count);
    tick->slots = v->slots;
    /* Who was served for so long was in flight for so long; it ended now and began before. */
    memset(v->in_flight, 0, v->plan->name_count * sizeof *v->in_flight);
    for (uint32_t i = 0; i < count; i++) {
        const struct served_cell *s = &v->served[i];
        v->in_flight[s->name] += (double)s->ok.sum_ns + (double)s->not_ok.sum_ns;
    }
    tick->requests_in_flight = v->in_flight;
}

void vigil_take(struct vigil *v, struct observer *observer, struct tick *tick)
{
    if (!v->options->probes) add_served(v, observer, tick);
    thin_out(v, tick);
}
