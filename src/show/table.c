#include "show/table.h"

#define GAP 2          /* blanks between columns, 1 where it must be */
#define FLEXIBLE_MIN 8 /* columns left of the flexible one at least */

struct layout {
    size_t widths[TABLE_COLUMNS_MAX];
    bool shown[TABLE_COLUMNS_MAX];
    size_t gap;
};

static void ask(const struct table *t, uint32_t row, uint32_t column, char *array,
                struct table_cell *out)
{
    *out = (struct table_cell){.text = text_in(array, TABLE_CELL_BYTES)};
    t->cell(t->ctx, row, column, out);
}

static void measure(const struct table *t, struct layout *layout)
{
    layout->gap = GAP;
    for (uint32_t c = 0; c < t->column_count; c++) {
        size_t widest = 0;
        for (uint32_t row = 0; row < t->row_count; row++) {
            char array[TABLE_CELL_BYTES];
            struct table_cell cell;
            ask(t, row, c, array, &cell);
            size_t columns = text_columns(text_bytes(&cell.text));
            if (columns > widest) widest = columns;
        }
        size_t title = text_columns(bytes_of(t->columns[c].title));
        layout->shown[c] = widest > 0;
        layout->widths[c] = widest > title ? widest : title;
    }
}

static size_t total_width(const struct table *t, const struct layout *layout)
{
    size_t total = 1;
    for (uint32_t c = 0; c < t->column_count; c++) {
        if (layout->shown[c]) total += layout->widths[c] + (total > 1 ? layout->gap : 0);
    }
    return total;
}

/* What a line needs at the very least. */
static size_t least_width(const struct table *t, const struct layout *layout)
{
    struct layout least = *layout;
    least.gap = 1;
    for (uint32_t c = 0; c < t->column_count; c++) {
        bool cut = t->columns[c].flexible && least.widths[c] > FLEXIBLE_MIN;
        if (cut) least.widths[c] = FLEXIBLE_MIN;
    }
    return total_width(t, &least);
}

/* Leaves out columns, then cuts the flexible one, until a line fits. */
static void fit(const struct table *t, struct layout *layout, size_t width)
{
    for (uint32_t c = t->column_count; c-- > 0;) {
        if (t->columns[c].spare && least_width(t, layout) > width) layout->shown[c] = false;
    }
    while (total_width(t, layout) > width) {
        uint32_t worst = 0;
        for (uint32_t c = 1; c < t->column_count; c++) {
            if (!layout->shown[c] || t->columns[c].drop == 0) continue;
            if (worst == 0 || t->columns[c].drop > t->columns[worst].drop) worst = c;
        }
        if (worst == 0) break;
        layout->shown[worst] = false;
    }
    if (total_width(t, layout) > width) layout->gap = 1;
    size_t total = total_width(t, layout);
    for (uint32_t c = 0; c < t->column_count && total > width; c++) {
        if (!layout->shown[c] || !t->columns[c].flexible) continue;
        size_t over = total - width;
        size_t have = layout->widths[c];
        layout->widths[c] = have > over + FLEXIBLE_MIN ? have - over : FLEXIBLE_MIN;
        total = total_width(t, layout);
    }
}

/* The bytes of the first `columns` columns of `b`. */
static size_t bytes_of_columns(struct bytes b, size_t columns)
{
    size_t end = 0;
    for (size_t seen = 0; end < b.len; end++) {
        bool starts = ((unsigned char)b.at[end] & 0xc0) != 0x80;
        if (starts && seen++ == columns) break;
    }
    return end;
}

/* So many columns of `b`, with an ellipsis in the middle when something is cut: names that begin
 * alike differ at their ends (jobs-naive-2, climb@1200/s), so more is left of these. */
static void add_cut(struct text *out, struct bytes b, size_t columns)
{
    size_t all = text_columns(b);
    if (all <= columns) {
        text_add(out, b);
        return;
    }
    size_t kept = columns > 0 ? columns - 1 : 0;
    size_t front = kept * 2 / 5;
    text_add(out, (struct bytes){b.at, bytes_of_columns(b, front)});
    text_adds(out, "…");
    text_add(out, bytes_from(b, bytes_of_columns(b, all - (kept - front))));
}

/* The same, cut at its end. */
static void add_start(struct text *out, struct bytes b, size_t columns)
{
    bool whole = text_columns(b) <= columns;
    text_add(out, (struct bytes){b.at, whole ? b.len : bytes_of_columns(b, columns - 1)});
    if (!whole) text_adds(out, "…");
}

static void add_cell(struct text *out, const struct show_style *style, struct bytes b,
                     const struct table_cell *cell, size_t width, bool right)
{
    enum tone tone = cell->tone;
    size_t columns = text_columns(b);
    size_t pad = columns < width ? width - columns : 0;
    if (right) text_addc(out, ' ', pad);
    style_begin(out, style, b.len > 0 ? tone : TONE_PLAIN);
    if (cell->sentence) add_start(out, b, width);
    else add_cut(out, b, width);
    style_end(out, style, b.len > 0 ? tone : TONE_PLAIN);
    if (!right) text_addc(out, ' ', pad);
}

/* A line ends where its last character stands. */
static void trim_blanks(struct text *out)
{
    while (out->len > 0 && out->at[out->len - 1] == ' ') out->at[--out->len] = '\0';
}

void table_write(struct text *out, const struct table *t, const struct show_style *style)
{
    assert(t->column_count <= TABLE_COLUMNS_MAX);
    if (t->row_count == 0) return;
    struct layout layout;
    measure(t, &layout);
    fit(t, &layout, style->width > STYLE_WIDTH_MIN ? style->width : STYLE_WIDTH_MIN);

    for (uint32_t line = 0; line <= t->row_count; line++) {
        bool first = true;
        text_addc(out, ' ', 1);
        for (uint32_t c = 0; c < t->column_count; c++) {
            if (!layout.shown[c]) continue;
            char array[TABLE_CELL_BYTES];
            struct table_cell cell = {.tone = TONE_DIM};
            struct bytes b = bytes_of(t->columns[c].title);
            if (line > 0) {
                ask(t, line - 1, c, array, &cell);
                b = text_bytes(&cell.text);
            }
            if (!first) text_addc(out, ' ', layout.gap);
            add_cell(out, style, b, &cell, layout.widths[c], t->columns[c].right);
            first = false;
        }
        trim_blanks(out);
        text_addc(out, '\n', 1);
    }
}

/* Safe, and as much of it as a cell may hold. */
static struct bytes make_safe(char array[TABLE_CELL_BYTES], struct bytes b)
{
    struct text safe = text_in(array, TABLE_CELL_BYTES);
    text_add_safe(&safe, b);
    text_end_whole(&safe);
    return text_bytes(&safe);
}

void table_add_name(struct text *out, struct bytes name, uint32_t columns)
{
    char array[TABLE_CELL_BYTES];
    add_cut(out, make_safe(array, name), columns);
}

void table_add_sentence(struct text *out, struct bytes sentence, uint32_t columns)
{
    char array[TABLE_CELL_BYTES];
    add_start(out, make_safe(array, sentence), columns);
}
