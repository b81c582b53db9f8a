#include "show/beside_forms.h"

#include <math.h>

#include "show/amount.h"
#include "show/json_part.h"
#include "show/objective_row.h"
#include "show/result_csv.h"
#include "show/result_markdown.h"
#include "show/spread.h"

#define JSON_STYLE (JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_PART_PRECISION))
#define CELL_BYTES 1024

static const enum figure shown[] = {FIGURE_P50, FIGURE_P95, FIGURE_P99, FIGURE_MAX};

/* ---- JSON ---- */

static json_t *response_json(const struct latency *l)
{
    json_t *o = json_object();
    json_t *at_least = json_array();
    json_tree_put(o, "n", json_part_count(l->n));
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        const char *name = result_figure_name(shown[i]);
        json_tree_put(o, name, json_part_figure(l->ns[shown[i]] / 1e6));
        if (l->at_least >> shown[i] & 1) json_tree_append(at_least, json_string(name));
    }
    json_tree_put(o, "at_least", at_least);
    return o;
}

static json_t *run_json(const struct beside_run *run)
{
    const struct run_entry *e = &run->entry;
    json_t *o = json_object();
    json_tree_put(o, "run", json_string(e->id));
    json_tree_put(o, "plan", json_part_text(e->plan));
    json_tree_put(o, "started", json_part_moment(e->wall_start_ns));
    json_tree_put(o, "seconds", json_part_figure((double)e->length_ns / 1e9));
    json_tree_put(o, "window_s",
                  run->window_ns > 0 ? json_part_figure((double)run->window_ns / 1e9)
                                     : json_null());
    json_tree_put(o, "verdict", json_part_text(e->verdict));
    json_tree_put(o, "ended", json_string(run->ended));
    json_tree_put(o, "exit", json_integer(e->exit_code));
    json_tree_put(o, "trust", json_string(result_trust_name(run->trust)));
    json_tree_put(o, "offered", json_part_count(run->offered));
    json_tree_put(o, "done_per_s", json_part_figure(run->done_per_s));
    json_tree_put(o, "errors_percent", json_part_figure(run->errors * 100));
    json_tree_put(o, "response_ms", response_json(&run->response));
    json_tree_put(o, "trouble", run->trouble.len > 0 ? json_part_text(run->trouble) : json_null());
    return o;
}

static json_t *cell_json(const struct beside *b, uint32_t run, const struct run_goal *goal)
{
    if (!goal) return json_null();
    struct run_trend trend;
    beside_compare(&trend, b, run, goal);
    const char *change = history_change_name(&trend);
    json_t *o = json_object();
    json_t *range = json_array();
    json_tree_append(range, json_part_figure(goal->at.range.lo));
    json_tree_append(range, json_part_figure(goal->at.range.hi));
    json_tree_put(o, "verdict", json_string(result_verdict_name(goal->verdict)));
    json_tree_put(o, "value", json_part_figure(goal->at.value));
    json_tree_put(o, "interval", range);
    json_tree_put(o, "at_least", json_boolean(goal->at.at_least));
    json_tree_put(o, "margin_percent", json_part_figure(goal->margin));
    json_tree_put(o, "stage",
                  goal->at.stage.len > 0 ? json_part_text(goal->at.stage) : json_null());
    json_tree_put(o, "against_first", change ? json_string(change) : json_null());
    return o;
}

/* The unit of a row is that of whoever has it. */
static struct bytes unit_of(const struct beside *b, const struct beside_row *row)
{
    for (uint32_t i = 0; i < b->run_count; i++) {
        const struct run_goal *goal = beside_goal(&b->runs[i], row);
        if (goal) return goal->unit;
    }
    return BYTES_LIT("");
}

static json_t *row_json(const struct beside *b, const struct beside_row *row)
{
    json_t *o = json_object();
    json_t *cells = json_array();
    for (uint32_t i = 0; i < b->run_count; i++) {
        json_tree_append(cells, cell_json(b, i, beside_goal(&b->runs[i], row)));
    }
    json_tree_put(o, "text", json_part_text(row->text));
    json_tree_put(o, "of", row->of.len > 0 ? json_part_text(row->of) : json_null());
    json_tree_put(o, "warn", json_boolean(row->warn));
    json_tree_put(o, "unit", json_part_text(unit_of(b, row)));
    json_tree_put(o, "runs", cells);
    return o;
}

