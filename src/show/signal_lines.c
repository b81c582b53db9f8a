#include "show/signal_lines.h"

#include <math.h>

#include "show/amount.h"
#include "show/objective_row.h"
#include "show/table.h"

#define LEVELS 8 /* heights of a block */
#define DRAWN_WIDE 36
#define DRAWN 24
#define DRAWN_NARROW 14 /* below 80 columns */
#define LABEL_BYTES 96  /* of a label: a statement may be a page */

void signal_lines_name(struct text *out, const struct series *series)
{
    bool place = series->unit == SERIES_WAITING && series->label.len > 0
                 && bytes_is(series->name, series_row(SERIES_OF_WAITING)->name);
    if (place) { /* `api lock of worker-#`: that something waits there the place says itself */
        text_add_safe(out, series->of);
        text_addc(out, ' ', 1);
        text_add_safe(out, series->label);
        return;
    }
    struct bytes name = series->name;
    bool of_host = bytes_starts(name, BYTES_LIT("host."));
    if (!of_host) {
        text_add_safe(out, series->of);
        text_addc(out, ' ', 1);
    }
    /* What kind of server it is its owner's name tells, or the rest does. */
    if (bytes_starts(name, BYTES_LIT("db."))) name = bytes_from(name, 3);
    else if (bytes_starts(name, BYTES_LIT("cache."))) name = bytes_from(name, 6);
    text_add_safe(out, name);
    if (series->label.len == 0) return;
    text_addc(out, ' ', 1);
    table_add_sentence(out, series->label, LABEL_BYTES);
}

void signal_lines_with(struct text *out, const struct result *r)
{
    if (r->signals->with) objective_row_subject(out, r, r->signals->with);
    else text_adds(out, "p95");
}

