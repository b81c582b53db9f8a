/* `--set PATH=VALUE`: a value of the plan's tree is put in place of another before it is read.
 *
 * So a flag can say all that the plan can, and a wrong value is told by whoever reads the key. The
 * tree is shared where the plan has aliases: what lies on the path is copied, so that only the
 * place that was named changes. */
#include "plan/parse_priv.h"

#define PART_MAX 32 /* parts of a path; the tree is no deeper */

struct part {
    struct bytes name;
    bool index; /* [N]: `number` */
    uint32_t number;
    size_t at; /* in the path */
};

struct setting {
    struct parse *p;
    struct span at;    /* of the flag: line 0, its number as column */
    struct bytes text; /* all of its value */
    struct bytes path; /* PATH */
    struct bytes value;
    struct part parts[PART_MAX];
    uint32_t count;
    struct bytes blamed; /* what of the path is wrong, where something is */
};

/* The place of `part`, a view into the flag's value. */
static struct span place_of(const struct setting *s, struct bytes part)
{
    struct span at = s->at;
    at.offset = (uint32_t)(part.at - s->text.at);
    at.len = part.len > 0 ? (uint32_t)part.len : 1;
    return at;
}

static bool wrong(struct setting *s, const char *hint, const char *format, ...) PRINTF_LIKE(3, 4);

static bool wrong(struct setting *s, const char *hint, const char *format, ...)
{
    char msg[200];
    struct text t = text_in(msg, sizeof msg);
    va_list args;
    va_start(args, format);
    text_addv(&t, format, args);
    va_end(args);
    return diag_add(s->p->diags, DIAG_SET, place_of(s, s->blamed), hint, "%s", msg);
}

/* -- The path ------------------------------------------------------------------------------- */

/* Where PATH ends: the first `=` that is not inside [ ]. */
static size_t find_equals(struct bytes text)
{
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '[') inside = true;
        if (text.at[i] == ']') inside = false;
        if (text.at[i] == '=' && !inside) return i;
    }
    return SIZE_MAX;
}

/* `[3]` or `["GET /jobs"]` from `*i` on. */
static bool read_bracket(struct setting *s, size_t *i, struct part *out)
{
    struct bytes rest = bytes_from(s->path, *i + 1);
    size_t close = bytes_find(rest, BYTES_LIT("]"));
    uint64_t number = 0;
    if (close == SIZE_MAX)
        return wrong(s, "write stages[0] or stages[\"a name\"]", "']' is missing");
    struct bytes inner = {rest.at, close};
    *i += close + 2;
    bool quoted = inner.len > 1 && (inner.at[0] == '"' || inner.at[0] == '\'')
                  && inner.at[inner.len - 1] == inner.at[0];
    if (quoted) {
        out->name = (struct bytes){inner.at + 1, inner.len - 2};
        return true;
    }
    out->index = true;
    if (!bytes_to_u64(inner, &number) || number > UINT32_MAX) {
        return wrong(s, "entries are counted from 0: stages[0]", "'%.*s' is no number of an entry",
                     BYTES_ARG(inner));
    }
    out->number = (uint32_t)number;
    return true;
}

static bool read_path(struct setting *s)
{
    size_t i = 0;
    while (i < s->path.len) {
        if (s->count == PART_MAX) return wrong(s, NULL, "the path is too long");
        struct part *part = &s->parts[s->count++];
        *part = (struct part){.at = i};
        if (s->path.at[i] == '[') {
            if (!read_bracket(s, &i, part)) return false;
        } else {
            if (s->path.at[i] == '.' && part->at > 0) i++;
            size_t start = i;
            while (i < s->path.len && !strchr(".[", s->path.at[i])) i++;
            part->name = (struct bytes){s->path.at + start, i - start};
            if (i == start)
                return wrong(s, "write load.stages[0].rate", "a name is missing in this path");
        }
    }
    return s->count > 0 || wrong(s, "write --set load.seed=7", "there is no path before the '='");
}

/* The path up to, not including, part `n`. */
static struct bytes path_until(const struct setting *s, uint32_t n)
{
    if (n == 0) return BYTES_LIT("the plan");
    return (struct bytes){s->path.at, n < s->count ? s->parts[n].at : s->path.len};
}

