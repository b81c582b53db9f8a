#include "show/beside_text.h"

#include <math.h>

#include "show/amount.h"
#include "show/objective_row.h"
#include "show/runs_text.h"
#include "show/summary_priv.h"
#include "show/table.h"

#define LABEL_COLUMNS                                                                              \
    28                  /* of an objective's sentence, where the terminal is of the usual width    \
                         */
#define LABEL_SHARE 4   /* or this part of a wide one's */
#define NAME_COLUMNS 18 /* of a plan's name */
#define PLAN_COLUMNS 34 /* of it on a line of its own */
#define BLOCK_RUNS (TABLE_COLUMNS_MAX - 1)
#define LEGEND_BYTES 2048

/* ---- rows ---- */

/* From top to bottom: what the runs are, what each was asked, what all had. */
enum line {
    LINE_PLAN,
    LINE_STARTED,
    LINE_ENDED,  /* where one did not go to its end */
    LINE_WINDOW, /* where only a window is judged: how long it is */
    LINE_VERDICT,
    LINE_GAP,
    LINE_GOAL, /* of each objective */
    LINE_RANGE,
    LINE_PLACE,
    LINE_P50,
    LINE_P95,
    LINE_P99,
    LINE_MAX,
    LINE_OFFERED,
    LINE_DONE,
    LINE_ERRORS,
    LINE_TRUST
};

struct page {
    const struct beside *beside;
    int64_t utc_offset_s;
    bool verbose;
    enum line head[LINE_GAP]; /* lines of the first paragraph */
    uint32_t head_count;
    uint32_t label_columns;
    uint32_t first;            /* run of this block's first column */
    size_t values[BLOCK_RUNS]; /* columns of each one's widest value */
    struct table_column columns[BLOCK_RUNS + 1];
};

/* What stands in a row, and of an objective which. */
static enum line line_at(const struct page *p, uint32_t row, uint32_t *goal)
{
    uint32_t each = p->verbose ? 3 : 1;
    uint32_t goals = p->beside->row_count * each;
    if (row < p->head_count) return p->head[row];
    row -= p->head_count;
    if (row == 0) return LINE_GAP;
    if (--row < goals) {
        *goal = row / each;
        return (enum line)(LINE_GOAL + row % each);
    }
    row -= goals;
    return row == 0 ? LINE_GAP : (enum line)(LINE_P50 + row - 1);
}

static uint32_t line_count(const struct page *p)
{
    uint32_t each = p->verbose ? 3 : 1;
    uint32_t figures = LINE_TRUST - LINE_P50 + 1;
    return p->head_count + 1 + p->beside->row_count * each + 1 + figures;
}

static void choose_head(struct page *p)
{
    bool ended = false;
    for (uint32_t i = 0; i < p->beside->run_count; i++) {
        ended = ended || strcmp(p->beside->runs[i].ended, "complete") != 0;
    }
    for (int line = LINE_PLAN; line <= LINE_VERDICT; line++) {
        if (line == LINE_ENDED && !ended) continue;
        if (line == LINE_WINDOW && !p->beside->window.at) continue;
        p->head[p->head_count++] = (enum line)line;
    }
}

/* ---- labels ---- */

static void label_cell(const struct page *p, uint32_t row, struct table_cell *out)
{
    static const char *const names[] = {
        [LINE_PLAN] = "plan",     [LINE_STARTED] = "started", [LINE_ENDED] = "ended",
        [LINE_WINDOW] = "window", [LINE_VERDICT] = "verdict", [LINE_GAP] = "",
        [LINE_GOAL] = "",         [LINE_RANGE] = "  95 %",    [LINE_PLACE] = "  at",
        [LINE_P50] = "p50",       [LINE_P95] = "p95",         [LINE_P99] = "p99",
        [LINE_MAX] = "max",       [LINE_OFFERED] = "offered", [LINE_DONE] = "done/s",
        [LINE_ERRORS] = "errors", [LINE_TRUST] = "trust",
    };
    uint32_t goal = 0;
    enum line line = line_at(p, row, &goal);
    if (line != LINE_GOAL) {
        text_adds(&out->text, names[line]);
        if (line == LINE_RANGE || line == LINE_PLACE) out->tone = TONE_DIM;
        return;
    }
    const struct beside_row *r = &p->beside->rows[goal];
    char array[TABLE_CELL_BYTES];
    struct text sentence = text_in(array, sizeof array);
    beside_label(&sentence, r);
    table_add_sentence(&out->text, text_bytes(&sentence), p->label_columns);
}

/* ---- values ---- */

