/* fuzz_csv.c - CSV: a table that is read has a cell in every place, and written down again reads
 * the same; a wrong one has a reason and a line of the text. Input: the text. */
#include "base/arena.h"
#include "laws.h"
#include "plan/csv.h"

#define MAX_TEXT (1u << 16)
#define ARENA_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char written[4 * MAX_TEXT + 4];
static size_t written_len;

static void put(char c)
{
    LAW(written_len < sizeof written);
    written[written_len++] = c;
}

/* Every cell quoted, so that nothing in it can end it. */
static void put_row(const struct bytes *cells, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) put(',');
        put('"');
        for (size_t k = 0; k < cells[i].len; k++) {
            if (cells[i].at[k] == '"') put('"');
            put(cells[i].at[k]);
        }
        put('"');
    }
    put('\n');
}

static void check_same(const struct csv *a, const struct csv *b)
{
    LAW(a->column_count == b->column_count && a->row_count == b->row_count);
    for (uint32_t i = 0; i < a->column_count; i++) LAW(bytes_equal(a->columns[i], b->columns[i]));
    for (size_t i = 0; i < (size_t)a->row_count * a->column_count; i++) {
        LAW(bytes_equal(a->cells[i], b->cells[i]));
    }
}

/* Quotes and commas of its own, which `put_row` adds, may be more than a text has room for. */
static bool fits(const struct csv *csv, size_t text_len)
{
    return ((size_t)csv->row_count + 1) * csv->column_count * 4 + 2 * text_len < sizeof written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    static struct arena arena;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (!arena.base) LAW(arena_open(&arena, ARENA_BYTES, NULL));
    arena_reset(&arena);
    if (size > MAX_TEXT) return 0;
    struct bytes text = guard_put(&guard, (struct bytes){(const char *)data, size});
    struct csv csv, again;
    uint32_t line = UINT32_MAX, lines = 1;
    const char *why = NULL;
    for (size_t i = 0; i < size; i++) lines += data[i] == '\n' || data[i] == '\r';
    if (!csv_read(&csv, &arena, text, &line, &why)) {
        LAW(why && strlen(why) > 0);
        LAW(line <= lines);
        return 0;
    }
    LAW(csv.column_count > 0 && csv.column_count <= CSV_COLUMNS_MAX);
    if (!fits(&csv, size)) return 0;
    written_len = 0;
    put_row(csv.columns, csv.column_count);
    for (uint32_t i = 0; i < csv.row_count; i++) {
        put_row(csv.cells + (size_t)i * csv.column_count, csv.column_count);
    }
    LAW(csv_read(&again, &arena, (struct bytes){written, written_len}, &line, &why));
    check_same(&csv, &again);
    return 0;
}
