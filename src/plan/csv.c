#include "plan/csv.h"

struct reader {
    struct arena *arena;
    struct bytes text;
    size_t i;
    uint32_t line;
    const char *why;
};

static bool is_end(const struct reader *r)
{
    return r->i >= r->text.len;
}

static char now(const struct reader *r)
{
    return is_end(r) ? '\0' : r->text.at[r->i];
}

/* A quoted cell; r->i stands on its first quote. */
static bool read_quoted(struct reader *r, struct bytes *out)
{
    size_t start = ++r->i;
    size_t doubled = 0;
    uint32_t opened = r->line;
    for (;; r->i++) {
        if (is_end(r)) {
            r->line = opened;
            r->why = "a quote that begins here is never closed";
            return false;
        }
        if (now(r) == '\n') r->line++;
        if (now(r) != '"') continue;
        if (r->i + 1 >= r->text.len || r->text.at[r->i + 1] != '"') break;
        r->i++;
        doubled++;
    }
    *out = (struct bytes){r->text.at + start, r->i - start};
    r->i++;
    if (!is_end(r) && now(r) != ',' && now(r) != '\n' && now(r) != '\r') {
        r->why = "text behind a closing quote";
        return false;
    }
    if (doubled == 0) return true;
    char *copy = arena_alloc(r->arena, out->len + 1);
    size_t n = 0;
    if (!copy) return false;
    for (size_t k = 0; k < out->len; k++) {
        copy[n++] = out->at[k];
        if (out->at[k] == '"') k++;
    }
    *out = (struct bytes){copy, n};
    return true;
}

static bool read_cell(struct reader *r, struct bytes *out)
{
    if (now(r) == '"') return read_quoted(r, out);
    size_t start = r->i;
    while (!is_end(r) && now(r) != ',' && now(r) != '\n' && now(r) != '\r') r->i++;
    *out = (struct bytes){r->text.at + start, r->i - start};
    return true;
}

/* Up to `max` cells of one line; passes its end. */
static bool read_row(struct reader *r, struct bytes *cells, uint32_t max, uint32_t *count)
{
    *count = 0;
    for (;;) {
        if (*count == max) {
            r->why = "more cells than columns";
            return false;
        }
        if (!read_cell(r, &cells[(*count)++])) return false;
        if (now(r) != ',') break;
        r->i++;
    }
    if (now(r) == '\r') r->i++;
    if (now(r) == '\n') r->i++;
    return true;
}

static bool skip_empty_lines(struct reader *r)
{
    while (now(r) == '\n' || now(r) == '\r') {
        if (now(r) == '\n') r->line++;
        r->i++;
    }
    return !is_end(r);
}

static bool read_header(struct reader *r, struct csv *out)
{
    struct bytes names[CSV_COLUMNS_MAX];
    if (!skip_empty_lines(r)) {
        r->why = "the file is empty";
        return false;
    }
    if (!read_row(r, names, CSV_COLUMNS_MAX, &out->column_count)) return false;
    out->columns = ARENA_ARRAY(r->arena, out->column_count, struct bytes);
    if (!out->columns) return false;
    for (uint32_t c = 0; c < out->column_count; c++) {
        out->columns[c] = bytes_trim(names[c]);
        if (out->columns[c].len == 0) r->why = "a column without a name";
        for (uint32_t k = 0; k < c; k++) {
            if (bytes_equal(out->columns[k], out->columns[c])) r->why = "two columns of one name";
        }
    }
    return r->why == NULL;
}

/* An upper bound of the rows that are left. */
static size_t count_lines(const struct reader *r)
{
    size_t lines = 1;
    for (size_t i = r->i; i < r->text.len; i++)
        lines += r->text.at[i] == '\n' || r->text.at[i] == '\r';
    return lines;
}

static bool read_rows(struct reader *r, struct csv *out)
{
    size_t most = count_lines(r);
    size_t cells = 0;
    if (most > UINT32_MAX || __builtin_mul_overflow(most, (size_t)out->column_count, &cells)) {
        r->why = "too many rows";
        return false;
    }
    out->cells = ARENA_ARRAY(r->arena, cells, struct bytes);
    if (!out->cells) return false;
    for (;;) {
        /* The line on which the row before ended has been counted by its quoted cells alone. */
        r->line++;
        if (!skip_empty_lines(r)) break;
        uint32_t line = r->line;
        uint32_t count = 0;
        struct bytes *row = out->cells + (size_t)out->row_count * out->column_count;
        if (!read_row(r, row, out->column_count, &count)) return false;
        if (count < out->column_count) {
            r->line = line;
            r->why = "fewer cells than columns";
            return false;
        }
        out->row_count++;
    }
    if (out->row_count == 0) {
        r->line = 0;
        r->why = "there are no rows below the names of the columns";
    }
    return out->row_count > 0;
}

bool csv_read(struct csv *out, struct arena *arena, struct bytes text, uint32_t *line,
              const char **why)
{
    struct reader r = {.arena = arena, .text = text, .line = 1};
    if (bytes_starts(text, BYTES_LIT("\xef\xbb\xbf"))) r.i = 3;
    *out = (struct csv){0};
    bool good = read_header(&r, out) && read_rows(&r, out);
    *line = r.line;
    *why = r.why ? r.why : "the file does not fit into memory";
    return good;
}