static json_t *spread_json(const struct spread *s)
{
    json_t *o = json_object();
    json_t *range = json_array();
    json_tree_append(range, json_part_figure(s->range.lo));
    json_tree_append(range, json_part_figure(s->range.hi));
    json_tree_put(o, "unit", json_part_text(s->unit));
    json_tree_put(o, "runs", json_integer(s->count));
    json_tree_put(o, "mean", json_part_figure(s->mean));
    json_tree_put(o, "interval", range);
    json_tree_put(o, "deviation", json_part_figure(s->deviation));
    json_tree_put(o, "least", json_part_figure(s->least));
    json_tree_put(o, "most", json_part_figure(s->most));
    json_tree_put(o, "at_least", json_boolean(s->at_least));
    return o;
}

/* How far its runs lie apart; null where they are no series. */
static json_t *series_json(const struct beside *b)
{
    if (!b->series) return json_null();
    json_t *o = json_object();
    json_t *objectives = json_array();
    json_t *figures = json_object();
    struct spread s;
    for (uint32_t i = 0; i < b->row_count; i++) {
        spread_of_row(&s, b, &b->rows[i]);
        json_tree_append(objectives, spread_json(&s));
    }
    for (int i = 0; i < SPREAD_FIGURES; i++) {
        spread_of_figure(&s, b, (enum spread_figure)i);
        json_tree_put(figures, spread_figure_name((enum spread_figure)i), spread_json(&s));
    }
    json_tree_put(o, "id", json_string(b->series));
    json_tree_put(o, "asked", json_integer(b->asked));
    json_tree_put(o, "objectives", objectives);
    json_tree_put(o, "figures", figures);
    return o;
}

struct bytes beside_forms_json(struct arena *arena, const struct beside *b)
{
    json_t *o = json_object();
    json_t *runs = json_array();
    json_t *objectives = json_array();
    for (uint32_t i = 0; i < b->run_count; i++) json_tree_append(runs, run_json(&b->runs[i]));
    for (uint32_t i = 0; i < b->row_count; i++) {
        json_tree_append(objectives, row_json(b, &b->rows[i]));
    }
    json_tree_put(o, "format", json_string("prony.runs/1"));
    json_tree_put(o, "exit", json_integer(b->exit_code));
    json_tree_put(o, "window", b->window.at ? json_part_text(b->window) : json_null());
    json_tree_put(o, "runs", runs);
    json_tree_put(o, "objectives", objectives);
    json_tree_put(o, "series", series_json(b));
    size_t len = json_dumpb(o, NULL, 0, JSON_STYLE);
    char *text = arena_alloc(arena, len + 1);
    struct bytes out = {NULL, 0};
    if (text && json_dumpb(o, text, len, JSON_STYLE) == len) {
        text[len] = '\n';
        out = (struct bytes){text, len + 1};
    }
    json_decref(o);
    return out;
}

/* ---- CSV ---- */

static void add_figure(struct text *out, double value)
{
    if (isfinite(value)) text_addf(out, "%.9g", value);
}

/* The rest of a run's six columns where there is only a value. */
static void end_value(struct text *out)
{
    text_addc(out, ',', 5);
}

static void csv_goal(struct text *out, const struct beside *b, uint32_t run,
                     const struct run_goal *goal)
{
    text_addc(out, ',', 1);
    if (!goal) {
        end_value(out);
        return;
    }
    struct run_trend trend;
    beside_compare(&trend, b, run, goal);
    const char *change = history_change_name(&trend);
    add_figure(out, goal->at.value);
    text_adds(out, goal->at.at_least ? ",true," : ",false,");
    add_figure(out, goal->at.range.lo);
    text_addc(out, ',', 1);
    add_figure(out, goal->at.range.hi);
    text_addc(out, ',', 1);
    result_csv_cell(out, bytes_of(result_verdict_name(goal->verdict)));
    text_addf(out, ",%s", change ? change : "");
}