static void add_latency(struct text *out, const struct latency *l, enum figure figure)
{
    bool few = l->n > 0 && summary_tables_few(figure, l->n);
    if (few) text_addc(out, '(', 1);
    if (l->at_least >> figure & 1 && !isnan(l->ns[figure])) text_adds(out, "≥ ");
    amount_time(out, l->ns[figure]);
    if (few) text_addc(out, ')', 1);
}

static void add_range(struct text *out, const struct run_goal *goal)
{
    struct interval range = goal->at.range;
    if (isnan(range.lo) || interval_is_point(range)) return;
    char lo_array[64];
    char hi_array[64];
    struct text lo = text_in(lo_array, sizeof lo_array);
    struct text hi = text_in(hi_array, sizeof hi_array);
    amount_in_unit(&lo, goal->unit, range.lo);
    if (isnan(range.hi)) text_adds(&hi, "?");
    else amount_in_unit(&hi, goal->unit, range.hi);
    objective_row_between(out, text_bytes(&lo), text_bytes(&hi));
}

/* What is aligned to the right beside others: figures and what was measured; false: it is not. */
static bool add_value(struct text *out, const struct page *p, const struct beside_run *run,
                      uint32_t row)
{
    uint32_t index = 0;
    const struct run_goal *goal;
    switch (line_at(p, row, &index)) {
    case LINE_GOAL:
        goal = beside_goal(run, &p->beside->rows[index]);
        if (!goal) return false;
        if (isnan(goal->at.value)) return false;
        if (goal->at.at_least) text_adds(out, "≥ ");
        amount_in_unit(out, goal->unit, goal->at.value);
        return true;
    case LINE_P50:
        add_latency(out, &run->response, FIGURE_P50);
        return true;
    case LINE_P95:
        add_latency(out, &run->response, FIGURE_P95);
        return true;
    case LINE_P99:
        add_latency(out, &run->response, FIGURE_P99);
        return true;
    case LINE_MAX:
        add_latency(out, &run->response, FIGURE_MAX);
        return true;
    case LINE_OFFERED:
        amount_count(out, (double)run->offered);
        return true;
    case LINE_DONE:
        amount_per_s(out, run->done_per_s);
        return true;
    case LINE_ERRORS:
        amount_share(out, run->errors);
        return true;
    case LINE_PLAN:
    case LINE_STARTED:
    case LINE_ENDED:
    case LINE_WINDOW:
    case LINE_VERDICT:
    case LINE_GAP:
    case LINE_RANGE:
    case LINE_PLACE:
    case LINE_TRUST:
        break;
    }
    return false;
}

/* ---- cells ---- */

/* Behind the mark's place, as all in a column. */
static void add_words(struct table_cell *out, struct bytes words)
{
    if (words.len == 0) return;
    text_adds(&out->text, "  ");
    text_add(&out->text, words);
}

static void word_cell(const struct page *p, const struct beside_run *run, enum line line,
                      struct table_cell *out)
{
    static const enum tone tones[] = {
        [TRUST_VALID] = TONE_PLAIN, [TRUST_SUSPECT] = TONE_NEAR, [TRUST_INVALID] = TONE_BAD};
    char array[TABLE_CELL_BYTES];
    struct text words = text_in(array, sizeof array);
    if (line == LINE_PLAN) {
        table_add_name(&words, run->entry.plan, NAME_COLUMNS);
    } else if (line == LINE_STARTED) {
        runs_text_moment(&words, run->entry.wall_start_ns, p->utc_offset_s, false);
    } else if (line == LINE_ENDED) {
        text_adds(&words, run->ended);
    } else if (line == LINE_WINDOW) {
        amount_length(&words, (double)run->window_ns);
    } else if (line == LINE_TRUST) {
        text_adds(&words, result_trust_name(run->trust));
        out->tone = tones[run->trust];
    }
    add_words(out, text_bytes(&words));
}

static void goal_cell(const struct page *p, uint32_t index, enum line line, uint32_t column,
                      struct table_cell *out)
{
    const struct beside_run *run = &p->beside->runs[p->first + column];
    const struct run_goal *goal = beside_goal(run, &p->beside->rows[index]);
    char array[TABLE_CELL_BYTES];
    struct text words = text_in(array, sizeof array);
    if (!goal) {
        if (line == LINE_GOAL) text_adds(&out->text, "  " AMOUNT_NONE);
        out->tone = TONE_DIM;
        return;
    }
    out->tone = TONE_DIM;
    if (line == LINE_GOAL) { /* it has no value */
        text_addf(&out->text, "%s %s", objective_row_mark_of(goal->verdict, goal->warn),
                  result_verdict_name(goal->verdict));
        return;
    }
    if (line == LINE_RANGE) add_range(&words, goal);
    else if (goal->at.stage.len > 0) table_add_name(&words, goal->at.stage, NAME_COLUMNS);
    else if (!isnan(goal->at.value)) text_adds(&words, "all");
    add_words(out, text_bytes(&words));
}

