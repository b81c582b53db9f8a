/* A rendered JSON body as block YAML. Block, because in { } and [ ] the comma of $rand(1,3) would
 * end the value; quoted as in JSON, because only bare values keep their type. */
#include "plan/print_priv.h"

struct walk {
    const struct printer *p;
    const struct pattern *body;
    uint32_t piece;
    size_t i; /* in a piece of text */
};

#define WALK_END '\0'
#define WALK_VARIABLE '\1' /* JSON holds no control characters */

static const struct piece *here(struct walk *w)
{
    while (w->piece < w->body->piece_count) {
        const struct piece *piece = &w->body->pieces[w->piece];
        if (piece->kind != PIECE_TEXT || w->i < piece->text.len) return piece;
        w->piece++;
        w->i = 0;
    }
    return NULL;
}

static char peek(struct walk *w)
{
    const struct piece *piece = here(w);
    if (!piece) return WALK_END;
    return piece->kind == PIECE_TEXT ? piece->text.at[w->i] : WALK_VARIABLE;
}

static void put_variable(struct walk *w)
{
    print_text_piece(w->p, w->p->out, here(w));
    w->piece++;
}

/* A secret that is a value of its own brought its quotes along; in the plan it stands bare. */
static bool put_secret(struct walk *w)
{
    const struct piece *piece = here(w);
    if (piece->kind != PIECE_TEXT || !piece->secret || w->i > 0 || piece->text.len < 2)
        return false;
    char array[160];
    struct text name = text_in(array, sizeof array);
    struct bytes inner = {piece->text.at + 1, piece->text.len - 2};
    if (inner.len == 0 || print_text_variable(w->p, inner, &name) != inner.len) return false;
    text_add(w->p->out, text_bytes(&name));
    w->i = piece->text.len;
    return true;
}

/* JSON's escapes are also those of YAML's double quotes. */
static void put_string(struct walk *w)
{
    bool closed = false;
    text_addc(w->p->out, '"', 1);
    w->i++;
    while (!closed && peek(w) != WALK_END) {
        const struct piece *piece = here(w);
        if (piece->kind != PIECE_TEXT) {
            put_variable(w);
            continue;
        }
        struct bytes rest = bytes_from(piece->text, w->i);
        size_t len = 0;
        while (len < rest.len && rest.at[len] != '"') len += rest.at[len] == '\\' ? 2 : 1;
        closed = len < rest.len;
        if (len > rest.len) len = rest.len;
        print_text_source(w->p, w->p->out, (struct bytes){rest.at, len});
        w->i += len + (closed ? 1 : 0);
    }
    text_addc(w->p->out, '"', 1);
}

/* A number, true, false, null or a variable. */
static void put_bare(struct walk *w)
{
    const struct piece *piece = here(w);
    if (!piece || piece->kind != PIECE_TEXT) {
        if (piece) put_variable(w);
        return;
    }
    struct bytes rest = bytes_from(piece->text, w->i);
    size_t len = 0;
    while (len < rest.len && !strchr(",]}", rest.at[len])) len++;
    char array[160];
    struct text name = text_in(array, sizeof array);
    struct bytes token = {rest.at, len};
    bool variable = print_text_variable(w->p, token, &name) == len;
    text_add(w->p->out, variable ? text_bytes(&name) : token);
    w->i += len;
}

static void put_value(struct walk *w, uint32_t indent);

/* The entries of a map or list, each on a line of its own, up to its end. */
static void put_entries(struct walk *w, uint32_t indent)
{
    bool map = peek(w) == '{';
    char end = map ? '}' : ']';
    struct text *out = w->p->out;
    w->i++;
    if (peek(w) == end) text_adds(out, map ? " {}" : " []");
    while (peek(w) != end && peek(w) != WALK_END) {
        text_addc(out, '\n', 1);
        text_addc(out, ' ', indent);
        if (map) {
            put_string(w);
            w->i++; /* ':' */
        }
        text_addc(out, map ? ':' : '-', 1);
        put_value(w, indent + 2);
        if (peek(w) == ',') w->i++;
    }
    w->i++;
}

/* Recursion is bounded: a plan is at most YAML_DEPTH_MAX deep. */
static void put_value(struct walk *w, uint32_t indent)
{
    char c = peek(w);
    if (c == '{' || c == '[') {
        put_entries(w, indent);
        return;
    }
    text_addc(w->p->out, ' ', 1);
    if (c != '"') put_bare(w);
    else if (!put_secret(w)) put_string(w);
}

void print_json_value(const struct printer *p, const struct pattern *body, uint32_t indent)
{
    struct walk w = {.p = p, .body = body};
    put_value(&w, indent);
    text_addc(p->out, '\n', 1);
}
