#include "judge/rows.h"

#include <assert.h>
#include <math.h>

#include "base/ns.h"
#include "judge/leak.h"
#include "judge/recovery.h"
#include "judge/scope.h"
#include "judge/watch.h"

static enum row_kind kind_of(const struct objective *o)
{
    if (o->metric == METRIC_LEAK) return ROW_LEAK;
    if (o->metric == METRIC_RECOVERY) return ROW_RECOVERY;
    if (objective_is_observed(o)) return ROW_SEEN;
    switch (objective_unit(o)) {
    case UNIT_TIME:
        return ROW_TIMES;
    case UNIT_SHARE:
        return ROW_SHARE;
    case UNIT_RATE:
    case UNIT_COUNT:
        return ROW_MEAN;
    case UNIT_BYTES:
    case UNIT_BYTES_RATE:
    case UNIT_NUMBER:
        break; /* only of what is seen */
    }
    return ROW_MEAN;
}

void rows_needs(struct books_needs *out, const struct plan *plan, struct arena *arena)
{
    *out = (struct books_needs){.names = ARENA_ARRAY(arena, plan->name_count, bool),
                                .scenarios = ARENA_ARRAY(arena, plan->scenario_count, bool)};
    if (!arena_ok(arena)) return;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        const struct objective *o = &plan->objectives[i];
        if (o->metric == METRIC_AVAILABILITY_BY_TIME) out->seconds = true;
        if (kind_of(o) != ROW_TIMES) continue;
        switch (o->scope) {
        case SCOPE_ALL:
            out->stage_less_lag = true;
            break;
        case SCOPE_REQUEST:
            out->names[o->scope_index] = true;
            break;
        case SCOPE_SCENARIO:
            out->scenarios[o->scope_index] = true;
            break;
        case SCOPE_EACH:
            for (uint32_t n = 0; n < plan->name_count; n++) out->names[n] = true;
            break;
        case SCOPE_SERVICE:
            break;
        }
    }
}

void rows_forget(struct row *row, uint32_t stage)
{
    double none = (double)NAN;
    row->findings[stage] = (struct finding){VERDICT_NOT_JUDGED, none, none, none, false, 0};
    row->stages[stage].counted.design_effect = row->stages[stage].run.design_effect = 1;
    row->stages[stage].needed_s = none;
    row->stages[stage].largest = none;
}

/* `max` has no interval, and needs none. */
static bool is_quantile(const struct objective *o)
{
    return o->metric == METRIC_QUANTILE;
}

static bool same_times(const struct row *a, const struct row *b)
{
    const struct objective *x = a->objective;
    const struct objective *y = b->objective;
    return is_quantile(x) && x->scope == y->scope && x->scope_index == y->scope_index
           && a->each_index == b->each_index;
}

static uint64_t limit_of(const struct objective *o)
{
    return o->value < 0x1p63 ? (uint64_t)o->value : UINT64_MAX;
}

static void open_row(struct rows *rows, const struct objective *o, uint32_t each_index)
{
    struct row *row = &rows->rows[rows->count];
    uint32_t stage_count = rows->books->stage_count;
    *row = (struct row){.rows = rows, .objective = o, .each_index = each_index, .kind = kind_of(o)};
    while (row->keeper < rows->count && !same_times(&rows->rows[row->keeper], row)) row->keeper++;
    rows->count++;
    row->capacity = objective_is_capacity(o);
    if (row->kind == ROW_TIMES) row->limit_ns = limit_of(o);
    if (objective_is_observed(o))
        row->watch = watch_make(o, rows->books->header->plan, rows->arena);
    if (row->kind == ROW_LEAK) row->leak = leak_make(rows->books, rows->arena);
    if (row->kind == ROW_RECOVERY) row->recovery = recovery_make(o, rows->books, rows->arena);
    row->stages = ARENA_ARRAY(rows->arena, stage_count, struct row_stage);
    row->findings = ARENA_ARRAY(rows->arena, stage_count, struct finding);
    if (!arena_ok(rows->arena)) return;
    for (uint32_t s = 0; s < stage_count; s++) rows_forget(row, s);
}

