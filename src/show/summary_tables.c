#include <math.h>

#include "plan/objective_words.h"
#include "show/amount.h"
#include "show/objective_row.h"
#include "show/summary_priv.h"
#include "show/table.h"

#define NOTE_BYTES 1024
#define NAMES_SHOWN 8 /* without --verbose */

/* Values below which a percentile is only a guess: p^n > 2.5 %, so not even the largest value seen
 * bounds it (docs/method.md, "Too few to say"). By enum figure; 0: always fine. */
static const uint64_t enough[FIGURE_COUNT] = {2, 6, 36, 72, 368, 3688, 1};

bool summary_tables_few(enum figure figure, uint64_t n)
{
    return n < enough[figure];
}

double summary_tables_errors(const struct result *result, const struct figures *f)
{
    uint64_t ended = f->offered;
    if (result->end.ended == RUN_INTERRUPTED) ended -= f->outcomes[OUTCOME_CUT];
    if (ended == 0) return (double)NAN;
    return (double)(ended - f->outcomes[OUTCOME_OK]) / (double)ended;
}

bool summary_tables_stage_has(const struct result *result, uint32_t stage, enum verdict verdict)
{
    for (uint32_t i = 0; i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        if (o->objective->warn || objective_is_capacity(o->objective) || !o->stages) continue;
        if (o->stages[stage].verdict == verdict) return true;
    }
    return false;
}

bool summary_tables_users_vary(const struct result *result, const struct stage_result *stage)
{
    const struct stage *s = &result->header->plan->stages[stage->stage];
    double users = round(stage->figures.users);
    return users > 0 && (s->users_from != s->users_to || users != s->users_to);
}

/* ---- a latency in a column ---- */

/* The figures that tables show, each with its decimals in this table. */
struct scale {
    uint32_t decimals[FIGURE_COUNT];
};

struct spread {
    double least[FIGURE_COUNT], most[FIGURE_COUNT];
};

static void spread_add(struct spread *s, const struct latency *l)
{
    for (int i = 0; i < FIGURE_COUNT; i++) {
        if (isnan(l->ns[i])) continue;
        s->least[i] = s->least[i] > 0 && s->least[i] < l->ns[i] ? s->least[i] : l->ns[i];
        s->most[i] = s->most[i] > l->ns[i] ? s->most[i] : l->ns[i];
    }
}

static struct scale spread_scale(const struct spread *s)
{
    struct scale scale;
    for (int i = 0; i < FIGURE_COUNT; i++) {
        scale.decimals[i] = amount_ms_decimals(s->least[i], s->most[i]);
    }
    return scale;
}

static void latency_cell(struct table_cell *out, const struct latency *l, enum figure figure,
                         const struct scale *scale, struct summary_legend *legend)
{
    double ns = l->ns[figure];
    if (l->n == 0 || isnan(ns)) {
        text_adds(&out->text, AMOUNT_NONE);
        out->tone = TONE_DIM;
        return;
    }
    bool few = summary_tables_few(figure, l->n), at_least = (l->at_least >> figure & 1) != 0;
    if (few) text_addc(&out->text, '(', 1);
    if (at_least) text_adds(&out->text, "≥");
    amount_ms(&out->text, ns, scale->decimals[figure]);
    if (few) text_addc(&out->text, ')', 1);
    if (few) out->tone = TONE_DIM;
    legend->few = legend->few || few;
    legend->at_least = legend->at_least || at_least;
}

/* A response time, marked where an instant answer takes as long on this host. */
static void response_cell(struct table_cell *out, const struct latency *l, enum figure figure,
                          const struct scale *scale, struct summary_legend *legend)
{
    bool floor = l->n > 0 && l->ns[figure] < legend->floor_ns;
    if (floor) text_addc(&out->text, '~', 1);
    latency_cell(out, l, figure, scale, legend);
    if (floor) out->tone = TONE_DIM;
    legend->floor = legend->floor || floor;
}

