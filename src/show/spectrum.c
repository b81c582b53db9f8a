#include "show/spectrum.h"

#include <math.h>

#include "show/amount.h"
#include "show/table.h"

#define COLUMNS_MOST 120
#define NAME_MOST 24     /* columns of a stage's name */
#define LABEL_COLUMNS 10 /* from one label of the axis to the next */
#define POWER_MOST 13    /* of ten, in ns: beyond what a histogram holds */
#define LEVELS 8         /* heights of a block */
#define LEVEL_FALL 3.0   /* each height stands for a third of the next */

/* The n-th stage with times; NULL: there are fewer. The drain has none that count. */
static const struct stage_result *stage_at(const struct result *r, uint32_t row)
{
    for (uint32_t i = 0; i < r->stage_count; i++) {
        const struct stage_result *s = &r->stages[i];
        bool drain = s->stage >= r->header->plan->stage_count;
        if (drain || !s->answered || s->answered->count == 0) continue;
        if (row-- == 0) return s;
    }
    return NULL;
}

static uint64_t unseen_of(const struct stage_result *s)
{
    uint64_t n = s->figures.response.n;
    return n > s->answered->count ? n - s->answered->count : 0;
}

/* ---- percentiles ---- */

static const uint32_t per_million[] = {250000, 500000, 750000, 900000,
                                       990000, 999000, 999900, 999990};

enum { SPREAD_NAME, SPREAD_COUNT, SPREAD_FIRST, SPREAD_MAX = SPREAD_FIRST + 8 };

static_assert(COUNT_OF(per_million) == SPREAD_MAX - SPREAD_FIRST, "a column each");

struct spread_rows {
    const struct result *result;
    uint32_t decimals;
};

/* Not even the largest value seen bounds it else (docs/method.md, "Too few to say"). */
static bool is_known(uint64_t count, uint32_t share)
{
    return pow(share / 1e6, (double)count) <= 0.025;
}

static void percentile_cell(struct table_cell *out, const struct stage_result *s, uint32_t share,
                            uint32_t decimals)
{
    uint64_t total = s->answered->count + unseen_of(s);
    uint64_t rank = hist_rank(total, share);
    if (!is_known(total, share)) {
        text_adds(&out->text, AMOUNT_NONE);
        out->tone = TONE_DIM;
        return;
    }
    bool beyond = rank > s->answered->count;
    double ns =
        beyond ? s->figures.response.ns[FIGURE_MAX] : (double)hist_at_rank(s->answered, rank);
    if (beyond) text_adds(&out->text, "≥");
    amount_ms(&out->text, ns, decimals);
}

static void spread_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct spread_rows *rows = ctx;
    const struct stage_result *s = stage_at(rows->result, row);
    if (!s) return;
    if (!result_stage_judged(rows->result, s->stage)) out->tone = TONE_DIM;
    if (column == SPREAD_NAME) {
        table_add_name(&out->text, run_stage_name(rows->result->header, s->stage), NAME_MOST);
    } else if (column == SPREAD_COUNT) {
        amount_count(&out->text, (double)(s->answered->count + unseen_of(s)));
    } else if (column == SPREAD_MAX) {
        if (unseen_of(s) > 0) text_adds(&out->text, "≥");
        amount_ms(&out->text, s->figures.response.ns[FIGURE_MAX], rows->decimals);
    } else {
        percentile_cell(out, s, per_million[column - SPREAD_FIRST], rows->decimals);
    }
}

static void write_percentiles(struct text *out, const struct result *r, uint32_t count,
                              const struct show_style *style)
{
    static const struct table_column columns[] = {
        {.title = "PERCENTILES", .flexible = true},
        {.title = "COUNT", .right = true},
        {.title = "p25", .right = true, .drop = 4},
        {.title = "p50", .right = true},
        {.title = "p75", .right = true, .drop = 3},
        {.title = "p90", .right = true, .drop = 1},
        {.title = "p99", .right = true},
        {.title = "p99.9", .right = true},
        {.title = "p99.99", .right = true},
        {.title = "p99.999", .right = true, .drop = 2},
        {.title = "MAX", .right = true},
    };
    double least = (double)INFINITY;
    double most = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct latency *l = &stage_at(r, i)->figures.response;
        least = fmin(least, l->ns[FIGURE_P50]);
        most = fmax(most, l->ns[FIGURE_MAX]);
    }
    struct spread_rows rows = {r, amount_ms_decimals(least, most)};
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = count,
                          .cell = spread_cell,
                          .ctx = &rows};
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
}

/* ---- the spread as blocks ---- */

/* Time grows by the same factor from column to column. */
struct axis {
    double least_ns, factor;
    uint32_t columns;
};

static uint32_t column_of(const struct axis *a, double ns)
{
    double at = ns > a->least_ns ? log(ns / a->least_ns) / log(a->factor) : 0;
    return at < a->columns ? (uint32_t)at : a->columns - 1;
}

static struct axis axis_of(const struct result *r, uint32_t count, uint32_t columns)
{
    double least = (double)INFINITY;
    double most = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct hist *h = stage_at(r, i)->answered;
        least = fmin(least, (double)hist_floor_at_rank(h, 1));
        most = fmax(most, (double)h->max_ns);
    }
    if (least < 1e3) least = 1e3; /* below a microsecond nothing is to be told apart */
    if (most < least * 4) most = least * 4;
    /* A hair more, so that the largest value has the last column. */
    return (struct axis){least, pow(most * 1.001 / least, 1.0 / columns), columns};
}