/* Mark, value to the right, what became of it. */
static void value_cell(const struct page *p, uint32_t row, uint32_t column, struct text *value,
                       struct table_cell *out)
{
    uint32_t index = 0;
    const struct beside_run *run = &p->beside->runs[p->first + column];
    size_t columns = text_columns(text_bytes(value));
    size_t pad = p->values[column] > columns ? p->values[column] - columns : 0;
    if (line_at(p, row, &index) != LINE_GOAL) {
        text_addc(&out->text, ' ', 2 + pad);
        text_add(&out->text, text_bytes(value));
        return;
    }
    struct run_trend trend;
    const struct run_goal *goal = beside_goal(run, &p->beside->rows[index]);
    beside_compare(&trend, p->beside, p->first + column, goal);
    text_addf(&out->text, "%s ", objective_row_mark_of(goal->verdict, goal->warn));
    text_addc(&out->text, ' ', pad);
    text_add(&out->text, text_bytes(value));
    out->tone =
        objective_row_tone_of(goal->verdict, goal->warn, goal->implicit, goal->margin / 100);
    if (trend.change == CHANGE_UNKNOWN) return;
    trend.sure = true; /* whatever runs differ by: the legend says what this mark is */
    text_addc(&out->text, ' ', 1);
    runs_text_mark(&out->text, &trend);
}

static void page_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct page *p = ctx;
    if (column == 0) {
        label_cell(p, row, out);
        return;
    }
    column--;
    uint32_t index = 0;
    enum line line = line_at(p, row, &index);
    const struct beside_run *run = &p->beside->runs[p->first + column];
    char array[TABLE_CELL_BYTES];
    struct text value = text_in(array, sizeof array);
    if (add_value(&value, p, run, row)) {
        value_cell(p, row, column, &value, out);
    } else if (line == LINE_VERDICT) {
        text_addf(&out->text, "%s %s", run->mark, run->word);
        out->tone = run->tone;
    } else if (line >= LINE_GOAL && line <= LINE_PLACE) {
        goal_cell(p, index, line, column, out);
    } else if (line != LINE_GAP) {
        word_cell(p, run, line, out);
    }
}

/* ---- blocks ---- */

/* Columns that a run of this block takes. */
static size_t measure(struct page *p, uint32_t column)
{
    size_t widest = 2 + RUN_ID_LEN;
    const struct beside_run *run = &p->beside->runs[p->first + column];
    p->values[column] = 0;
    for (uint32_t row = 0; row < line_count(p); row++) {
        char array[TABLE_CELL_BYTES];
        struct text value = text_in(array, sizeof array);
        if (!add_value(&value, p, run, row)) continue;
        size_t columns = text_columns(text_bytes(&value));
        if (columns > p->values[column]) p->values[column] = columns;
    }
    for (uint32_t row = 0; row < line_count(p); row++) {
        char array[TABLE_CELL_BYTES];
        struct table_cell cell = {.text = text_in(array, sizeof array)};
        page_cell(p, row, column + 1, &cell);
        size_t columns = text_columns(text_bytes(&cell.text));
        if (columns > widest) widest = columns;
    }
    return widest;
}

static size_t measure_labels(const struct page *p)
{
    size_t widest = 0;
    for (uint32_t row = 0; row < line_count(p); row++) {
        char array[TABLE_CELL_BYTES];
        struct table_cell cell = {.text = text_in(array, sizeof array)};
        label_cell(p, row, &cell);
        size_t columns = text_columns(text_bytes(&cell.text));
        if (columns > widest) widest = columns;
    }
    return widest;
}

/* Runs of the next block: as many as fit beside the labels, one at least, and no more than leaves
 * the blocks alike. */
static uint32_t choose(struct page *p, uint32_t width)
{
    uint32_t left = p->beside->run_count - p->first;
    size_t total = 1 + measure_labels(p) + 2 + measure(p, 0);
    uint32_t fitting = 1;
    for (; fitting < BLOCK_RUNS && fitting < left; fitting++) {
        total += 2 + measure(p, fitting);
        if (total > width) break;
    }
    uint32_t blocks = (left + fitting - 1) / fitting;
    return (left + blocks - 1) / blocks;
}

static void write_block(struct text *out, struct page *p, uint32_t count,
                        const struct show_style *style)
{
    char ids[BLOCK_RUNS][RUN_ID_LEN + 3];
    p->columns[0] = (struct table_column){.title = "", .flexible = true};
    for (uint32_t i = 0; i < count; i++) {
        struct text title = text_in(ids[i], sizeof ids[i]);
        text_addf(&title, "  %s", p->beside->runs[p->first + i].entry.id);
        p->columns[i + 1] = (struct table_column){.title = ids[i]};
    }
    struct table table = {.columns = p->columns,
                          .column_count = count + 1,
                          .row_count = line_count(p),
                          .cell = page_cell,
                          .ctx = p};
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
}