enum csv_row {
    CSV_PLAN,
    CSV_STARTED,
    CSV_WINDOW,
    CSV_VERDICT,
    CSV_ENDED,
    CSV_EXIT,
    CSV_TRUST,
    CSV_P50,
    CSV_P95,
    CSV_P99,
    CSV_MAX,
    CSV_OFFERED,
    CSV_DONE,
    CSV_ERRORS,
    CSV_ROWS
};

static const char *const csv_titles[CSV_ROWS] = {
    [CSV_PLAN] = "plan,",       [CSV_STARTED] = "started_utc,", [CSV_WINDOW] = "window,s",
    [CSV_VERDICT] = "verdict,", [CSV_ENDED] = "ended,",         [CSV_EXIT] = "exit,",
    [CSV_TRUST] = "trust,",     [CSV_P50] = "p50,ms",           [CSV_P95] = "p95,ms",
    [CSV_P99] = "p99,ms",       [CSV_MAX] = "max,ms",           [CSV_OFFERED] = "offered,requests",
    [CSV_DONE] = "done,/s",     [CSV_ERRORS] = "errors,%",
};

static void csv_value(struct text *out, const struct beside_run *run, enum csv_row row)
{
    enum figure figure = row >= CSV_P50 && row <= CSV_MAX ? shown[row - CSV_P50] : FIGURE_COUNT;
    text_addc(out, ',', 1);
    if (row == CSV_PLAN) result_csv_cell(out, run->entry.plan);
    if (row == CSV_STARTED) amount_moment(out, run->entry.wall_start_ns);
    if (row == CSV_WINDOW && run->window_ns > 0) add_figure(out, (double)run->window_ns / 1e9);
    if (row == CSV_VERDICT) result_csv_cell(out, run->entry.verdict);
    if (row == CSV_ENDED) result_csv_cell(out, bytes_of(run->ended));
    if (row == CSV_EXIT) text_addf(out, "%d", run->entry.exit_code);
    if (row == CSV_TRUST) text_adds(out, result_trust_name(run->trust));
    if (row == CSV_OFFERED) text_addf(out, "%llu", (unsigned long long)run->offered);
    if (row == CSV_DONE) add_figure(out, run->done_per_s);
    if (row == CSV_ERRORS) add_figure(out, run->errors * 100);
    if (figure == FIGURE_COUNT) {
        end_value(out);
        return;
    }
    add_figure(out, run->response.ns[figure] / 1e6);
    text_adds(out, run->response.at_least >> figure & 1 ? ",true,,,," : ",false,,,,");
}

void beside_forms_csv(struct text *out, const struct beside *b)
{
    text_adds(out, "name,unit");
    for (uint32_t i = 0; i < b->run_count; i++) {
        const char *id = b->runs[i].entry.id;
        text_addf(out, ",%s,%s_at_least,%s_lo,%s_hi,%s_verdict,%s_against_first", id, id, id, id,
                  id, id);
    }
    text_adds(out, "\r\n");
    for (int row = 0; row < CSV_ROWS; row++) {
        text_adds(out, csv_titles[row]);
        for (uint32_t i = 0; i < b->run_count; i++) {
            csv_value(out, &b->runs[i], (enum csv_row)row);
        }
        text_adds(out, "\r\n");
    }
    for (uint32_t row = 0; row < b->row_count; row++) {
        char array[CELL_BYTES];
        struct text sentence = text_in(array, sizeof array);
        beside_label(&sentence, &b->rows[row]);
        result_csv_cell(out, text_bytes(&sentence));
        text_addc(out, ',', 1);
        result_csv_cell(out, unit_of(b, &b->rows[row]));
        for (uint32_t i = 0; i < b->run_count; i++) {
            csv_goal(out, b, i, beside_goal(&b->runs[i], &b->rows[row]));
        }
        text_adds(out, "\r\n");
    }
}

/* ---- Markdown ---- */