/* Part `n` as it is written, without the dot before it. */
static struct bytes part_text(const struct setting *s, uint32_t n)
{
    size_t from = s->parts[n].at;
    size_t to = n + 1 < s->count ? s->parts[n + 1].at : s->path.len;
    if (s->path.at[from] == '.') from++;
    return (struct bytes){s->path.at + from, to - from};
}

/* -- The tree ------------------------------------------------------------------------------- */

/* Makes the nodes of a flag's value the flag's: they stand in no file, but from `start` on in the
 * flag's value. */
static void move_to_flag(struct setting *s, struct node *n, size_t start)
{
    struct span at = s->at;
    at.offset = n->at.offset + (uint32_t)start;
    at.len = n->at.len;
    n->at = at;
    n->end = UINT32_MAX;
    n->verbatim = false;
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->items[i].key) move_to_flag(s, n->items[i].key, start);
        move_to_flag(s, n->items[i].value, start);
    }
}

/* `text` is a view into the flag's value. */
static struct node *scalar(struct setting *s, struct bytes text)
{
    struct node *n = ARENA_NEW(s->p->arena, struct node);
    if (n) {
        *n = (struct node){.kind = NODE_SCALAR,
                           .at = place_of(s, text),
                           .end = UINT32_MAX,
                           .text = arena_copy(s->p->arena, text)};
    }
    return n;
}

/* VALUE as YAML; NULL: told. */
static struct node *read_value(struct setting *s)
{
    struct bytes value = bytes_trim(s->value);
    size_t start = (size_t)(value.at - s->text.at);
    struct diags *diags = ARENA_NEW(s->p->arena, struct diags);
    struct yaml_doc doc;
    if (value.len == 0 || !diags) return scalar(s, value);
    if (yaml_doc_load(&doc, s->p->arena, arena_copy(s->p->arena, value), diags)
        && diags->count == 0) {
        move_to_flag(s, doc.root, start);
        return doc.root;
    }
    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        struct span at = s->at;
        at.offset = d->at.offset + (uint32_t)start;
        at.len = d->at.len;
        diag_add(s->p->diags, d->code, at, d->hint, "%s", d->msg);
    }
    return NULL;
}

/* A copy of a list or map with room for one more entry. */
static struct node *copy_of(struct setting *s, const struct node *n)
{
    struct node *copy = ARENA_NEW(s->p->arena, struct node);
    struct node_item *items = ARENA_ARRAY(s->p->arena, (size_t)n->count + 1, struct node_item);
    if (!copy || !items) return NULL;
    *copy = *n;
    copy->items = items;
    if (n->count > 0) memcpy(items, n->items, n->count * sizeof *items);
    return copy;
}

static uint32_t find_key(const struct node *map, struct bytes name)
{
    uint32_t i = 0;
    while (i < map->count && !bytes_equal(map->items[i].key->text, name)) i++;
    return i;
}

/* What entries of a list are called; empty: it has no name. */
static struct bytes name_of(const struct node *entry)
{
    struct bytes none = {0};
    if (entry->kind != NODE_MAP) return none;
    uint32_t at = find_key(entry, BYTES_LIT("name"));
    return at < entry->count ? entry->items[at].value->text : none;
}

static uint32_t find_entry(struct setting *s, const struct node *list, uint32_t n)
{
    const struct part *part = &s->parts[n];
    struct bytes where = path_until(s, n);
    struct bytes names[32];
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count && !part->index; i++) {
        struct bytes name = name_of(list->items[i].value);
        if (bytes_equal(name, part->name)) return i;
        if (name.len > 0 && count < COUNT_OF(names)) names[count++] = name;
    }
    if (part->index && part->number < list->count) return part->number;
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    if (part->index) {
        text_addf(&t, "they are counted from 0, so the last is [%u]", list->count - 1);
        wrong(s, list->count > 0 ? hint : NULL, "%.*s has %u entr%s", BYTES_ARG(where), list->count,
              list->count == 1 ? "y" : "ies");
    } else {
        if (count > 0) diag_suggest(&t, part->name, "named here", names, count);
        else text_addf(&t, "none has a name; write %.*s[0]", BYTES_ARG(where));
        wrong(s, hint, "no entry of %.*s is named '%.*s'", BYTES_ARG(where), BYTES_ARG(part->name));
    }
    return UINT32_MAX;
}

