/* A `json:` body as text. Plain scalars follow JSON; a value that is only a variable keeps the type
 * of what it becomes; everything else is a string. */
#include "plan/parse_priv.h"
#include "wire/json.h"

struct json {
    struct parse *p;
    struct pattern_builder b;
    bool good;
};

static void literal(struct json *j, const char *text)
{
    pattern_add_text(&j->b, bytes_of(text), ENCODE_NONE, false);
}

static bool is_number(struct bytes cell)
{
    return json_is_bare(cell) && (bytes_is_digit(cell.at[0]) || cell.at[0] == '-');
}

static bool is_truth(struct bytes cell)
{
    return bytes_is(cell, "true") || bytes_is(cell, "false");
}

/* Whether a column is of one JSON type that stands bare. Its cells are all written alike, or an id
 * would be now a number and now, for its leading nought, a text. */
static bool is_bare_column(const struct data_source *data, uint32_t column)
{
    bool numbers = true;
    bool truths = true;
    for (uint32_t r = 0; r < data->row_count && (numbers || truths); r++) {
        struct bytes cell = data->cells[(size_t)r * data->column_count + column];
        numbers = numbers && is_number(cell);
        truths = truths && is_truth(cell);
    }
    return numbers || truths;
}

static void add_string(struct json *j, const struct node *n);

/* Hangs `text` of node `n` in as it is encoded. */
static void splice(struct json *j, const struct node *n, enum encoding encoding)
{
    struct pattern part = {0};
    if (!parse_variable_pattern(j->p, n, n->text, encoding, &part)) {
        j->good = false;
        return;
    }
    for (uint32_t i = 0; i < part.piece_count; i++) {
        const struct piece *piece = &part.pieces[i];
        bool cell = piece->kind == PIECE_DATA && encoding == ENCODE_JSON_VALUE;
        if (cell && !is_bare_column(&j->p->plan->data[piece->index], piece->column)) {
            add_string(j, n);
            return;
        }
        if (piece->kind == PIECE_TEXT)
            pattern_add_text(&j->b, piece->text, ENCODE_NONE, piece->secret);
        else pattern_add_piece(&j->b, *piece);
    }
}

static void add_string(struct json *j, const struct node *n)
{
    literal(j, "\"");
    splice(j, n, ENCODE_JSON_STRING);
    literal(j, "\"");
}

static void add_scalar(struct json *j, const struct node *n)
{
    bool plain = n->style == NODE_PLAIN;
    if (plain && n->text.len == 0) literal(j, "null");
    else if (plain && json_is_bare(n->text)) splice(j, n, ENCODE_NONE);
    else if (plain && parse_variable_alone(j->p, n->text)) splice(j, n, ENCODE_JSON_VALUE);
    else add_string(j, n);
}

/* Recursion is bounded: the tree is at most YAML_DEPTH_MAX deep. */
static void add_node(struct json *j, const struct node *n)
{
    if (n->kind == NODE_SCALAR) {
        add_scalar(j, n);
        return;
    }
    bool map = n->kind == NODE_MAP;
    literal(j, map ? "{" : "[");
    for (uint32_t i = 0; i < n->count; i++) {
        if (i > 0) literal(j, ",");
        if (map) {
            add_string(j, n->items[i].key);
            literal(j, ":");
        }
        add_node(j, n->items[i].value);
    }
    literal(j, map ? "}" : "]");
}

bool parse_json_body(struct parse *p, const struct node *n, struct pattern *out)
{
    struct json j = {.p = p, .b = {.arena = p->arena}, .good = true};
    add_node(&j, n);
    return pattern_finish(&j.b, out) && j.good;
}