static void markdown_goal(struct text *out, const struct beside *b, uint32_t run,
                          const struct run_goal *goal)
{
    if (!goal) {
        text_adds(out, " | " AMOUNT_NONE);
        return;
    }
    struct run_trend trend;
    beside_compare(&trend, b, run, goal);
    text_addf(out, " | %s %s", objective_row_mark_of(goal->verdict, goal->warn),
              goal->at.at_least ? "≥ " : "");
    if (isnan(goal->at.value)) text_adds(out, result_verdict_name(goal->verdict));
    else amount_in_unit(out, goal->unit, goal->at.value);
    const char *change = history_change_name(&trend);
    bool moved = trend.change == CHANGE_UP || trend.change == CHANGE_DOWN;
    if (moved) text_addf(out, " %s %s", trend.better ? "▲" : "▼", change);
}

static void markdown_latency(struct text *out, const struct latency *l, enum figure figure)
{
    if (l->at_least >> figure & 1 && !isnan(l->ns[figure])) text_adds(out, "≥ ");
    amount_time(out, l->ns[figure]);
}

static void markdown_figure(struct text *out, const struct beside_run *run, enum csv_row row)
{
    text_adds(out, " | ");
    if (row >= CSV_P50 && row <= CSV_MAX)
        markdown_latency(out, &run->response, shown[row - CSV_P50]);
    if (row == CSV_OFFERED) amount_count(out, (double)run->offered);
    if (row == CSV_DONE) amount_per_s(out, run->done_per_s);
    if (row == CSV_ERRORS) amount_share(out, run->errors);
    if (row == CSV_TRUST) text_adds(out, result_trust_name(run->trust));
}

static void markdown_head(struct text *out, const struct beside *b)
{
    text_adds(out, "|");
    for (uint32_t i = 0; i < b->run_count; i++) text_addf(out, " | `%s`", b->runs[i].entry.id);
    text_adds(out, " |\n|---");
    for (uint32_t i = 0; i < b->run_count; i++) text_adds(out, "|--:");
    text_adds(out, "|\n| plan");
    for (uint32_t i = 0; i < b->run_count; i++) {
        text_adds(out, " | ");
        result_markdown_code(out, b->runs[i].entry.plan);
    }
    text_adds(out, " |\n| started");
    for (uint32_t i = 0; i < b->run_count; i++) {
        text_adds(out, " | ");
        amount_moment(out, b->runs[i].entry.wall_start_ns);
    }
    text_adds(out, " |\n| verdict");
    for (uint32_t i = 0; i < b->run_count; i++) {
        text_addf(out, " | **%s %s**", b->runs[i].mark, b->runs[i].word);
    }
    text_adds(out, " |\n");
}

void beside_forms_markdown(struct text *out, const struct beside *b)
{
    static const char *const titles[] = {"p50",     "p95",    "p99",    "max",
                                         "offered", "done/s", "errors", "trust"};
    static const enum csv_row rows[] = {CSV_P50,     CSV_P95,  CSV_P99,    CSV_MAX,
                                        CSV_OFFERED, CSV_DONE, CSV_ERRORS, CSV_TRUST};
    text_addf(out, "## %u runs\n\n", b->run_count);
    markdown_head(out, b);
    for (uint32_t row = 0; row < b->row_count; row++) {
        char array[CELL_BYTES];
        struct text sentence = text_in(array, sizeof array);
        beside_label(&sentence, &b->rows[row]);
        text_adds(out, "| ");
        result_markdown_code(out, text_bytes(&sentence));
        for (uint32_t i = 0; i < b->run_count; i++) {
            markdown_goal(out, b, i, beside_goal(&b->runs[i], &b->rows[row]));
        }
        text_adds(out, " |\n");
    }
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        text_addf(out, "| %s", titles[row]);
        for (uint32_t i = 0; i < b->run_count; i++) markdown_figure(out, &b->runs[i], rows[row]);
        text_adds(out, " |\n");
    }
    if (b->window.at) {
        text_adds(out, "\nOf each run only the window ");
        result_markdown_code(out, b->window);
        text_adds(out, ".\n");
    }
    text_addf(out,
              "\n<sub>▲ better, ▼ worse than in `%s`: the 95 %% intervals lie apart. From p50 on: "
              "all judged stages together.</sub>\n",
              b->runs[0].entry.id);
}
