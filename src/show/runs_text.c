#include "show/runs_text.h"

#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "show/amount.h"
#include "show/objective_row.h"
#include "show/table.h"

#define WIDE_COLUMNS 100 /* from here on moments have their seconds, and sentences more room */
#define GOAL_COLUMNS 26  /* of an objective's sentence, where it is wide */
#define GOAL_COLUMNS_LEAST 16
#define FULL_COLUMNS 80 /* from here on nothing of the tightest objective is left out */
#define LEGEND_BYTES 1024

struct runs_rows {
    const struct runs_row *rows;
    int64_t utc_offset_s;
    bool wide;
};

enum {
    RUN_ID,
    RUN_STARTED,
    RUN_PLAN,
    RUN_VERDICT,
    RUN_GOAL,
    RUN_VALUE,
    RUN_MARK,
    RUN_SPARE,
    RUN_EXIT,
    RUN_LENGTH
};

void runs_text_moment(struct text *out, uint64_t wall_ns, int64_t utc_offset_s, bool seconds)
{
    time_t at = (time_t)(wall_ns / NS_PER_S) + (time_t)utc_offset_s;
    struct tm tm;
    if (wall_ns == 0 || !gmtime_r(&at, &tm)) return;
    text_addf(out, "%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
              tm.tm_hour, tm.tm_min);
    if (seconds) text_addf(out, ":%02d", tm.tm_sec);
}

/* ---- marks ---- */

void runs_text_mark(struct text *out, const struct run_trend *trend)
{
    switch (trend->change) {
    case CHANGE_UNKNOWN:
        return;
    case CHANGE_NONE:
        text_adds(out, "=");
        return;
    case CHANGE_DOWN:
    case CHANGE_UP:
        text_adds(out, trend->better ? "▲" : "▼");
        if (!trend->sure) text_adds(out, "?");
        return;
    }
}

enum tone runs_text_mark_tone(const struct run_trend *trend)
{
    if (trend->change != CHANGE_DOWN && trend->change != CHANGE_UP) return TONE_DIM;
    if (!trend->sure) return TONE_NEAR;
    return trend->better ? TONE_GOOD : TONE_BAD;
}

/* ---- cells ---- */

static enum tone tone_of(struct bytes verdict)
{
    if (bytes_is(verdict, "holds")) return TONE_GOOD;
    if (bytes_is(verdict, "missed") || bytes_is(verdict, "invalid")) return TONE_BAD;
    return TONE_NEAR;
}

static void goal_cell(const struct run_trend *trend, uint32_t column, bool wide,
                      struct table_cell *out)
{
    const struct run_goal *goal = trend->goal;
    char array[TABLE_CELL_BYTES];
    struct text sentence = text_in(array, sizeof array);
    switch (column) {
    case RUN_GOAL:
        objective_row_named(&sentence, goal->text, goal->of);
        table_add_sentence(&out->text, text_bytes(&sentence),
                           wide ? GOAL_COLUMNS : GOAL_COLUMNS_LEAST);
        break;
    case RUN_VALUE:
        if (goal->at.at_least) text_adds(&out->text, "≥ ");
        amount_in_unit(&out->text, goal->unit, goal->at.value);
        break;
    case RUN_MARK:
        runs_text_mark(&out->text, trend);
        out->tone = runs_text_mark_tone(trend);
        break;
    case RUN_SPARE:
        if (isnan(goal->margin) || objective_row_far_beyond(&out->text, goal->margin / 100)) break;
        text_addf(&out->text, "%.0f %%", floor(goal->margin));
        break;
    default:
        break;
    }
}

static void run_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct runs_rows *rows = ctx;
    const struct run_entry *e = rows->rows[row].entry;
    bool whole = e->trouble.len == 0;
    switch (column) {
    case RUN_ID:
        text_adds(&out->text, e->id);
        break;
    case RUN_STARTED:
        runs_text_moment(&out->text, e->wall_start_ns, rows->utc_offset_s, rows->wide);
        break;
    case RUN_PLAN:
        text_add_safe(&out->text, whole ? e->plan : e->trouble);
        out->sentence = !whole;
        break;
    case RUN_VERDICT:
        text_add_safe(&out->text, whole ? e->verdict : BYTES_LIT("unreadable"));
        out->tone = tone_of(e->verdict);
        break;
    case RUN_EXIT:
        if (e->has_exit) text_addf(&out->text, "%d", e->exit_code);
        break;
    case RUN_LENGTH:
        if (whole) amount_length(&out->text, (double)e->length_ns);
        break;
    default:
        if (!rows->rows[row].trend.goal) break;
        goal_cell(&rows->rows[row].trend, column, rows->wide, out);
        break;
    }
}

