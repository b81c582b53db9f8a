#include "plan/csv.h"
#include "plan/parse_priv.h"

static void read_file(struct parse *p, struct fields *f, struct data_source *out)
{
    const struct plan_host *host = p->in->host;
    const struct node *n = f->at[KEY_DATA_FILE];
    struct bytes name = {0};
    struct bytes text = {0};
    struct err err = {0};
    if (!parse_node_text(p, f, KEY_DATA_FILE, &name)) return;
    if (!parse_variable_constant(p, n, name, &name)) return;
    struct bytes path = parse_node_path(p, name);
    if (!host || !host->read_file || !host->read_file(host->ctx, p->arena, path, &text, &err)) {
        parse_node_error(p, DIAG_FILE, n,
                         err.hint[0] ? err.hint : "a relative path starts at the plan's folder",
                         "%s", err.msg[0] ? err.msg : "the file cannot be read");
        return;
    }
    struct csv csv;
    uint32_t line = 0;
    const char *why = "";
    if (!csv_read(&csv, p->arena, text, &line, &why)) {
        char place[24];
        struct text t = text_in(place, sizeof place);
        if (line > 0) text_addf(&t, ", line %u", line);
        parse_node_error(p, DIAG_CSV, n,
                         strstr(why, "quote")
                             ? "a cell with quotes is quoted whole, with each quote doubled"
                             : "the first line names the columns; each row has as many cells",
                         "%.*s%s: %s", BYTES_ARG(name), place, why);
        return;
    }
    out->file = path;
    out->columns = csv.columns;
    out->cells = csv.cells;
    out->column_count = csv.column_count;
    out->row_count = csv.row_count;
}

/* Fills one row of `out` from a map with the same keys, in any order. */
static bool read_row(struct parse *p, const struct node *row, struct data_source *out, uint32_t r)
{
    if (row->kind != NODE_MAP) {
        return parse_node_error(p, DIAG_DATA, row, "write a list of maps: [ { id: 1 }, { id: 2 } ]",
                                "a row of data is a map");
    }
    for (uint32_t c = 0; c < out->column_count; c++) {
        const struct node *value = NULL;
        for (uint32_t i = 0; i < row->count; i++) {
            if (bytes_equal(row->items[i].key->text, out->columns[c])) value = row->items[i].value;
        }
        if (!value) {
            return parse_node_error(p, DIAG_DATA, row, "every row has the keys of the first",
                                    "this row has no '%.*s'", BYTES_ARG(out->columns[c]));
        }
        if (!parse_node_is(p, value, SHAPE_SCALAR, "a cell of data")) return false;
        struct bytes *cell = &out->cells[(size_t)r * out->column_count + c];
        if (!parse_variable_constant(p, value, value->text, cell)) return false;
    }
    if (row->count == out->column_count) return true;
    return parse_node_error(p, DIAG_DATA, row, "every row has the keys of the first",
                            "this row has keys that the first has not");
}

static void read_inline(struct parse *p, const struct node *n, struct data_source *out)
{
    if (n->count == 0) {
        parse_node_error(p, DIAG_DATA, n, "write a list of maps: [ { id: 1 }, { id: 2 } ]",
                         "there are no rows");
        return;
    }
    const struct node *first = n->items[0].value;
    uint32_t columns = first->kind == NODE_MAP ? first->count : 0;
    if (columns == 0) {
        parse_node_error(p, DIAG_DATA, first, "write a list of maps: [ { id: 1 }, { id: 2 } ]",
                         "a row of data is a map");
        return;
    }
    out->columns = ARENA_ARRAY(p->arena, columns, struct bytes);
    out->cells = ARENA_ARRAY(p->arena, (size_t)columns * n->count, struct bytes);
    if (!out->columns || !out->cells) return;
    for (uint32_t c = 0; c < columns; c++) {
        const struct node *name = first->items[c].key;
        parse_node_word(p, name, "a column");
        out->columns[c] = name->text;
    }
    out->column_count = columns;
    for (uint32_t r = 0; r < n->count; r++) read_row(p, n->items[r].value, out, r);
    out->row_count = n->count;
}

static void read_source(struct parse *p, const struct node *n, struct data_source *out)
{
    static const char *const picks[] = {"random", "sequential", "unique"};
    struct fields f;
    uint32_t pick = 0;
    if (n->kind == NODE_LIST) {
        read_inline(p, n, out);
        return;
    }
    if (n->kind != NODE_MAP) {
        if (n->text.len == 0) {
            parse_node_empty(p, n, "data");
            return;
        }
        char hint[200];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "write  { file: %.*s }", BYTES_ARG(n->text));
        parse_node_error(p, DIAG_SHAPE, n, hint, "data is a list of rows, or names a file");
        return;
    }
    if (!parse_node_fields(p, n, PLACE_DATA, &f)) return;
    read_file(p, &f, out);
    if (parse_node_choice(p, &f, KEY_DATA_PICK, picks, COUNT_OF(picks), &pick)) {
        out->pick = (enum data_pick)pick;
    }
}

void parse_data_all(struct parse *p, const struct node *n)
{
    struct plan *plan = p->plan;
    plan->data = ARENA_ARRAY(p->arena, n->count, struct data_source);
    p->constant = true;
    for (uint32_t i = 0; i < n->count && plan->data; i++) {
        const struct node *name = n->items[i].key;
        if (!parse_node_identifier(p, name, "data") || parse_vars_clash(p, name)) continue;
        struct data_source *source = &plan->data[plan->data_count];
        *source = (struct data_source){.at = name->at, .name = name->text};
        read_source(p, n->items[i].value, source);
        plan->data_count++;
    }
    p->constant = false;
}
