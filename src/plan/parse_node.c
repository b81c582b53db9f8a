#include "plan/parse_priv.h"

#include <assert.h>
#include <stdarg.h>

#include "plan/units.h"

#define NAME_BYTES_MAX 120

void *parse_node_push(struct parse *p, void *items, uint32_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0) return items;
    void *more = arena_array(p->arena, count ? 2 * (size_t)count : 1, size);
    if (more && count > 0) memcpy(more, items, count * size);
    return more;
}

bool parse_node_error(struct parse *p, enum diag_code code, const struct node *n, const char *hint,
                      const char *format, ...)
{
    char msg[200];
    struct text t = text_in(msg, sizeof msg);
    va_list args;
    va_start(args, format);
    text_addv(&t, format, args);
    va_end(args);
    return diag_add(p->diags, code, n->at, hint, "%s", msg);
}

static const char *shape_name(unsigned shapes)
{
    switch (shapes) {
    case SHAPE_SCALAR:
        return "a single value";
    case SHAPE_LIST:
        return "a list ('- ' before each entry)";
    case SHAPE_MAP:
        return "keys below it";
    case SHAPE_SCALAR | SHAPE_LIST:
        return "a value or a list";
    case SHAPE_SCALAR | SHAPE_MAP:
        return "a value or keys below it";
    case SHAPE_LIST | SHAPE_MAP:
        return "a list or keys below it";
    default:
        return "a value, a list or keys";
    }
}

static unsigned shape_of(const struct node *n)
{
    return n->kind == NODE_SCALAR ? SHAPE_SCALAR : n->kind == NODE_LIST ? SHAPE_LIST : SHAPE_MAP;
}

static bool has_shape(struct parse *p, const struct node *n, unsigned shapes, const char *what,
                      const char *hint)
{
    if (shape_of(n) & shapes) return true;
    if (n->kind == NODE_SCALAR && n->text.len == 0) return parse_node_empty(p, n, what);
    static const char *const given[] = {"a single value", "a list", "a map"};
    return parse_node_error(p, DIAG_SHAPE, n, hint, "'%s' wants %s, not %s", what,
                            shape_name(shapes), given[n->kind]);
}

bool parse_node_is(struct parse *p, const struct node *n, unsigned shapes, const char *what)
{
    return has_shape(p, n, shapes, what, NULL);
}

bool parse_node_empty(struct parse *p, const struct node *n, const char *what)
{
    if (n->told) return false;
    if (yaml_doc_comment_follows(&p->doc, n)) {
        return parse_node_error(
            p, DIAG_COMMENT, n,
            "in YAML ' #' starts a comment: quote the value if it begins with '#'",
            "'%s' is empty: what follows is a comment", what);
    }
    return parse_node_error(p, DIAG_MISSING, n, NULL, "'%s' is empty", what);
}

static void unknown_key(struct parse *p, const struct node *key, enum key_place place)
{
    struct bytes names[KEY_COUNT];
    enum key first;
    enum key last;
    key_table_range(place, &first, &last);
    uint32_t count = 0;
    for (unsigned k = first; k < last; k++)
        names[count++] = bytes_of(key_table_row((enum key)k)->name);
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    bool near = diag_nearest_name(key->text, names, count).len > 0;
    if (!near || key_table_foreign(place, key->text)) parse_hint_key(&t, place, key->text);
    diag_suggest(&t, t.len > 0 ? (struct bytes){0} : key->text, "keys here", names, count);
    parse_node_error(p, DIAG_UNKNOWN_KEY, key, hint, "'%.*s' is not a key of %s",
                     BYTES_ARG(key->text), key_table_place_name(place));
}

static void tell_missing(struct parse *p, struct fields *f, enum key_place place,
                         const bool *present)
{
    enum key first;
    enum key last;
    struct span at = f->map->at;
    at.len = 1; /* the place where it should stand, not what stands there */
    key_table_range(place, &first, &last);
    for (unsigned k = first; k < last; k++) {
        const struct key_row *row = key_table_row((enum key)k);
        if (!row->needed || present[k]) continue;
        char hint[200];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "add  %s:   %s", row->name, row->doc);
        diag_add(p->diags, DIAG_MISSING, at, hint, "%s has no '%s'", key_table_place_name(place),
                 row->name);
        f->bad = true;
    }
}

