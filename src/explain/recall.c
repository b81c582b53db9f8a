#include "explain/recall.h"

#include <math.h>

#include "base/ns.h"

void recall_open(struct recall *r, const struct run_header *header, struct arena *arena)
{
    uint32_t stages = run_stage_count(header);
    *r = (struct recall){
        .header = header, .arena = arena, .stage_count = stages, .spoiled = PLAN_NO_INDEX};
    r->series = ARENA_ARRAY(arena, SERIES_MAX, struct recall_series);
    size_t all = (size_t)stages + RECALL_PARTS;
    r->stages = ARENA_ARRAY(arena, all, struct recall_stage);
    r->visits = ARENA_ARRAY(arena, all * header->plan->scenario_count + 1, struct recall_visits);
    r->starts = ARENA_ARRAY(arena, all, uint64_t);
    r->ends = ARENA_ARRAY(arena, all, uint64_t);
    r->begun = ARENA_ARRAY(arena, all, uint64_t);
}

/* ---- places ---- */

static void follow_objectives(struct recall *r, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->event_count; i++) {
        const struct event *e = &tick->events[i];
        if (e->kind != EVENT_OBJECTIVE) continue;
        if (bytes_starts(bytes_of(e->text), BYTES_LIT("missed"))) r->missed++;
        bool held = bytes_starts(bytes_of(e->text), BYTES_LIT("held"));
        if (held && r->missed > 0) r->missed--;
    }
}

/* Where the tick counts: its stage, or of a watch as recall.h says. */
static uint32_t place_of(struct recall *r, const struct tick *tick)
{
    uint32_t aside = r->stage_count - 1; /* the drain's place */
    if (r->header->watch_ns == 0) return tick->stage;
    follow_objectives(r, tick);
    if (tick->stage >= aside) return RECALL_NOWHERE;
    if (r->missed > 0) {
        r->spoiled = tick->stage;
        return r->missed_over ? RECALL_NOWHERE : aside;
    }
    if (r->spoiled != PLAN_NO_INDEX) r->missed_over = true;
    return r->spoiled == tick->stage ? RECALL_NOWHERE : tick->stage;
}

uint32_t recall_missed(const struct recall *r)
{
    return r->header->watch_ns > 0 && r->spoiled != PLAN_NO_INDEX ? r->stage_count - 1
                                                                  : RECALL_NOWHERE;
}

/* ---- load ---- */

static struct recall_visits *visits_of(const struct recall *r, uint32_t stage, uint32_t scenario)
{
    return &r->visits[(size_t)stage * r->header->plan->scenario_count + scenario];
}

const struct recall_visits *recall_visits_of(const struct recall *r, uint32_t stage,
                                             uint32_t scenario)
{
    return visits_of(r, stage, scenario);
}

/* Ticks are cut where `settle` ends, so one lies on one side of it. */
static bool is_settled(struct recall *r, const struct tick *tick)
{
    const struct plan *plan = r->header->plan;
    if (tick->stage >= plan->stage_count) return false; /* the drain */
    uint64_t *begun = &r->begun[tick->stage];
    if (*begun == 0) *begun = tick->start_ns + 1; /* 0: not seen */
    return tick->start_ns + 1 >= *begun + plan->stages[tick->stage].settle_ns;
}

static void add_cell(struct recall *r, const struct cell *cell, uint32_t place)
{
    if (cell->settle || place >= r->stage_count) return;
    struct recall_stage *to = &r->stages[place];
    if (cell->kind == CELL_STAGE) {
        to->lag_ns += (double)cell->measures[STAGE_LAG].sum_ns;
        to->lag_count += cell->measures[STAGE_LAG].count;
        to->wait_ns += (double)cell->measures[STAGE_WAIT].sum_ns;
        to->rtt_ns += (double)cell->measures[STAGE_RTT].sum_ns;
        to->rtt_count += cell->measures[STAGE_RTT].count;
    } else if (cell->kind == CELL_REQUEST) {
        to->done += cell->outcomes[OUTCOME_OK];
        to->response_ns += (double)cell->measures[MEASURE_OK].sum_ns;
    } else if (cell->kind == CELL_ITERATION && cell->index < r->header->plan->scenario_count) {
        struct recall_visits *visits = visits_of(r, place, cell->index);
        visits->done += cell->outcomes[OUTCOME_OK];
        visits->time_ns += (double)cell->measures[MEASURE_OK].sum_ns;
    }
}