/* ---- objectives ---- */

#define OBJECTIVES_SHOWN 14 /* without --verbose; misses are always shown */

enum { OBJ_MARK, OBJ_SUBJECT, OBJ_GOAL, OBJ_VALUE, OBJ_INTERVAL, OBJ_AT, OBJ_VERDICT, OBJ_DETAIL };

static void objective_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct result *r = ctx;
    const struct objective_result *o = objective_row_at(r, row);
    if (!o) return;
    struct bytes text = o->objective->text;
    /* What nobody asked for and holds all the same is in the background. */
    if (o->objective->implicit && o->verdict == VERDICT_HOLDS) out->tone = TONE_DIM;
    switch (column) {
    case OBJ_MARK:
        text_adds(&out->text, objective_row_mark(o));
        out->tone = objective_row_tone(o);
        break;
    case OBJ_SUBJECT:
        objective_row_subject(&out->text, r, o);
        break;
    case OBJ_GOAL:
        text_add_safe(&out->text, bytes_from(text, objective_words_goal(text)));
        break;
    case OBJ_VALUE:
        if (o->at_least && !isnan(o->value)) text_adds(&out->text, "≥ ");
        amount_of(&out->text, o->objective, o->value);
        out->tone = objective_row_tone(o);
        break;
    case OBJ_INTERVAL:
        objective_row_interval(&out->text, o);
        break;
    case OBJ_AT:
        if (o->stage != PLAN_NO_INDEX)
            text_add_safe(&out->text, run_stage_name(r->header, o->stage));
        else if (!isnan(o->value)) text_adds(&out->text, "all");
        break;
    case OBJ_VERDICT:
        text_adds(&out->text, result_verdict_name(o->verdict));
        if (o->verdict != VERDICT_HOLDS) out->tone = objective_row_tone(o);
        break;
    case OBJ_DETAIL:
        objective_row_detail(&out->text, o);
        break;
    default:
        break;
    }
}

/* The note of a row; NULL: none, or not worth its line. */
static const char *note_of(const struct summary *s, uint32_t row)
{
    const struct objective_result *o = objective_row_at(s->result, row);
    if (!o || o->note[0] == '\0') return NULL;
    bool holds = objective_row_rank(o) == OBJECTIVE_ROW_HOLDS;
    return holds && !s->extra->verbose ? NULL : o->note;
}

/* Below the table, once for all rows that it is about: `p95, max – of the answered: ...`. */
static void write_note(const struct summary *s, uint32_t row, uint32_t shown)
{
    const char *text = note_of(s, row);
    if (!text) return;
    char array[NOTE_BYTES];
    struct text note = text_in(array, sizeof array);
    for (uint32_t i = 0; i < shown; i++) {
        const char *other = note_of(s, i);
        if (!other || strcmp(other, text) != 0) continue;
        if (i < row) return; /* said with that one */
        if (note.len > 0) text_adds(&note, ", ");
        objective_row_subject(&note, s->result, objective_row_at(s->result, i));
    }
    text_adds(&note, " – ");
    text_add_safe(&note, bytes_of(text));
    style_wrap(s->out, s->style, BYTES_LIT("    "), TONE_PLAIN, 6, text_bytes(&note));
}

