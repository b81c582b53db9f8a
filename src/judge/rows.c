#include "judge/rows.h"

#include <math.h>

#include "base/ns.h"
#include "judge/scope.h"

static enum row_kind kind_of(const struct objective *o)
{
    switch (objective_unit(o)) {
    case UNIT_TIME:
        return ROW_TIMES;
    case UNIT_SHARE:
        return ROW_SHARE;
    case UNIT_RATE:
    case UNIT_COUNT:
        return ROW_MEAN;
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
        }
    }
}

void rows_forget(struct row *row, uint32_t stage)
{
    double none = (double)NAN;
    row->findings[stage] = (struct finding){VERDICT_NOT_JUDGED, none, none, none, false, 0};
    row->stages[stage].design_effect = 1;
    row->stages[stage].needed_s = none;
}

static void open_row(struct rows *rows, const struct objective *o, uint32_t each_index)
{
    struct row *row = &rows->rows[rows->count++];
    uint32_t stage_count = rows->books->stage_count;
    *row = (struct row){.objective = o, .each_index = each_index, .kind = kind_of(o)};
    row->capacity = objective_is_capacity(o);
    if (row->kind == ROW_TIMES) row->limit_ns = o->value < 0x1p63 ? (uint64_t)o->value : UINT64_MAX;
    row->stages = ARENA_ARRAY(rows->arena, stage_count, struct row_stage);
    row->findings = ARENA_ARRAY(rows->arena, stage_count, struct finding);
    if (!arena_ok(rows->arena)) return;
    for (uint32_t s = 0; s < stage_count; s++) rows_forget(row, s);
}

void rows_open(struct rows *rows, const struct books *books, struct arena *arena)
{
    const struct plan *plan = books->header->plan;
    *rows = (struct rows){.books = books, .arena = arena};
    size_t most = 0;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        most += plan->objectives[i].scope == SCOPE_EACH ? plan->name_count : 1;
    }
    rows->rows = ARENA_ARRAY(arena, most, struct row);
    for (uint32_t i = 0; i < plan->objective_count && arena_ok(arena); i++) {
        const struct objective *o = &plan->objectives[i];
        if (o->scope != SCOPE_EACH) open_row(rows, o, PLAN_NO_INDEX);
        else
            for (uint32_t n = 0; n < plan->name_count; n++) open_row(rows, o, n);
    }
}

bool rows_lacks_scope(const struct row *row)
{
    const struct objective *o = row->objective;
    return o->metric == METRIC_AVAILABILITY_BY_TIME && o->scope != SCOPE_ALL;
}

bool rows_apply(const struct row *row, const struct books *books, uint32_t stage)
{
    const struct plan *plan = books->header->plan;
    const struct objective *o = row->objective;
    if (stage >= plan->stage_count || plan->stages[stage].warmup) return false;
    if (o->of_offered && books->stages[stage].closed) return false;
    if (rows_lacks_scope(row) || books->stages[stage].cut) return false;
    if (!o->has_in) return books->stages[stage].judged;
    return scope_has_stage(o, stage);
}

const struct tally *rows_tally(const struct row *row, const struct books *books, uint32_t stage)
{
    const struct objective *o = row->objective;
    const struct stage_book *book = &books->stages[stage];
    switch (o->scope) {
    case SCOPE_ALL:
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
    return scope_has_cell(row->objective, row->each_index, cell);
}

/* Cuts are left out of the batches: they come once, at the end, and say nothing of dependence. */
static void take_times(const struct row *row, struct row_stage *rs, const struct cell *cell)
{
    const struct hist_sparse *ok = &cell->measures[MEASURE_OK];
    const struct hist_sparse *timeouts = &cell->measures[MEASURE_TIMEOUT_AGE];
    if (row->objective->metric == METRIC_AVG) {
        rs->y += (double)ok->sum_ns + (double)timeouts->sum_ns;
        rs->n += (double)ok->count + (double)timeouts->count;
        return;
    }
    uint64_t unseen = cell->outcomes[OUTCOME_TIMEOUT] + cell->outcomes[OUTCOME_DROPPED];
    rs->y += (double)hist_sparse_count_above(ok, row->limit_ns) + (double)unseen;
    rs->n += (double)ok->count + (double)unseen;
}

static void take_share(const struct row *row, struct row_stage *rs, const struct cell *cell)
{
    const uint64_t *outcomes = cell->outcomes;
    if (row->objective->metric == METRIC_AVAILABILITY_BY_TIME) return; /* by slots, in the books */
    rs->y += (double)scope_bad(row->objective, outcomes, cell->answered_5xx, false);
    rs->n += (double)tally_ended(outcomes, false);
}

/* A cell that reaches its stage in this tick, which may be a later one. */
static void take_cell(struct rows *rows, const struct cell *cell)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        if (!concerns(row, cell)) continue;
        struct row_stage *rs = &row->stages[cell->stage];
        rs->stale = true;
        if (row->kind == ROW_TIMES) take_times(row, rs, cell);
        else if (row->kind == ROW_SHARE) take_share(row, rs, cell);
    }
}

/* Requests that were taken up in the tick, of its own stage: what was offered in it. */
static double offered_in(const struct row *row, const struct tick *tick)
{
    uint64_t begun = 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (concerns(row, cell) && cell->stage == tick->stage && !cell->settle) {
            begun += cell->begun;
        }
    }
    return (double)begun;
}

static void take_mean(struct rows *rows, struct row *row, const struct tick *tick)
{
    struct row_stage *rs = &row->stages[tick->stage];
    rs->stale = true;
    rs->y =
        scope_amount(row->objective, row->each_index, tick, rows->books->header->plan->name_count);
    rs->n = row->objective->of_offered ? offered_in(row, tick)
                                       : (double)(tick->end_ns - tick->start_ns) / (double)NS_PER_S;
}

/* Closes the tick in hand: its sums become one entry of the batches. */
static void close_tick(struct rows *rows, struct row *row)
{
    for (uint32_t s = 0; s < rows->books->stage_count; s++) {
        struct row_stage *rs = &row->stages[s];
        if (rs->n <= 0) continue;
        if (!rs->batches) rs->batches = ARENA_NEW(rows->arena, struct batches);
        if (rs->batches) {
            batches_add(rs->batches, rs->y, rs->n);
            if (row->kind != ROW_MEAN) rs->design_effect = batches_design_effect(rs->batches);
        }
        rs->y = rs->n = 0;
    }
}

void rows_take(struct rows *rows, const struct tick *tick)
{
    const struct books *books = rows->books;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (cell->settle || !books_knows(books, cell)) continue;
        take_cell(rows, cell);
    }
    bool counts = books_counts(books, tick);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        if (row->kind == ROW_MEAN && counts) take_mean(rows, row, tick);
        row->stages[tick->stage].stale = true;
        close_tick(rows, row);
    }
}