/* What ended meanwhile, of whatever stage it was: in overload the service is with older ones. What
 * never reached it is not among them. */
static void add_passed(struct recall *r, const struct cell *cell, uint32_t place)
{
    uint64_t passed = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (i != OUTCOME_DROPPED && i != OUTCOME_CUT) passed += cell->outcomes[i];
    }
    if (cell->kind == CELL_REQUEST) r->stages[place].passed += passed;
    bool known = cell->index < r->header->plan->scenario_count;
    if (cell->kind == CELL_ITERATION && known) visits_of(r, place, cell->index)->passed += passed;
}

static void add_load(struct recall *r, const struct tick *tick, uint32_t place)
{
    bool watch = r->header->watch_ns > 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        add_cell(r, &tick->cells[i], watch ? place : tick->cells[i].stage);
    }
    if (!is_settled(r, tick) || place >= r->stage_count) return;
    for (uint32_t i = 0; i < tick->cell_count; i++) add_passed(r, &tick->cells[i], place);
    struct recall_stage *to = &r->stages[place];
    to->seconds += (double)(tick->end_ns - tick->start_ns) / 1e9;
    double in_flight_ns = 0;
    for (uint32_t i = 0; i < r->header->plan->name_count; i++) {
        in_flight_ns += tick->requests_in_flight[i];
    }
    to->in_flight_ns += in_flight_ns;
    if (tick->end_ns > tick->start_ns) {
        pile_add(&to->pile, (double)tick->start_ns / 1e9,
                 in_flight_ns / (double)(tick->end_ns - tick->start_ns));
    }
    for (uint32_t i = 0; i < r->header->plan->scenario_count && tick->iterations_in_flight; i++) {
        visits_of(r, place, i)->in_flight_ns += tick->iterations_in_flight[i];
    }
    if (r->ends[place] == 0) r->starts[place] = tick->start_ns;
    r->ends[place] = tick->end_ns;
}

/* ---- samples ---- */

static void declare(struct recall *r, const struct series *from)
{
    if (from->id >= SERIES_MAX) return;
    struct recall_series *s = &r->series[from->id];
    size_t count = (size_t)r->stage_count + RECALL_PARTS;
    *s = (struct recall_series){.of = arena_copy(r->arena, from->of),
                                .name = arena_copy(r->arena, from->name),
                                .label = arena_copy(r->arena, from->label),
                                .unit = from->unit,
                                .sums = ARENA_ARRAY(r->arena, count, double),
                                .lengths = ARENA_ARRAY(r->arena, count, double)};
    s->known = s->sums && s->lengths;
    if (bytes_is(from->name, series_row(SERIES_OF_MEMORY_ANON)->name)) {
        s->floors = ARENA_NEW(r->arena, struct floors);
        if (s->floors) floors_init(s->floors, 1);
    }
    if (from->id >= r->series_count) r->series_count = from->id + 1;
}

static void remember(struct recall *r, struct recall_series *s, uint32_t at, double value)
{
    uint32_t chunk = at / RECALL_CHUNK;
    if (chunk >= RECALL_CHUNKS) return;
    if (!s->history[chunk]) {
        s->history[chunk] = ARENA_ARRAY(r->arena, RECALL_CHUNK, float);
        for (uint32_t i = 0; s->history[chunk] && i < RECALL_CHUNK; i++) {
            s->history[chunk][i] = NAN;
        }
    }
    if (s->history[chunk]) s->history[chunk][at % RECALL_CHUNK] = (float)value;
}