void rows_open_for(struct rows *rows, const struct books *books, const struct objective *sentences,
                   uint32_t count, struct arena *arena)
{
    uint32_t names = books->header->plan->name_count;
    *rows = (struct rows){.books = books, .arena = arena};
    size_t most = 0;
    for (uint32_t i = 0; i < count; i++) most += sentences[i].scope == SCOPE_EACH ? names : 1;
    rows->rows = ARENA_ARRAY(arena, most, struct row);
    for (uint32_t i = 0; i < count && arena_ok(arena); i++) {
        const struct objective *o = &sentences[i];
        if (o->scope != SCOPE_EACH) open_row(rows, o, PLAN_NO_INDEX);
        else
            for (uint32_t n = 0; n < names; n++) open_row(rows, o, n);
    }
}

void rows_open(struct rows *rows, const struct books *books, struct arena *arena)
{
    const struct plan *plan = books->header->plan;
    rows_open_for(rows, books, plan->objectives, plan->objective_count, arena);
}

void rows_set_limit(struct row *row, struct objective *sentence, double limit)
{
    assert(row->objective == sentence);
    sentence->value = limit;
    if (row->kind == ROW_TIMES) row->limit_ns = limit_of(sentence);
    for (uint32_t s = 0; s < row->rows->books->stage_count; s++) row->stages[s].stale = true;
}

const struct row_stage *rows_times(const struct row *row, uint32_t stage)
{
    return &row->rows->rows[row->keeper].stages[stage];
}

bool rows_is_once(const struct row *row)
{
    return row->kind == ROW_LEAK || row->kind == ROW_RECOVERY;
}

bool rows_has_data(const struct row *row, uint32_t stage)
{
    if (is_quantile(row->objective)) return rows_times(row, stage)->counted.bands != NULL;
    return row->stages[stage].counted.batches != NULL;
}

const struct batches *rows_batches(const struct row *row, uint32_t stage, bool spared)
{
    const struct row_series *series = &row->stages[stage].counted;
    return spared && series->spared ? series->spared : series->batches;
}

bool rows_lacks_scope(const struct row *row)
{
    const struct objective *o = row->objective;
    return o->metric == METRIC_AVAILABILITY_BY_TIME && o->scope != SCOPE_ALL;
}

/* Apart from where the row looks. */
static bool can_apply(const struct row *row, const struct books *books, uint32_t stage)
{
    if (row->objective->of_offered && books->stages[stage].closed) return false;
    if (row->kind == ROW_RECOVERY) return false; /* it looks at no stage by itself */
    return !rows_lacks_scope(row) && !books->stages[stage].cut;
}

/* No sentence can be about the warm-up or the drain. */
static bool is_aside(const struct plan *plan, uint32_t stage)
{
    return stage >= plan->stage_count || plan->stages[stage].warmup;
}

bool rows_apply_in_run(const struct row *row, const struct books *books, uint32_t stage)
{
    const struct plan *plan = books->header->plan;
    const struct objective *o = row->objective;
    if (is_aside(plan, stage)) return false;
    if (!can_apply(row, books, stage)) return false;
    return o->has_in ? scope_has_stage(o, stage) : plan->stages[stage].judged;
}

/* What the row is about can be met in that stage. */
static bool can_meet(const struct row *row, const struct books *books, uint32_t stage)
{
    const struct objective *o = row->objective;
    switch (o->scope) {
    case SCOPE_ALL:
    case SCOPE_SERVICE:
        break;
    case SCOPE_REQUEST:
        return books_can_come(books, stage, CELL_REQUEST, o->scope_index);
    case SCOPE_SCENARIO:
        return books_can_come(books, stage, CELL_ITERATION, o->scope_index);
    case SCOPE_EACH:
        return books_can_come(books, stage, CELL_REQUEST, row->each_index);
    }
    return true;
}

bool rows_apply(const struct row *row, const struct books *books, uint32_t stage)
{
    if (!books->header->window) return rows_apply_in_run(row, books, stage);
    return books->stages[stage].span && can_apply(row, books, stage) && can_meet(row, books, stage)
           && scope_has_stage(row->objective, stage);
}