/* The item of part `n` in the copy `parent`, made where it is a key that is not there yet; NULL:
 * told, or no memory. */
static struct node_item *find_item(struct setting *s, struct node *parent, uint32_t n)
{
    const struct part *part = &s->parts[n];
    struct bytes where = path_until(s, n);
    s->blamed = part_text(s, n);
    if (parent->kind == NODE_SCALAR) {
        wrong(s, NULL, "%.*s is a single value and has nothing below it", BYTES_ARG(where));
        return NULL;
    }
    if (parent->kind == NODE_LIST) {
        uint32_t at = find_entry(s, parent, n);
        return at == UINT32_MAX ? NULL : &parent->items[at];
    }
    if (part->index) {
        wrong(s, "a key stands behind a dot: load.seed", "%.*s is no list", BYTES_ARG(where));
        return NULL;
    }
    uint32_t at = find_key(parent, part->name);
    if (at == parent->count) {
        struct node *value = scalar(s, (struct bytes){s->blamed.at, 0});
        struct node *key = scalar(s, part->name);
        if (!key || !value) return NULL;
        bool last = n + 1 == s->count;
        if (!last && s->parts[n + 1].index) {
            wrong(s, NULL, "there is no list %.*s", BYTES_ARG(path_until(s, n + 1)));
            return NULL;
        }
        if (!last) value->kind = NODE_MAP;
        parent->items[parent->count++] = (struct node_item){key, value};
    }
    return &parent->items[at];
}

/* `GET /path` as the map that it is short for; any other value as it is. */
static struct node *long_form(struct setting *s, struct node *n)
{
    size_t space = bytes_find(n->text, BYTES_LIT(" "));
    char array[16];
    struct text method = text_in(array, sizeof array);
    for (size_t i = 0; i < n->text.len && i < space; i++)
        text_addc(&method, (char)(n->text.at[i] | 0x20), 1);
    enum key key = key_table_find(PLACE_STEP, text_bytes(&method));
    if (key > KEY_STEP_OPTIONS || key < KEY_STEP_GET || space == SIZE_MAX) return n;
    struct node *map = ARENA_NEW(s->p->arena, struct node);
    struct node *url = ARENA_NEW(s->p->arena, struct node);
    struct node *name = scalar(s, text_bytes(&method));
    struct node_item *item = ARENA_ARRAY(s->p->arena, 1, struct node_item);
    if (!map || !url || !name || !item) return n;
    *url = *n;
    url->text = bytes_trim(bytes_from(n->text, space));
    url->verbatim = false; /* its place is that of the whole step */
    *item = (struct node_item){name, url};
    *map = (struct node){.kind = NODE_MAP, .at = n->at, .end = n->end, .items = item, .count = 1};
    return map;
}

static void apply(struct setting *s)
{
    struct node **here = &s->p->doc.root;
    struct node *value = read_path(s) ? read_value(s) : NULL;
    for (uint32_t n = 0; value && n < s->count; n++) {
        if ((*here)->kind == NODE_SCALAR) *here = long_form(s, *here);
        if ((*here)->kind != NODE_SCALAR) *here = copy_of(s, *here);
        struct node_item *item = *here ? find_item(s, *here, n) : NULL;
        if (!item) return;
        here = &item->value;
    }
    if (value) *here = value;
}

void plan_set_apply(struct parse *p)
{
    const struct plan_overrides *flags = p->in->overrides;
    for (uint32_t i = 0; flags && i < flags->set_count; i++) {
        struct bytes text = flags->sets[i];
        struct setting s = {.p = p,
                            .at = plan_load_flag_span(p, PARSE_SET, i),
                            .text = text,
                            .path = text,
                            .blamed = text};
        size_t equals = find_equals(text);
        if (equals == SIZE_MAX) {
            char hint[160];
            struct text t = text_in(hint, sizeof hint);
            text_addf(&t, "write --set %.*s=VALUE", BYTES_ARG(text));
            wrong(&s, hint, "the '=' is missing");
            continue;
        }
        s.path.len = s.blamed.len = equals;
        s.value = bytes_from(text, equals + 1);
        apply(&s);
    }
}