/* ---- the whole ---- */

void runs_text_changes(struct text *out, bool same, bool other)
{
    if (other) text_adds(out, " ▲ better, ▼ worse (the 95 % intervals lie apart)");
    if (other && same) text_adds(out, ",");
    if (!same) return;
    text_addf(out, " = not seen to differ (%s overlap)", other ? "they" : "the 95 % intervals");
}

void runs_text_legend(struct text *out, struct bytes body, const struct show_style *style)
{
    style_begin(out, style, TONE_DIM);
    style_wrap(out, style, BYTES_LIT(" "), TONE_PLAIN, 1, body);
    if (out->len > 0) out->at[--out->len] = '\0'; /* a line ends in no colour */
    style_end(out, style, TONE_DIM);
    text_addc(out, '\n', 1);
}

/* What the marks above mean, each where it stands above. */
static void write_legend(struct text *out, const struct runs_row *rows, uint32_t count,
                         const struct show_style *style)
{
    bool goal = false, same = false, other = false, unsure = false;
    bool far = bytes_find(text_bytes(out), BYTES_LIT(" ×")) < out->len; /* in the table above */
    for (uint32_t i = 0; i < count; i++) {
        const struct run_trend *t = &rows[i].trend;
        bool moved = t->change == CHANGE_UP || t->change == CHANGE_DOWN;
        goal = goal || t->goal;
        same = same || t->change == CHANGE_NONE;
        other = other || moved;
        unsure = unsure || (moved && !t->sure);
    }
    if (!goal) return;
    char array[LEGEND_BYTES];
    struct text body = text_in(array, sizeof array);
    text_adds(&body, "The tightest objective has the least to spare.");
    if (far) text_adds(&body, " ×: so many times its limit.");
    if (same || other) {
        text_adds(&body, " Against the run before of the same plan and load it is");
    }
    runs_text_changes(&body, same, other);
    if (same || other) text_adds(&body, ".");
    if (unsure) {
        text_addf(&body,
                  " ? is not sure: such runs differ as much by themselves, or fewer than %d came"
                  " before.",
                  CHANGE_RUNS_LEAST);
    }
    text_addc(out, '\n', 1);
    runs_text_legend(out, text_bytes(&body), style);
}

void runs_text_write(struct text *out, const struct runs_row *rows, uint32_t count,
                     int64_t utc_offset_s, const struct show_style *style)
{
    struct table_column columns[] = {
        [RUN_ID] = {.title = "RUN"},
        [RUN_STARTED] = {.title = "STARTED"},
        [RUN_PLAN] = {.title = "PLAN", .flexible = true},
        [RUN_VERDICT] = {.title = "VERDICT"},
        [RUN_GOAL] = {.title = "TIGHTEST", .drop = 1},
        [RUN_VALUE] = {.title = "MEASURED", .right = true, .drop = 2},
        [RUN_MARK] = {.title = ""},
        [RUN_SPARE] = {.title = "SPARE", .right = true, .drop = 3},
        [RUN_EXIT] = {.title = "EXIT", .right = true, .drop = 5},
        [RUN_LENGTH] = {.title = "LENGTH", .right = true, .drop = 4},
    };
    struct runs_rows all = {
        .rows = rows, .utc_offset_s = utc_offset_s, .wide = style->width >= WIDE_COLUMNS};
    if (style->width >= FULL_COLUMNS) columns[RUN_GOAL].drop = columns[RUN_VALUE].drop = 0;
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = count,
                          .cell = run_cell,
                          .ctx = &all};
    size_t from = out->len;
    table_write(out, &table, style);
    write_legend(out, rows, count, style);
    style_to_ascii(out, style, from);
}