const struct tally *rows_tally(const struct row *row, const struct books *books, uint32_t stage)
{
    const struct objective *o = row->objective;
    const struct stage_book *book = &books->stages[stage];
    switch (o->scope) {
    case SCOPE_ALL:
    case SCOPE_SERVICE:
        break;
    case SCOPE_REQUEST:
        return &book->names[o->scope_index];
    case SCOPE_SCENARIO:
        return &book->scenarios[o->scope_index];
    case SCOPE_EACH:
        return &book->names[row->each_index];
    }
    return &book->requests;
}

static bool concerns(const struct row *row, const struct cell *cell)
{
    return row->kind != ROW_SEEN && !rows_is_once(row)
           && scope_has_cell(row->objective, row->each_index, cell);
}

/* A part of the sums. */
struct part {
    double y, n;
    double lacking; /* of both: ended so for want of something of prony's own */
};

/* Cuts are left out: they come once, at the end, and say nothing of dependence. */
static struct part mean_time_of(const struct cell *cell)
{
    const struct hist_sparse *ok = &cell->measures[MEASURE_OK];
    const struct hist_sparse *timeouts = &cell->measures[MEASURE_TIMEOUT_AGE];
    return (struct part){(double)ok->sum_ns + (double)timeouts->sum_ns,
                         (double)ok->count + (double)timeouts->count, 0};
}

static struct part share_of(const struct row *row, const struct cell *cell)
{
    const uint64_t *outcomes = cell->outcomes;
    return (struct part){(double)scope_bad(row->objective, outcomes, cell->answered_5xx, false),
                         (double)tally_ended(outcomes, false),
                         (double)scope_lacking(row->objective, cell->shortages)};
}

static struct part part_of(const struct row *row, const struct cell *cell)
{
    bool by_slots = row->objective->metric == METRIC_AVAILABILITY_BY_TIME; /* in the books */
    if (row->objective->metric == METRIC_AVG) return mean_time_of(cell);
    if (row->kind == ROW_SHARE && !by_slots) return share_of(row, cell);
    return (struct part){0, 0, 0};
}

static void add_part(struct row_series *series, struct part part)
{
    series->y += part.y;
    series->n += part.n;
    series->lacking += part.lacking;
}

static void add_times(struct rows *rows, const struct row *row, struct row_series *series,
                      const struct cell *cell)
{
    const struct hist_sparse *ok = &cell->measures[MEASURE_OK];
    uint64_t unseen = cell->outcomes[OUTCOME_TIMEOUT] + cell->outcomes[OUTCOME_DROPPED];
    if (ok->count + unseen == 0 || is_aside(rows->books->header->plan, cell->stage)) return;
    if (!series->bands) series->bands = ARENA_NEW(rows->arena, struct bands);
    if (!series->bands) return;
    bands_add(series->bands, ok, unseen, scope_lacking(row->objective, cell->shortages));
    series->n += (double)ok->count + (double)unseen;
}

static void add_cell(struct rows *rows, const struct row *row, struct row_series *series,
                     const struct cell *cell)
{
    if (!is_quantile(row->objective)) add_part(series, part_of(row, cell));
    else if (row == &rows->rows[row->keeper]) add_times(rows, row, series, cell);
}

/* A cell that reaches its stage in this tick, which may be a later one. */
static void take_cell(struct rows *rows, const struct cell *cell, bool counted)
{
    bool of_run = rows->books->header->window && !cell->settle;
    for (uint32_t i = 0; i < rows->count && (counted || of_run); i++) {
        struct row *row = &rows->rows[i];
        if (!concerns(row, cell)) continue;
        struct row_stage *rs = &row->stages[cell->stage];
        rs->stale = true;
        if (counted) add_cell(rows, row, &rs->counted, cell);
        if (of_run) add_cell(rows, row, &rs->run, cell);
    }
}

/* Requests that were taken up in the tick, of its own stage: what was offered in it. */
static double offered_in(const struct books *books, const struct row *row, const struct tick *tick)
{
    uint64_t begun = 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (concerns(row, cell) && cell->stage == tick->stage && books_has(books, tick, cell)) {
            begun += cell->begun;
        }
    }
    return (double)begun;
}