void summary_tables_objectives(const struct summary *s)
{
    const struct result *r = s->result;
    if (r->objective_count == 0) return;
    uint32_t holds = 0;
    for (uint32_t i = 0; i < r->objective_count; i++)
        holds += objective_row_rank(&r->objectives[i]) == OBJECTIVE_ROW_HOLDS;
    uint32_t shown = r->objective_count;
    uint32_t others = shown - holds;
    if (!s->extra->verbose && shown > OBJECTIVES_SHOWN) {
        shown = others > OBJECTIVES_SHOWN ? others : OBJECTIVES_SHOWN;
    }
    static const struct table_column columns[] = {
        {.title = ""},
        {.title = "OBJECTIVE", .flexible = true},
        {.title = "GOAL"},
        {.title = "MEASURED", .right = true},
        {.title = "95 % INTERVAL", .right = true, .drop = 2},
        {.title = "AT"},
        {.title = "VERDICT"},
        {.title = "", .drop = 1},
    };
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = shown,
                          .cell = objective_cell,
                          .ctx = r};
    table_write(s->out, &table, s->style);
    if (shown < r->objective_count) {
        style_begin(s->out, s->style, TONE_GOOD);
        text_addf(s->out, " ✓  %u more hold", r->objective_count - shown);
        style_end(s->out, s->style, TONE_GOOD);
        text_adds(s->out, " (--verbose lists them)\n");
    }
    for (uint32_t row = 0; row < shown; row++) write_note(s, row, shown);
    text_addc(s->out, '\n', 1);
}

/* ---- figures by stage and by name ---- */

enum {
    FIG_NAME,
    FIG_USERS,
    FIG_OFFERED,
    FIG_DONE,
    FIG_AVG,
    FIG_P50,
    FIG_P90,
    FIG_P95,
    FIG_P99,
    FIG_P999,
    FIG_MAX,
    FIG_ERRORS,
    FIG_IN_FLIGHT,
    FIG_LAG
};

struct figure_rows {
    const struct result *result;
    struct summary_legend *legend;
    struct scale scale, lag_scale;
    bool scenarios;
};

/* An objective about all requests or all of `name` that this stage misses by this figure. */
static bool figure_missed(const struct result *r, uint32_t stage, enum figure figure)
{
    static const uint32_t per_million[FIGURE_COUNT] = {0,      500000, 900000, 950000,
                                                       990000, 999000, 0};
    for (uint32_t i = 0; i < r->objective_count; i++) {
        const struct objective *o = r->objectives[i].objective;
        if (o->scope != SCOPE_ALL || !r->objectives[i].stages) continue;
        bool same = o->metric == METRIC_AVG   ? figure == FIGURE_AVG
                    : o->metric == METRIC_MAX ? figure == FIGURE_MAX
                    : o->metric == METRIC_QUANTILE
                        ? per_million[figure] == o->per_million && o->per_million > 0
                        : false;
        if (same && r->objectives[i].stages[stage].verdict == VERDICT_MISSED) return true;
    }
    return false;
}

static enum figure figure_of(uint32_t column)
{
    return (enum figure)(column - FIG_AVG);
}

static void figure_cell(const struct figure_rows *rows, const struct figures *f, uint32_t column,
                        struct table_cell *out)
{
    switch (column) {
    case FIG_USERS:
        if (f->users > 0) amount_count(&out->text, round(f->users));
        break;
    case FIG_OFFERED:
        amount_per_s(&out->text, f->offered_per_s);
        break;
    case FIG_DONE:
        amount_per_s(&out->text, f->done_per_s);
        break;
    case FIG_ERRORS: {
        double errors = summary_tables_errors(rows->result, f);
        amount_share(&out->text, errors);
        break;
    }
    case FIG_IN_FLIGHT:
        amount_count(&out->text, f->in_flight);
        break;
    case FIG_LAG:
        latency_cell(out, &f->lag, FIGURE_P99, &rows->lag_scale, rows->legend);
        break;
    default:
        if (column < FIG_AVG || column > FIG_MAX) break;
        response_cell(out, &f->response, figure_of(column), &rows->scale, rows->legend);
        break;
    }
}

static uint32_t judged_count(const struct result *r)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->stage_count; i++) {
        count += r->stages[i].reached && result_stage_judged(r, r->stages[i].stage);
    }
    return count;
}

/* The n-th stage that was reached; NULL: the row of all judged ones. */
static const struct stage_result *stage_at(const struct result *r, uint32_t row)
{
    for (uint32_t i = 0; i < r->stage_count; i++) {
        if (!result_shows_stage(r, &r->stages[i])) continue;
        if (row-- == 0) return &r->stages[i];
    }
    return NULL;
}

