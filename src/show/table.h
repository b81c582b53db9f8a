/* table.h - rows and columns that fit the terminal.
 *
 * Why: what is shown must be readable at 80 columns and use more where there is more. A cell is
 * written by the caller's function, once to measure and once to print, so a table needs no memory.
 * A column whose cells are all empty is left out; then columns go, the highest `drop` first; then
 * they move together; then the flexible one is cut in its middle.
 * Source: ours; docs/summary.md has what it makes.
 * Thread: any.  Memory: stack. */
#pragma once

#include "show/style.h"

#define TABLE_COLUMNS_MAX 20
#define TABLE_CELL_BYTES 256

struct table_column {
    const char *title;
    bool right;    /* aligned to the right: numbers */
    bool flexible; /* may be cut; at most one */
    uint32_t drop; /* 0: never left out; else the highest goes first */
    bool spare;    /* left out where even with the flexible one cut no line fits */
};

struct table_cell {
    struct text text; /* empty at first */
    enum tone tone;
    bool sentence; /* cut at its end, not in its middle */
};

struct table {
    const struct table_column *columns;
    uint32_t column_count, row_count;
    void (*cell)(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out);
    const void *ctx;
};

/* A name, safe, with an ellipsis in its middle where it takes more columns. */
void table_add_name(struct text *out, struct bytes name, uint32_t columns);
/* A sentence, safe, with an ellipsis at its end where it takes more; columns > 0. */
void table_add_sentence(struct text *out, struct bytes sentence, uint32_t columns);
void table_write(struct text *out, const struct table *table, const struct show_style *style);