/* ---- below ---- */

static void write_legend(struct text *out, const struct beside *b, const struct show_style *style)
{
    bool same = false;
    bool other = false;
    bool missing = false;
    for (uint32_t run = 1; run < b->run_count; run++) {
        for (uint32_t row = 0; row < b->row_count; row++) {
            struct run_trend trend = {0};
            const struct run_goal *goal = beside_goal(&b->runs[run], &b->rows[row]);
            if (goal) beside_compare(&trend, b, run, goal);
            missing = missing || !goal || !beside_goal(&b->runs[0], &b->rows[row]);
            same = same || trend.change == CHANGE_NONE;
            other = other || trend.change == CHANGE_DOWN || trend.change == CHANGE_UP;
        }
    }
    char array[LEGEND_BYTES];
    struct text body = text_in(array, sizeof array);
    if (b->series && b->run_count < b->asked) {
        text_addf(&body, "%u of the %u runs that were asked for. ", b->run_count, b->asked);
    }
    if (same || other) text_addf(&body, "Against %s, in one place:", b->runs[0].entry.id);
    runs_text_changes(&body, same, other);
    if (other) text_adds(&body, "; by how much runs differ by themselves is not in them");
    if (same || other) text_adds(&body, ". ");
    if (missing) text_adds(&body, "– not asked of this run. ");
    text_adds(&body, "Below the objectives: all judged stages together.");
    if (b->window.at) text_adds(&body, " Of each run only this window: ");
    text_add_safe(&body, b->window);
    runs_text_legend(out, text_bytes(&body), style);
}

static void write_notes(struct text *out, const struct beside *b, const struct show_style *style)
{
    for (uint32_t i = 0; i < b->run_count; i++) {
        if (b->runs[i].trouble.len == 0) continue;
        char array[LEGEND_BYTES];
        struct text body = text_in(array, sizeof array);
        text_addf(&body, "%s: ", b->runs[i].entry.id);
        text_add_safe(&body, b->runs[i].trouble);
        style_wrap(out, style, BYTES_LIT(" NOTE    "), TONE_NEAR, 9, text_bytes(&body));
    }
}

/* A line for each run without a verdict. */
static void write_whys(struct text *out, const struct beside *b, const struct show_style *style)
{
    bool first = true;
    for (uint32_t i = 0; i < b->run_count; i++) {
        if (b->runs[i].why.len == 0) continue;
        char array[LEGEND_BYTES];
        struct text body = text_in(array, sizeof array);
        text_addf(&body, "%s: ", b->runs[i].entry.id);
        text_add_safe(&body, b->runs[i].why);
        style_wrap(out, style, bytes_of(first ? " WHY     " : "         "), TONE_NEAR, 9,
                   text_bytes(&body));
        first = false;
    }
}

void beside_text_verdicts(struct text *out, const struct beside *b, const struct show_style *style)
{
    size_t from = out->len;
    size_t widest = 0;
    for (uint32_t i = 0; i < b->run_count; i++) {
        size_t columns = text_columns(bytes_of(b->runs[i].word));
        if (columns > widest) widest = columns;
    }
    for (uint32_t i = 0; i < b->run_count; i++) {
        const struct beside_run *run = &b->runs[i];
        char array[64];
        struct text verdict = text_in(array, sizeof array);
        text_addf(&verdict, " %s %s", run->mark, run->word);
        style_add(out, style, run->tone, array);
        text_addc(out, ' ', widest - text_columns(bytes_of(run->word)));
        text_addf(out, "  %s  ", run->entry.id);
        table_add_name(out, run->entry.plan, PLAN_COLUMNS);
        text_addc(out, '\n', 1);
    }
    style_to_ascii(out, style, from);
}

void beside_text_write(struct text *out, const struct beside *b, int64_t utc_offset_s, bool verbose,
                       const struct show_style *style)
{
    size_t from = out->len;
    uint32_t wide = style->width / LABEL_SHARE;
    struct page page = {.beside = b,
                        .utc_offset_s = utc_offset_s,
                        .verbose = verbose,
                        .label_columns = wide > LABEL_COLUMNS ? wide : LABEL_COLUMNS};
    choose_head(&page);
    uint32_t width = style->width > STYLE_WIDTH_MIN ? style->width : STYLE_WIDTH_MIN;
    while (page.first < b->run_count) {
        uint32_t count = choose(&page, width);
        write_block(out, &page, count, style);
        page.first += count;
    }
    write_legend(out, b, style);
    write_whys(out, b, style);
    write_notes(out, b, style);
    style_to_ascii(out, style, from);
}