/* Of what ended in the tick, of its own stage. */
static double lacking_in(const struct books *books, const struct row *row, const struct tick *tick)
{
    uint64_t lacking = 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (concerns(row, cell) && cell->stage == tick->stage && books_has(books, tick, cell)) {
            lacking += scope_lacking(row->objective, cell->shortages);
        }
    }
    return (double)lacking;
}

static void take_mean(struct rows *rows, struct row *row, const struct tick *tick)
{
    const struct objective *o = row->objective;
    struct row_stage *rs = &row->stages[tick->stage];
    double seconds = (double)(tick->end_ns - tick->start_ns) / (double)NS_PER_S;
    rs->stale = true;
    rs->counted.y = scope_amount(o, row->each_index, tick, rows->books->header->plan->name_count);
    rs->counted.n = o->of_offered ? offered_in(rows->books, row, tick) : seconds;
    rs->counted.lacking = o->of_offered ? lacking_in(rows->books, row, tick) : 0;
}

/* What its samples say of one moment, `weight_s` long. */
static void take_seen(void *ctx, uint64_t at_ns, double value, double weight_s)
{
    struct row *row = ctx;
    const struct rows *rows = row->rows;
    uint32_t stage = books_stage_at(rows->books, at_ns);
    if (row->kind == ROW_LEAK) {
        struct leak_moment m = {stage, at_ns, value, watch_grade(row->watch)};
        bool counts = stage != PLAN_NO_INDEX && rows_apply(row, rows->books, stage);
        leak_take(row->leak, &m, counts);
        return;
    }
    if (stage == PLAN_NO_INDEX) return;
    struct row_stage *rs = &row->stages[stage];
    if (!rs->counted.batches) rs->counted.batches = ARENA_NEW(rows->arena, struct batches);
    if (!rs->counted.batches) return;
    batches_add(rs->counted.batches, value * weight_s, weight_s);
    rs->largest = rs->seen > 0 ? fmax(rs->largest, value) : value;
    rs->seen++;
    rs->stale = true;
}

/* The tick's sums less what ended for want of something of prony's own: up to the first of these
 * they were the same. */
static void spare(struct rows *rows, const struct row *row, struct row_series *series)
{
    if (!series->spared) {
        series->spared = ARENA_NEW(rows->arena, struct batches);
        if (!series->spared) return;
        *series->spared = *series->batches;
    }
    double n = series->n - series->lacking;
    double y = row->kind == ROW_SHARE ? series->y - series->lacking : series->y;
    if (n > 0) batches_add(series->spared, y, n);
}

/* Its sums become one entry of the batches. */
static void close_series(struct rows *rows, const struct row *row, struct row_series *series)
{
    if (series->n <= 0) return;
    if (is_quantile(row->objective)) {
        bands_close(series->bands);
        series->n = 0;
        return;
    }
    if (!series->batches) series->batches = ARENA_NEW(rows->arena, struct batches);
    if (series->batches) {
        if (series->lacking > 0 || series->spared) spare(rows, row, series);
        batches_add(series->batches, series->y, series->n);
        if (row->kind == ROW_SHARE) series->design_effect = batches_design_effect(series->batches);
    }
    series->y = series->n = series->lacking = 0;
}

/* Closes the tick in hand. */
static void close_tick(struct rows *rows, struct row *row)
{
    for (uint32_t s = 0; s < rows->books->stage_count; s++) {
        close_series(rows, row, &row->stages[s].counted);
        close_series(rows, row, &row->stages[s].run);
    }
}

void rows_take(struct rows *rows, const struct tick *tick)
{
    const struct books *books = rows->books;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (books_knows(books, cell)) take_cell(rows, cell, books_has(books, tick, cell));
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        if (row->watch) watch_take(row->watch, tick, rows->books, take_seen, row);
        if (row->kind == ROW_RECOVERY) recovery_take(row->recovery, tick);
    }
    bool counts = books_counts(books, tick);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        if (row->kind == ROW_MEAN && counts) take_mean(rows, row, tick);
        if (row->kind == ROW_LEAK && counts) leak_load(row->leak, tick);
        row->stages[tick->stage].stale = true;
        close_tick(rows, row);
    }
}