/* A sample of an instant is of the stage in which that lies, whatever the second before it was. */
static void add_instant(struct recall *r, struct recall_series *s, const struct sample *sample,
                        uint32_t last)
{
    for (uint32_t i = 0; i <= last && i < r->stage_count; i++) {
        if (r->ends[i] == 0 || sample->to_ns < r->starts[i] || sample->to_ns > r->ends[i]) continue;
        s->sums[i] += sample->value * (double)NS_PER_S;
        s->lengths[i] += (double)NS_PER_S;
        if (s->floors && i < r->header->plan->stage_count)
            floors_add(s->floors, i, (double)sample->to_ns / (double)NS_PER_S, sample->value);
    }
}

static void add_sample(struct recall *r, const struct tick *tick, const struct sample *sample)
{
    if (sample->series >= r->series_count || !r->series[sample->series].known) return;
    struct recall_series *s = &r->series[sample->series];
    uint64_t to_ns = sample->to_ns;
    uint64_t from_ns = sample->from_ns;
    uint32_t last = r->header->watch_ns > 0 ? r->stage_count - 1 : tick->stage;
    if (from_ns == to_ns) add_instant(r, s, sample, last);
    for (uint32_t i = 0; i <= last && i < r->stage_count; i++) {
        uint64_t lo = r->starts[i] > from_ns ? r->starts[i] : from_ns;
        uint64_t hi = r->ends[i] < to_ns ? r->ends[i] : to_ns;
        if (r->ends[i] == 0 || hi <= lo) continue;
        double ns = (double)(hi - lo);
        /* One that straddles an edge says little of either side. */
        if (ns < 0.5 * (double)(to_ns - from_ns)) continue;
        s->sums[i] += sample->value * ns;
        s->lengths[i] += ns;
    }
    bool place = s->unit == SERIES_WAITING || s->unit == SERIES_CORES;
    if (place || tick->index < RECALL_ALL_CHUNKS * RECALL_CHUNK) {
        remember(r, s, tick->index, sample->value);
    }
}

static struct recall_second *second_of(struct recall *r, uint32_t at)
{
    uint32_t chunk = at / RECALL_CHUNK;
    if (chunk >= RECALL_CHUNKS) return NULL;
    if (!r->seconds[chunk]) {
        r->seconds[chunk] = ARENA_ARRAY(r->arena, RECALL_CHUNK, struct recall_second);
    }
    return r->seconds[chunk] ? &r->seconds[chunk][at % RECALL_CHUNK] : NULL;
}

static struct recall_stage added(const struct recall_stage *now, const struct recall_stage *was)
{
    return (struct recall_stage){.seconds = now->seconds - was->seconds,
                                 .in_flight_ns = now->in_flight_ns - was->in_flight_ns,
                                 .lag_ns = now->lag_ns - was->lag_ns,
                                 .wait_ns = now->wait_ns - was->wait_ns,
                                 .rtt_ns = now->rtt_ns - was->rtt_ns,
                                 .response_ns = now->response_ns - was->response_ns,
                                 .done = now->done - was->done,
                                 .rtt_count = now->rtt_count - was->rtt_count,
                                 .lag_count = now->lag_count - was->lag_count,
                                 .passed = now->passed - was->passed};
}

static void add_second(struct recall *r, const struct tick *tick, uint32_t place)
{
    struct recall_stage was = place < r->stage_count ? r->stages[place] : (struct recall_stage){0};
    add_load(r, tick, place);
    if (place >= r->stage_count || r->ends[place] != tick->end_ns) return; /* in its settle */
    struct recall_second *second = second_of(r, tick->index);
    if (!second) return;
    *second = (struct recall_second){.load = added(&r->stages[place], &was),
                                     .start_ns = tick->start_ns,
                                     .end_ns = tick->end_ns,
                                     .stage = place,
                                     .known = true};
}