/* Sentences written as keys are told by their readers, who know the cure. */
static bool is_sentence(enum key k)
{
    return k == KEY_PLAN_OBJECTIVES || k == KEY_PLAN_ABORT_WHEN || k == KEY_STEP_CHECK
           || k == KEY_STEP_UNTIL;
}

bool parse_node_fields(struct parse *p, const struct node *n, enum key_place place,
                       struct fields *out)
{
    *out = (struct fields){.map = n};
    bool present[KEY_COUNT] = {0};
    if (n->kind != NODE_MAP) {
        out->bad = true;
        return parse_node_is(p, n, SHAPE_MAP, key_table_place_name(place));
    }
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node *value = n->items[i].value;
        enum key k = key_table_find(place, n->items[i].key->text);
        if (k == KEY_COUNT) {
            unknown_key(p, n->items[i].key, place);
            out->bad = true;
            continue;
        }
        present[k] = true;
        const struct key_row *row = key_table_row(k);
        bool trap = value->kind == NODE_MAP && is_sentence(k);
        const char *hint = parse_hint_shape(k, value);
        if (trap || has_shape(p, value, row->shapes, row->name, hint)) out->at[k] = value;
        else out->bad = true;
    }
    if (!out->bad && !n->told) tell_missing(p, out, place, present);
    out->bad |= n->told;
    return true;
}

bool parse_node_name(struct parse *p, const struct node *n, const char *what)
{
    static const char *const reserved[] = {"each", "offered", "baseline"};
    bool printable = true;
    for (size_t i = 0; i < n->text.len; i++) printable &= (unsigned char)n->text.at[i] >= 0x20;
    if (n->text.len == 0) return parse_node_empty(p, n, what);
    if (n->text.len > NAME_BYTES_MAX || !printable || memchr(n->text.at, '"', n->text.len)) {
        return parse_node_error(p, DIAG_NAME, n, NULL,
                                "a name is one line of at most %d bytes without '\"'",
                                NAME_BYTES_MAX);
    }
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        if (!bytes_is(n->text, reserved[i])) continue;
        return parse_node_error(p, DIAG_NAME, n, NULL,
                                "'%s' has a meaning of its own in objectives", reserved[i]);
    }
    return true;
}

bool parse_node_word(struct parse *p, const struct node *n, const char *what)
{
    bool good = n->text.len > 0 && n->text.len <= NAME_BYTES_MAX;
    for (size_t i = 0; i < n->text.len && good; i++) {
        char c = n->text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        good = letter || (i > 0 && bytes_is_digit(c));
    }
    if (good) return true;
    return parse_node_error(p, DIAG_NAME, n,
                            "it is used as a variable: only letters, digits and '_'",
                            "'%.*s' cannot be the name of %s", BYTES_ARG(n->text), what);
}

bool parse_node_identifier(struct parse *p, const struct node *n, const char *what)
{
    if (!parse_node_word(p, n, what)) return false;
    if (!parse_variable_reserved(n->text)) return parse_node_name(p, n, what);
    return parse_node_error(p, DIAG_NAME, n, "choose another name",
                            "'$%.*s' has a meaning of its own", BYTES_ARG(n->text));
}

struct bytes parse_node_path(struct parse *p, struct bytes path)
{
    struct bytes folder = p->in->folder;
    if (folder.len == 0 || (path.len > 0 && path.at[0] == '/')) return arena_copy(p->arena, path);
    char *joined = arena_alloc(p->arena, folder.len + path.len + 2);
    if (!joined) return (struct bytes){"", 0};
    memcpy(joined, folder.at, folder.len);
    joined[folder.len] = '/';
    if (path.len > 0) memcpy(joined + folder.len + 1, path.at, path.len);
    return (struct bytes){joined, folder.len + 1 + path.len};
}

bool parse_node_text(struct parse *p, struct fields *f, enum key k, struct bytes *out)
{
    const struct node *n = f->at[k];
    if (!n) return false;
    if (n->text.len == 0) {
        f->bad = true;
        return parse_node_empty(p, n, key_table_row(k)->name);
    }
    *out = n->text;
    return true;
}

