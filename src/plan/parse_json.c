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