void recall_tick(struct recall *r, const struct tick *tick)
{
    if (tick->stage >= r->stage_count || !r->series || !r->stages || !r->starts || !r->ends
        || !r->begun || !r->visits)
        return;
    add_second(r, tick, place_of(r, tick));
    for (uint32_t i = 0; i < tick->series_count; i++) declare(r, &tick->series[i]);
    for (uint32_t i = 0; i < tick->sample_count; i++) add_sample(r, tick, &tick->samples[i]);
    r->ticks = tick->index + 1;
}

/* ---- parts of a stage ---- */

const struct recall_second *recall_second_at(const struct recall *r, uint32_t at)
{
    uint32_t chunk = at / RECALL_CHUNK;
    const struct recall_second *all = chunk < RECALL_CHUNKS ? r->seconds[chunk] : NULL;
    return all && all[at % RECALL_CHUNK].known ? &all[at % RECALL_CHUNK] : NULL;
}

static void add_to_part(struct recall *r, uint32_t part, const struct recall_second *from,
                        uint32_t at)
{
    struct recall_stage *to = &r->stages[part];
    to->seconds += from->load.seconds;
    to->in_flight_ns += from->load.in_flight_ns;
    to->lag_ns += from->load.lag_ns;
    to->wait_ns += from->load.wait_ns;
    to->rtt_ns += from->load.rtt_ns;
    to->response_ns += from->load.response_ns;
    to->done += from->load.done;
    to->rtt_count += from->load.rtt_count;
    to->lag_count += from->load.lag_count;
    to->passed += from->load.passed;
    if (r->ends[part] == 0) r->starts[part] = from->start_ns;
    r->ends[part] = from->end_ns;
    double ns = (double)(from->end_ns - from->start_ns);
    for (uint32_t i = 0; i < r->series_count; i++) {
        double value = recall_at(r, i, at);
        if (isnan(value)) continue;
        r->series[i].sums[part] += value * ns;
        r->series[i].lengths[part] += ns;
    }
}

bool recall_cut(struct recall *r, uint32_t stage, uint64_t at_ns)
{
    r->part_count = RECALL_PARTS;
    for (uint32_t at = 0; at < r->ticks; at++) {
        const struct recall_second *second = recall_second_at(r, at);
        if (!second || second->stage != stage) continue;
        add_to_part(r, r->stage_count + (second->start_ns >= at_ns), second, at);
    }
    return r->stages[r->stage_count].seconds > 0 && r->stages[r->stage_count + 1].seconds > 0;
}

/* ---- reading ---- */

bool recall_has_stage(const struct recall *r, uint32_t stage)
{
    return stage < r->stage_count + r->part_count;
}

double recall_mean(const struct recall *r, uint32_t series, uint32_t stage)
{
    if (series >= r->series_count || !recall_has_stage(r, stage)) return (double)NAN;
    const struct recall_series *s = &r->series[series];
    bool any = s->known && s->lengths[stage] > 0;
    return any ? s->sums[stage] / s->lengths[stage] : (double)NAN;
}

double recall_seconds(const struct recall *r, uint32_t series, uint32_t stage)
{
    bool known = series < r->series_count && recall_has_stage(r, stage) && r->series[series].known;
    return known ? r->series[series].lengths[stage] / 1e9 : 0;
}

double recall_at(const struct recall *r, uint32_t series, uint32_t at)
{
    if (series >= r->series_count || at / RECALL_CHUNK >= RECALL_CHUNKS) return (double)NAN;
    const float *chunk = r->series[series].history[at / RECALL_CHUNK];
    return chunk ? (double)chunk[at % RECALL_CHUNK] : (double)NAN;
}

uint32_t recall_find(const struct recall *r, struct bytes of, enum series_row row,
                     const char *label)
{
    struct bytes name = bytes_of(series_row(row)->name);
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *s = &r->series[i];
        if (!s->known || !bytes_equal(s->name, name) || !bytes_equal(s->of, of)) continue;
        if (!label || bytes_is(s->label, label)) return i;
    }
    return SERIES_MAX;
}
