#include "show/spread_text.h"

#include <math.h>

#include "show/amount.h"
#include "show/objective_row.h"
#include "show/spread.h"
#include "show/table.h"

#define LABEL_COLUMNS 40

enum column { COLUMN_WHAT, COLUMN_MEAN, COLUMN_RANGE, COLUMN_SHARE, COLUMN_ALL, COLUMNS };

struct page {
    const struct beside *beside;
};

static void spread_at(const struct page *p, uint32_t row, struct spread *out)
{
    const struct beside *b = p->beside;
    if (row < b->row_count) spread_of_row(out, b, &b->rows[row]);
    else spread_of_figure(out, b, (enum spread_figure)(row - b->row_count));
}

static void add_between(struct text *out, const struct spread *s, double least, double most)
{
    char lo_array[64];
    char hi_array[64];
    struct text lo = text_in(lo_array, sizeof lo_array);
    struct text hi = text_in(hi_array, sizeof hi_array);
    if (isnan(least)) return;
    amount_in_unit(&lo, s->unit, least);
    if (isnan(most)) text_adds(&hi, "?");
    else amount_in_unit(&hi, s->unit, most);
    objective_row_between(out, text_bytes(&lo), text_bytes(&hi));
}

static void label(const struct page *p, uint32_t row, struct text *out)
{
    const struct beside *b = p->beside;
    char array[TABLE_CELL_BYTES];
    struct text sentence = text_in(array, sizeof array);
    if (row < b->row_count) beside_label(&sentence, &b->rows[row]);
    else text_adds(&sentence, spread_figure_name((enum spread_figure)(row - b->row_count)));
    table_add_name(out, text_bytes(&sentence), LABEL_COLUMNS);
}

static void cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct page *p = ctx;
    struct spread s;
    spread_at(p, row, &s);
    switch ((enum column)column) {
    case COLUMN_WHAT:
        label(p, row, &out->text);
        break;
    case COLUMN_MEAN:
        if (s.count == 0) text_adds(&out->text, AMOUNT_NONE);
        if (s.count == 0) break;
        if (s.at_least) text_adds(&out->text, "≥ ");
        amount_in_unit(&out->text, s.unit, s.mean);
        break;
    case COLUMN_RANGE:
        add_between(&out->text, &s, s.range.lo, s.range.hi);
        break;
    case COLUMN_SHARE:
        if (!isnan(spread_share(&s))) amount_share(&out->text, spread_share(&s));
        break;
    case COLUMN_ALL:
        if (s.count > 1) add_between(&out->text, &s, s.least, s.most);
        break;
    case COLUMNS:
        break;
    }
}

static uint32_t sound_runs(const struct beside *b)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->run_count; i++) count += b->runs[i].entry.sound;
    return count;
}

void spread_text_write(struct text *out, const struct beside *b, const struct show_style *style)
{
    static const struct table_column columns[COLUMNS] = {
        [COLUMN_WHAT] = {.title = "BETWEEN RUNS", .flexible = true},
        [COLUMN_MEAN] = {.title = "MEAN", .right = true},
        [COLUMN_RANGE] = {.title = "95 % OF IT", .right = true},
        [COLUMN_SHARE] = {.title = "DEVIATION", .right = true, .drop = 1},
        [COLUMN_ALL] = {.title = "LEAST – MOST", .right = true, .drop = 2},
    };
    size_t from = out->len;
    uint32_t sound = sound_runs(b);
    if (b->run_count < 2) return;
    const struct page page = {.beside = b};
    const struct table table = {.columns = columns,
                                .column_count = COLUMNS,
                                .row_count = b->row_count + SPREAD_FIGURES,
                                .cell = cell,
                                .ctx = &page};
    text_addc(out, '\n', 1);
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
    char array[400];
    struct text body = text_in(array, sizeof array);
    text_addf(&body, "The unit is the run: %u of %u count", sound, b->run_count);
    if (sound < b->run_count) text_adds(&body, ", those that went to their end and can be trusted");
    text_adds(&body, ". What a new start or another neighbour on this machine changes is in these "
                     "intervals, and is not in those of one run.");
    if (sound < 5) text_adds(&body, " So few say little: five or more are better.");
    style_begin(out, style, TONE_DIM);
    style_wrap(out, style, BYTES_LIT(" "), TONE_PLAIN, 1, text_bytes(&body));
    if (out->len > 0) out->at[--out->len] = '\0'; /* a line ends in no colour */
    style_end(out, style, TONE_DIM);
    text_addc(out, '\n', 1);
    style_to_ascii(out, style, from);
}