static void count_columns(const struct axis *a, const struct hist *h, uint64_t *counts)
{
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        if (h->buckets[b] > 0) counts[column_of(a, (double)hist_bucket_top(b))] += h->buckets[b];
    }
    if (h->over > 0) counts[a->columns - 1] += h->over;
}

/* 1...LEVELS, where the fullest column has LEVELS; 0: none. */
static uint32_t level_of(uint64_t count, uint64_t most)
{
    if (count == 0) return 0;
    double fall = log((double)most / (double)count) / log(LEVEL_FALL);
    return fall < LEVELS - 1 ? LEVELS - (uint32_t)fall : 1;
}

static void write_blocks(struct text *out, const struct axis *a, const struct stage_result *s)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint64_t counts[COLUMNS_MOST] = {0};
    uint64_t most = 0;
    uint32_t last = 0;
    count_columns(a, s->answered, counts);
    for (uint32_t i = 0; i < a->columns; i++) {
        most = counts[i] > most ? counts[i] : most;
        if (counts[i] > 0) last = i;
    }
    for (uint32_t i = 0; i <= last; i++) text_adds(out, blocks[level_of(counts[i], most)]);
    if (unseen_of(s) > 0) text_addf(out, " +%llu", (unsigned long long)unseen_of(s));
}

/* `|1 ms      |2 ms`: each label begins at its column. */
static void write_axis(struct text *out, const struct axis *a)
{
    static const double steps[] = {1, 2, 5};
    bool wide = log(10) / log(a->factor) >= 3 * LABEL_COLUMNS;
    uint32_t column = 0;
    for (int power = 3; power <= POWER_MOST; power++) {
        double unit = pow(10, power);
        for (size_t i = 0; i < (wide ? COUNT_OF(steps) : 1); i++) {
            double ns = unit * steps[i];
            double at = ceil(log(ns / a->least_ns) / log(a->factor) - 1e-9);
            if (at < column || at + LABEL_COLUMNS > a->columns) continue;
            char array[32];
            struct text label = text_in(array, sizeof array);
            if (ns < 1e6) text_addf(&label, "|%.0f us", ns / 1e3);
            else if (ns < 1e9) text_addf(&label, "|%.0f ms", ns / 1e6);
            else text_addf(&label, "|%.0f s", ns / 1e9);
            text_addc(out, ' ', (size_t)at - column);
            text_add(out, text_bytes(&label));
            column = (uint32_t)at + (uint32_t)label.len;
        }
    }
}

/* The stage's name at the left of its blocks. */
static void write_name(struct text *out, struct bytes name, uint32_t columns)
{
    char array[TABLE_CELL_BYTES];
    struct text shown = text_in(array, sizeof array);
    table_add_name(&shown, name, columns);
    text_addf(out, " %s", array);
    text_addc(out, ' ', columns - text_columns(text_bytes(&shown)) + 2);
}

static void write_shapes(struct text *out, const struct result *r, uint32_t count,
                         const struct show_style *style)
{
    size_t names = sizeof "SPREAD" - 1;
    for (uint32_t i = 0; i < count; i++) {
        size_t columns = text_columns(run_stage_name(r->header, stage_at(r, i)->stage));
        names = columns > names ? columns : names;
    }
    if (names > NAME_MOST) names = NAME_MOST;
    uint32_t width = style->width > STYLE_WIDTH_MIN ? style->width : STYLE_WIDTH_MIN;
    uint32_t columns = width - (uint32_t)names - 14; /* room for ` +12,345` behind the blocks */
    if (columns > COLUMNS_MOST) columns = COLUMNS_MOST;
    struct axis axis = axis_of(r, count, columns);
    style_begin(out, style, TONE_DIM);
    write_name(out, BYTES_LIT("SPREAD"), (uint32_t)names);
    style_end(out, style, TONE_DIM);
    write_axis(out, &axis);
    text_addc(out, '\n', 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct stage_result *s = stage_at(r, i);
        bool judged = result_stage_judged(r, s->stage);
        enum tone tone = judged ? TONE_PLAIN : TONE_DIM;
        style_begin(out, style, tone);
        write_name(out, run_stage_name(r->header, s->stage), (uint32_t)names);
        write_blocks(out, &axis, s);
        style_end(out, style, tone);
        text_addc(out, '\n', 1);
    }
    text_addc(out, '\n', 1);
}

void spectrum_write(struct text *out, const struct result *r, const struct show_style *style)
{
    uint32_t count = 0;
    while (stage_at(r, count)) count++;
    if (count == 0) return;
    write_percentiles(out, r, count, style);
    write_shapes(out, r, count, style);
    style_begin(out, style, TONE_DIM);
    style_wrap(
        out, style, BYTES_LIT(" "), TONE_PLAIN, 1,
        BYTES_LIT("Times in ms of what ended ok, by stage. SPREAD: time grows to the right "
                  "by the same factor a column; █ is where most lie, each lower block stands "
                  "for a third as many, +n for timeouts, cuts and drops beyond. – too few."));
    style_end(out, style, TONE_DIM);
    text_addc(out, '\n', 1);
}