static void stage_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct figure_rows *rows = ctx;
    const struct result *r = rows->result;
    const struct stage_result *stage = stage_at(r, row);
    if (!stage) {
        out->tone = TONE_STRONG;
        if (column == FIG_NAME) text_adds(&out->text, "all judged");
        else if (column != FIG_USERS) figure_cell(rows, &r->totals, column, out);
        return;
    }
    bool judged = result_stage_judged(r, stage->stage);
    if (!judged) out->tone = TONE_DIM;
    if (column == FIG_NAME) {
        text_add_safe(&out->text, run_stage_name(r->header, stage->stage));
        if (!judged) text_addc(&out->text, '*', 1);
        rows->legend->unjudged = rows->legend->unjudged || !judged;
        return;
    }
    if (judged && column >= FIG_AVG && column <= FIG_MAX
        && figure_missed(r, stage->stage, figure_of(column))) {
        text_adds(&out->text, "✗");
        out->tone = TONE_BAD;
        rows->legend->missed = true;
    }
    figure_cell(rows, &stage->figures, column, out);
}

static const struct table_column figure_columns[] = {
    [FIG_NAME] = {.title = "STAGE", .flexible = true},
    [FIG_USERS] = {.title = "USERS", .right = true},
    [FIG_OFFERED] = {.title = "OFFERED/s", .right = true},
    [FIG_DONE] = {.title = "DONE/s", .right = true},
    [FIG_AVG] = {.title = "avg", .right = true, .drop = 5},
    [FIG_P50] = {.title = "p50", .right = true},
    [FIG_P90] = {.title = "p90", .right = true, .drop = 7},
    [FIG_P95] = {.title = "p95", .right = true},
    [FIG_P99] = {.title = "p99", .right = true},
    [FIG_P999] = {.title = "p99.9", .right = true, .drop = 6},
    [FIG_MAX] = {.title = "MAX", .right = true},
    [FIG_ERRORS] = {.title = "ERRORS", .right = true},
    [FIG_IN_FLIGHT] = {.title = "IN FLIGHT", .right = true, .drop = 8},
    [FIG_LAG] = {.title = "LAG p99", .right = true, .drop = 9},
};

void summary_tables_stages(const struct summary *s, struct summary_legend *legend)
{
    const struct result *r = s->result;
    struct spread spread = {0};
    struct spread lag = {0};
    uint32_t count = 0;
    for (const struct stage_result *stage; (stage = stage_at(r, count)); count++) {
        spread_add(&spread, &stage->figures.response);
        spread_add(&lag, &stage->figures.lag);
        legend->closed =
            legend->closed || r->header->plan->stages[stage->stage].model == MODEL_CLOSED;
        legend->mean_users = legend->mean_users || summary_tables_users_vary(r, stage);
    }
    if (count == 0) return;
    bool total = judged_count(r) > 1;
    struct figure_rows rows = {.result = r,
                               .legend = legend,
                               .scale = spread_scale(&spread),
                               .lag_scale = spread_scale(&lag)};
    struct table table = {.columns = figure_columns,
                          .column_count = COUNT_OF(figure_columns),
                          .row_count = count + (total ? 1 : 0),
                          .cell = stage_cell,
                          .ctx = &rows};
    table_write(s->out, &table, s->style);
    text_addc(s->out, '\n', 1);
}

/* The n-th index by falling count; every row has another, ties in order of the table. */
static uint32_t by_count(const struct figures *items, uint32_t count, uint32_t row)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = 0;
        for (uint32_t k = 0; k < count; k++) {
            before += items[k].offered > items[i].offered
                      || (items[k].offered == items[i].offered && k < i);
        }
        if (before == row) return i;
    }
    return 0;
}