void signal_lines_clock(struct text *out, double seconds)
{
    uint64_t s = seconds > 0 ? (uint64_t)(seconds + 0.5) : 0;
    if (s >= 3600) {
        text_addf(out, "%llu:%02llu:%02llu", (unsigned long long)(s / 3600),
                  (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
    } else {
        text_addf(out, "%llu:%02llu", (unsigned long long)(s / 60), (unsigned long long)(s % 60));
    }
}

void signal_lines_left(struct text *out, const struct signal_row *row)
{
    if (isnan(row->left_s)) return;
    text_adds(out, row->above ? "▲ " : "▼ ");
    signal_lines_clock(out, row->left_s);
}

/* Where there are more columns than points, a point stands in several. */
double signal_lines_part(const float *points, uint32_t count, uint32_t columns, uint32_t column)
{
    uint32_t from = (uint32_t)((uint64_t)column * count / columns);
    uint32_t to = (uint32_t)((uint64_t)(column + 1) * count / columns);
    double sum = 0;
    uint32_t known = 0;
    if (to == from) to++;
    for (uint32_t i = from; i < to && i < count; i++) {
        if (!isfinite(points[i])) continue;
        sum += (double)points[i];
        known++;
    }
    return known > 0 ? sum / known : (double)NAN;
}

double signal_lines_scale(enum series_unit unit)
{
    switch (unit) {
    case SERIES_CORES:
        return 0.1;
    case SERIES_WAITING:
        return 0.5;
    case SERIES_SHARE:
        return 0.01;
    case SERIES_NUMBER:
    case SERIES_COUNT_OF:
    case SERIES_BYTES:
    case SERIES_BYTES_PER_S:
    case SERIES_PER_S:
    case SERIES_SECONDS:
    case SERIES_UNIT_COUNT:
        break;
    }
    return 0;
}

void signal_lines_draw(struct text *out, const float *points, uint32_t count, uint32_t columns,
                       double scale)
{
    static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double most = scale;
    for (uint32_t i = 0; i < columns; i++)
        most = fmax(most, signal_lines_part(points, count, columns, i));
    for (uint32_t i = 0; i < columns; i++) {
        double value = signal_lines_part(points, count, columns, i);
        if (isnan(value)) {
            text_addc(out, ' ', 1);
            continue;
        }
        double share = most > 0 ? value / most : 0;
        uint32_t level = share > 0 ? (uint32_t)(share * LEVELS + 0.5) : 0;
        text_adds(out, blocks[level == 0 ? 0 : level > LEVELS ? LEVELS - 1 : level - 1]);
    }
}

/* ---- the table ---- */

enum column { NAME, DRAWING, USUAL, WORST, LEFT, TIE };

struct lines {
    const struct result *result;
    uint32_t drawn; /* columns of a drawing */
};

/* The objective stands first, then what moved with it, then prony itself. */
static const struct signal_row *row_of(const struct signals *s, uint32_t row)
{
    if (row == 0) return NULL;
    return row <= s->count ? &s->rows[row - 1] : &s->own;
}

static void put_objective(const struct lines *lines, enum column column, struct text *out)
{
    const struct signals *s = lines->result->signals;
    if (column == NAME) signal_lines_with(out, lines->result);
    if (column == DRAWING && s->figure)
        signal_lines_draw(out, s->figure, s->point_count, lines->drawn, 0);
}

static void cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct lines *lines = ctx;
    const struct signals *s = lines->result->signals;
    const struct signal_row *signal = row_of(s, row);
    if (!signal) {
        out->tone = TONE_STRONG;
        put_objective(lines, (enum column)column, &out->text);
        return;
    }
    if (signal == &s->own) out->tone = TONE_DIM;
    switch ((enum column)column) {
    case NAME:
        out->sentence = true;
        signal_lines_name(&out->text, &signal->series);
        break;
    case DRAWING:
        if (signal->points)
            signal_lines_draw(&out->text, signal->points, s->point_count, lines->drawn,
                              signal_lines_scale(signal->series.unit));
        break;
    case USUAL:
        amount_series(&out->text, signal->series.unit, signal->usual);
        break;
    case WORST:
        amount_series(&out->text, signal->series.unit, signal->at_worst);
        break;
    case LEFT:
        if (signal == &s->own) break; /* what is too much for it TRUST says */
        if (!isnan(signal->left_s)) out->tone = TONE_NEAR;
        signal_lines_left(&out->text, signal);
        break;
    case TIE:
        if (!isnan(signal->rho)) {
            text_addf(&out->text, "%s%.2f", signal->rho < 0 ? "−" : "+", fabs(signal->rho));
        }
        break;
    }
}

/* What only follows the load of a run in which all was well is for whoever asks. */
static bool is_telling(const struct result *r)
{
    bool telling = r->verdict != VERDICT_HOLDS;
    for (uint32_t i = 0; i < r->signals->count; i++)
        telling = telling || !isnan(r->signals->rows[i].left_s);
    return telling;
}

void signal_lines_write(struct text *out, const struct result *r, const struct show_style *style,
                        bool all)
{
    const struct signals *s = r->signals;
    if (!s || s->count == 0 || !(all || is_telling(r))) return;
    char span_array[64];
    struct text span = text_in(span_array, sizeof span_array);
    signal_lines_clock(&span, s->start_s);
    text_adds(&span, " – ");
    signal_lines_clock(&span, signals_time_s(s, s->point_count));
    struct lines lines = {.result = r,
                          .drawn = style->width >= 100  ? DRAWN_WIDE
                                   : style->width >= 80 ? DRAWN
                                                        : DRAWN_NARROW};
    struct table_column columns[] = {
        [NAME] = {.title = "MOVED WITH", .flexible = true},
        [DRAWING] = {.title = span_array},
        [USUAL] = {.title = "USUAL", .right = true},
        [WORST] = {.title = "AT WORST", .right = true},
        [LEFT] = {.title = "LEFT USUAL"},
        [TIE] = {.title = "TIE", .right = true, .drop = 1},
    };
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = s->count + 2,
                          .cell = cell,
                          .ctx = &lines};
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
}