/* As parse_node_text, with variables filled in. */
static bool read_amount(struct parse *p, struct fields *f, enum key k, struct bytes *out)
{
    if (!parse_node_text(p, f, k, out)) return false;
    assert(out->at); /* it is not empty */
    if (!memchr(out->at, '$', out->len)) return true;
    if (parse_variable_constant(p, f->at[k], *out, out)) return true;
    f->bad = true;
    return false;
}

/* Tells that (a part of) a value is no amount: a count, a duration or a rate. */
static bool wrong_amount(struct parse *p, struct fields *f, const struct node *n, struct bytes part,
                         const char *why, enum objective_unit unit)
{
    char hint[120];
    struct text t = text_in(hint, sizeof hint);
    f->bad = true;
    if (n->told) return false; /* cut by its comma: 1,000/s */
    parse_hint_amount(&t, part, unit);
    return diag_add(p->diags, DIAG_UNIT, yaml_doc_span(&p->doc, n, part), hint, "'%.*s': %s",
                    BYTES_ARG(part), why);
}

bool parse_node_duration(struct parse *p, struct fields *f, enum key k, uint64_t *out_ns)
{
    struct bytes text = {0};
    const char *why = "";
    if (!read_amount(p, f, k, &text)) return false;
    if (units_duration(text, out_ns, &why)) return true;
    return wrong_amount(p, f, f->at[k], text, why, UNIT_TIME);
}

bool parse_node_rate(struct parse *p, struct fields *f, enum key k, double *out_per_s)
{
    struct bytes text = {0};
    const char *why = "";
    if (!read_amount(p, f, k, &text)) return false;
    if (units_rate(text, out_per_s, &why)) return true;
    return wrong_amount(p, f, f->at[k], text, why, UNIT_RATE);
}

bool parse_node_count(struct parse *p, struct fields *f, enum key k, uint64_t most, uint64_t *out)
{
    struct bytes text = {0};
    const char *why = "";
    uint64_t value = 0;
    if (!read_amount(p, f, k, &text)) return false;
    if (!units_count(text, &value, &why))
        return wrong_amount(p, f, f->at[k], text, why, UNIT_COUNT);
    if (value > most) {
        f->bad = true;
        return parse_node_error(p, DIAG_NUMBER, f->at[k], NULL, "'%s' is at most %llu",
                                key_table_row(k)->name, (unsigned long long)most);
    }
    *out = value;
    return true;
}

bool parse_node_number(struct parse *p, const struct node *n, const char *what, double *out)
{
    double value = 0;
    if (n->kind != NODE_SCALAR) return parse_node_is(p, n, SHAPE_SCALAR, what);
    if (n->text.len == 0) return parse_node_empty(p, n, what);
    struct bytes text = n->text;
    if (memchr(text.at, '$', text.len) && !parse_variable_constant(p, n, text, &text)) return false;
    if (!bytes_to_double(text, &value) || value < 0 || value > 1e9) {
        bool share = text.at[text.len - 1] == '%';
        return parse_node_error(p, DIAG_NUMBER, n,
                                share ? "take the % away: weights count against each other"
                                      : "for example 1, 8 or 0.5",
                                "'%s' is a number from 0 to 1000000000", what);
    }
    *out = value;
    return true;
}

bool parse_node_choice(struct parse *p, struct fields *f, enum key k, const char *const *words,
                       uint32_t count, uint32_t *out)
{
    struct bytes text = {0};
    struct bytes names[8];
    if (!parse_node_text(p, f, k, &text)) return false;
    for (uint32_t i = 0; i < count; i++) {
        names[i] = bytes_of(words[i]);
        if (!bytes_is(text, words[i])) continue;
        *out = i;
        return true;
    }
    char hint[120];
    struct text t = text_in(hint, sizeof hint);
    diag_suggest(&t, text, "it is one of", names, count);
    f->bad = true;
    return parse_node_error(p, DIAG_CHOICE, f->at[k], hint, "'%.*s' is nothing that '%s' can be",
                            BYTES_ARG(text), key_table_row(k)->name);
}