static void name_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct figure_rows *rows = ctx;
    const struct result *r = rows->result;
    const struct plan *plan = r->header->plan;
    const struct figures *items = rows->scenarios ? r->scenarios : r->requests;
    uint32_t all = rows->scenarios ? plan->scenario_count : plan->name_count;
    uint32_t index = by_count(items, all, row);
    if (column == FIG_NAME) {
        text_add_safe(&out->text,
                      rows->scenarios ? plan->scenarios[index].name : plan->names[index]);
    } else if (column == FIG_OFFERED) { /* shown as COUNT */
        amount_count(&out->text, (double)items[index].offered);
    } else if (column != FIG_USERS && column != FIG_LAG) {
        figure_cell(rows, &items[index], column, out);
    }
}

static void names_table(const struct summary *s, struct summary_legend *legend, bool scenarios)
{
    const struct result *r = s->result;
    uint32_t all = scenarios ? r->header->plan->scenario_count : r->header->plan->name_count;
    const struct figures *items = scenarios ? r->scenarios : r->requests;
    if (!items || all < 2) return;
    struct spread spread = {0};
    for (uint32_t i = 0; i < all; i++) spread_add(&spread, &items[i].response);
    struct figure_rows rows = {
        .result = r, .legend = legend, .scale = spread_scale(&spread), .scenarios = scenarios};
    struct table_column columns[COUNT_OF(figure_columns)];
    memcpy(columns, figure_columns, sizeof columns);
    columns[FIG_NAME].title = scenarios ? "SCENARIO" : "REQUEST";
    columns[FIG_OFFERED].title = scenarios ? "ITERATIONS" : "COUNT";
    uint32_t shown = s->extra->verbose || all <= NAMES_SHOWN ? all : NAMES_SHOWN;
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = shown,
                          .cell = name_cell,
                          .ctx = &rows};
    table_write(s->out, &table, s->style);
    if (shown < all) text_addf(s->out, " … %u more (--verbose lists them)\n", all - shown);
    text_addc(s->out, '\n', 1);
}

void summary_tables_names(const struct summary *s, struct summary_legend *legend)
{
    names_table(s, legend, false);
    names_table(s, legend, true);
}

/* ---- where the time went ---- */

#define TIMES_COUNT 7

struct times {
    const struct latency *rows[TIMES_COUNT];
    const char *names[TIMES_COUNT];
    struct scale scales[TIMES_COUNT];
    struct summary_legend *legend;
};

static void times_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct times *times = ctx;
    if (column == FIG_NAME) text_adds(&out->text, times->names[row]);
    else if (column == FIG_OFFERED) amount_count(&out->text, (double)times->rows[row]->n);
    else if (column >= FIG_AVG && column <= FIG_MAX) {
        latency_cell(out, times->rows[row], figure_of(column), &times->scales[row], times->legend);
    }
}

void summary_tables_times(const struct summary *s, struct summary_legend *legend)
{
    const struct figures *f = &s->result->totals;
    if (f->response.n == 0) return;
    const struct latency *const all[TIMES_COUNT] = {&f->response, &f->service, &f->ttfb, &f->wait,
                                                    &f->connect,  &f->tls,     &f->lag};
    static const char *const names[TIMES_COUNT] = {
        "response time", "service time",  "first byte", "wait for connection",
        "connect",       "TLS handshake", "our lag"};
    struct times times = {.legend = legend};
    uint32_t count = 0;
    for (int i = 0; i < TIMES_COUNT; i++) {
        if (all[i]->n == 0) continue;
        struct spread spread = {0};
        spread_add(&spread, all[i]);
        times.rows[count] = all[i];
        times.names[count] = names[i];
        times.scales[count++] = spread_scale(&spread);
    }
    struct table_column columns[COUNT_OF(figure_columns)];
    memcpy(columns, figure_columns, sizeof columns);
    columns[FIG_NAME].title = "ALL JUDGED";
    columns[FIG_OFFERED].title = "COUNT";
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = count,
                          .cell = times_cell,
                          .ctx = &times};
    table_write(s->out, &table, s->style);
    text_addc(s->out, '\n', 1);
}