bool parse_node_bool(struct parse *p, struct fields *f, enum key k, bool *out)
{
    struct bytes text = {0};
    if (!parse_node_text(p, f, k, &text)) return false;
    bool yes = bytes_is(text, "true");
    if (yes || bytes_is(text, "false")) {
        *out = yes;
        return true;
    }
    f->bad = true;
    const char *hint = parse_hint_bool(text);
    return parse_node_error(p, DIAG_CHOICE, f->at[k], hint ? hint : "it is one of: false true",
                            "'%.*s' is nothing that '%s' can be", BYTES_ARG(text),
                            key_table_row(k)->name);
}

/* `lo..hi`, or one value for both. */
static void split_range(struct bytes text, struct bytes *lo, struct bytes *hi)
{
    size_t dots = bytes_find(text, BYTES_LIT(".."));
    *lo = *hi = text;
    if (dots == SIZE_MAX) return;
    *lo = bytes_trim((struct bytes){text.at, dots});
    *hi = bytes_trim(bytes_from(text, dots + 2));
}

bool parse_node_think(struct parse *p, struct fields *f, enum key k, struct range_ns *out)
{
    struct bytes text = {0};
    struct bytes lo = {0};
    struct bytes hi = {0};
    struct range_ns range = {0};
    const char *why = "";
    if (!read_amount(p, f, k, &text)) return false;
    split_range(text, &lo, &hi);
    if (!units_duration(lo, &range.lo_ns, &why))
        return wrong_amount(p, f, f->at[k], lo, why, UNIT_TIME);
    if (!units_duration(hi, &range.hi_ns, &why))
        return wrong_amount(p, f, f->at[k], hi, why, UNIT_TIME);
    if (range.lo_ns > range.hi_ns) {
        f->bad = true;
        return parse_node_error(p, DIAG_NUMBER, f->at[k], "write the shorter one first",
                                "the range '%.*s' goes down", BYTES_ARG(text));
    }
    *out = range;
    return true;
}

bool parse_node_rates(struct parse *p, struct fields *f, enum key k, double *from, double *to)
{
    struct bytes text = {0};
    struct bytes lo = {0};
    struct bytes hi = {0};
    const char *why = "";
    if (!read_amount(p, f, k, &text)) return false;
    split_range(text, &lo, &hi);
    double number = 0;
    if (bytes_to_double(lo, &number) && units_rate(hi, to, &why)) {
        char hint[80];
        struct text t = text_in(hint, sizeof hint);
        size_t slash = bytes_find(hi, BYTES_LIT("/"));
        text_addf(&t, "write %.*s%.*s..%.*s", BYTES_ARG(lo), BYTES_ARG(bytes_from(hi, slash)),
                  BYTES_ARG(hi));
        f->bad = true;
        return diag_add(p->diags, DIAG_UNIT, yaml_doc_span(&p->doc, f->at[k], lo), hint,
                        "'%.*s': both ends of a range have their unit", BYTES_ARG(lo));
    }
    if (!units_rate(lo, from, &why)) return wrong_amount(p, f, f->at[k], lo, why, UNIT_RATE);
    if (!units_rate(hi, to, &why)) return wrong_amount(p, f, f->at[k], hi, why, UNIT_RATE);
    return true;
}

bool parse_node_counts(struct parse *p, struct fields *f, enum key k, uint64_t *from, uint64_t *to)
{
    struct bytes text = {0};
    struct bytes lo = {0};
    struct bytes hi = {0};
    const char *why = "";
    if (!read_amount(p, f, k, &text)) return false;
    split_range(text, &lo, &hi);
    if (!units_count(lo, from, &why)) return wrong_amount(p, f, f->at[k], lo, why, UNIT_COUNT);
    if (!units_count(hi, to, &why)) return wrong_amount(p, f, f->at[k], hi, why, UNIT_COUNT);
    return true;
}

void parse_node_lose(struct parse *p, const struct node *n, struct parse_lost *lost)
{
    for (uint32_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
        const struct node *value = n->items[i].value;
        if (!bytes_is(n->items[i].key->text, "name")) continue;
        if (value->kind != NODE_SCALAR || value->text.len == 0) break;
        struct bytes *names = parse_node_push(p, lost->names, lost->count, sizeof *names);
        if (!names) break;
        lost->names = names;
        names[lost->count++] = value->text;
        return;
    }
    lost->unknown = true;
}
