#include "plan/yaml_doc.h"

#include <assert.h>

#include "plan/yaml_priv.h"

#define ANCHORS_MAX 64
#define REPAIRS_MAX 8

struct frame {
    struct node *node;
    struct node *key; /* of a map, while its value is awaited */
    struct bytes anchor;
    bool flow;
};

struct anchor {
    struct bytes name;
    struct node *node;
};

struct build {
    struct arena *arena;
    struct bytes source;
    struct diags *diags;
    struct node *root;
    struct frame frames[YAML_DEPTH_MAX];
    uint32_t depth;
    struct anchor anchors[ANCHORS_MAX];
    uint32_t anchor_count;
    uint32_t documents;
    bool done;
    struct yaml_cursor start, end; /* two, because each only walks forward */
};

static bool starts_line(struct bytes source, size_t offset)
{
    if (offset == 0) return true;
    char before = source.at[offset - 1];
    /* Between CR and LF there is no line. */
    return before == '\n'
           || (before == '\r' && (offset >= source.len || source.at[offset] != '\n'));
}

static struct yaml_cursor cursor_start(struct bytes source)
{
    struct yaml_cursor c = {.line = 1, .col = 1};
    if (bytes_starts(source, BYTES_LIT("\xef\xbb\xbf")))
        c.offset = 3; /* libyaml does not count it */
    return c;
}

/* One code point on. */
static void step_forward(struct bytes source, struct yaml_cursor *c)
{
    c->offset++;
    while (c->offset < source.len && ((unsigned char)source.at[c->offset] & 0xc0) == 0x80)
        c->offset++;
    c->index++;
    c->col++;
    if (starts_line(source, c->offset)) {
        c->line++;
        c->col = 1;
    }
}

void yaml_doc_seek(struct bytes source, struct yaml_cursor *c, size_t index)
{
    if (c->line == 0 || index < c->index) *c = cursor_start(source);
    while (c->index < index && c->offset < source.len) step_forward(source, c);
}

struct span yaml_doc_place(struct bytes source, size_t offset, size_t len)
{
    struct yaml_cursor c = cursor_start(source);
    while (c.offset < offset && c.offset < source.len) step_forward(source, &c);
    if (len > UINT32_MAX) len = UINT32_MAX;
    return (struct span){c.line, c.col, (uint32_t)(len > 0 ? len : 1), (uint32_t)c.offset};
}

/* The one place where libyaml's marks become ours: 0-based to 1-based, code points to bytes. */
static void mark_to(struct build *b, const yaml_event_t *event, struct node *n)
{
    yaml_doc_seek(b->source, &b->start, event->start_mark.index);
    yaml_doc_seek(b->source, &b->end, event->end_mark.index);
    n->at.line = b->start.line;
    n->at.col = b->start.col;
    n->at.offset = (uint32_t)b->start.offset;
    n->end = (uint32_t)b->end.offset;
    n->at.len = n->end > n->at.offset ? n->end - n->at.offset : 1;
}

/* Puts one more item behind `count` items; the array doubles at each power of two. */
static bool push_item(struct build *b, struct node *n, struct node *key, struct node *value)
{
    if ((n->count & (n->count - 1)) == 0) {
        struct node_item *more =
            ARENA_ARRAY(b->arena, n->count ? 2 * (size_t)n->count : 1, struct node_item);
        if (!more) return false;
        if (n->count > 0) memcpy(more, n->items, n->count * sizeof *more);
        n->items = more;
    }
    n->items[n->count++] = (struct node_item){key, value};
    n->weight += value->weight + (key ? 1 : 0);
    uint32_t max = key ? YAML_KEYS_MAX : YAML_ITEMS_MAX;
    if (n->count <= max && n->weight <= YAML_NODES_MAX) return true;
    return diag_add(b->diags, DIAG_TOO_BIG, n->at, "split it, or move rows into a CSV file",
                    "more than a plan may hold here (%u entries, or %u in all)", max,
                    YAML_NODES_MAX);
}

/* A key of { } without `:` is what follows a comma inside the value before. */
static bool is_comma_trap(const struct build *b, const struct node *map, const struct node *key,
                          const struct node *value)
{
    if (!key->in_flow || map->count == 0 || value->text.len > 0 || value->end > key->end + 1) {
        return false;
    }
    size_t i = key->end;
    while (i < b->source.len && b->source.at[i] == ' ') i++;
    return i >= b->source.len || b->source.at[i] != ':';
}

/* `$rand(1` and the like: a call that YAML has cut at its comma. */
static bool is_open_call(const struct node *n)
{
    if (n->kind != NODE_SCALAR || n->style != NODE_PLAIN || !n->in_flow || n->text.len == 0)
        return false;
    const char *dollar = memchr(n->text.at, '$', n->text.len);
    const char *open = memrchr(n->text.at, '(', n->text.len);
    return dollar && open > dollar && !memchr(open, ')', (size_t)(n->text.at + n->text.len - open));
}

static const char *comma_hint(const struct node *before, const struct node *after)
{
    bool number = before->text.len > 0 && after->text.len > 0 && bytes_is_digit(before->text.at[0])
                  && bytes_is_digit(after->text.at[0]);
    if (is_open_call(before))
        return "write one entry a line instead (in quotes, $rand(1,3) in json would be text)";
    return number ? "a number has no comma in it: 1000, 0.5" : "quote the whole value: \"...\"";
}

static void report_comma(struct build *b, struct node *before, const struct node *after, bool map)
{
    before->told = true;
    diag_add(b->diags, DIAG_COMMA, after->at, comma_hint(before, after),
             "inside %s a comma ends the value: '%.*s' is cut off from '%.*s'", map ? "{ }" : "[ ]",
             BYTES_ARG(after->text), BYTES_ARG(before->text));
}

static bool add_to_list(struct build *b, struct node *list, struct node *value)
{
    struct node *before = list->count > 0 ? list->items[list->count - 1].value : NULL;
    if (!before || !is_open_call(before) || before->told || value->kind != NODE_SCALAR) {
        return push_item(b, list, NULL, value);
    }
    report_comma(b, before, value, false);
    return true;
}

/* A complete entry of a map: kept unless it is a mistake that has just been told. */
static bool add_entry(struct build *b, struct node *map, struct node *key, struct node *value)
{
    if (key->style == NODE_PLAIN && bytes_is(key->text, "<<")) {
        diag_add(b->diags, DIAG_MERGE, key->at, "write the keys out",
                 "merge keys are not part of a plan");
        map->told = true;
        return true;
    }
    if (value->kind == NODE_SCALAR && is_comma_trap(b, map, key, value)) {
        report_comma(b, map->items[map->count - 1].value, key, true);
        return true;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct node *other = map->items[i].key;
        if (!bytes_equal(other->text, key->text)) continue;
        char hint[80];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "first given in line %u; keep one of them", other->at.line);
        diag_add(b->diags, DIAG_REPEATED_KEY, key->at, hint, "'%.*s' is given twice",
                 BYTES_ARG(key->text));
        return true;
    }
    return push_item(b, map, key, value);
}

/* Hangs a complete node where it belongs. */
static bool attach(struct build *b, struct node *n)
{
    if (b->depth == 0) {
        b->root = n;
        return true;
    }
    struct frame *top = &b->frames[b->depth - 1];
    if (top->node->kind == NODE_LIST) return add_to_list(b, top->node, n);
    if (top->key) {
        struct node *key = top->key;
        top->key = NULL;
        return add_entry(b, top->node, key, n);
    }
    if (n->kind != NODE_SCALAR) {
        bool braces = bytes_starts(bytes_from(b->source, n->at.offset), BYTES_LIT("{"));
        return diag_add(b->diags, DIAG_KEY_SHAPE, n->at,
                        braces ? "a variable is written $name, without braces" : NULL,
                        "a key must be text, not a list or a map");
    }
    top->key = n;
    return true;
}

static bool remember_anchor(struct build *b, struct bytes name, struct node *n)
{
    if (name.len == 0) return true;
    if (b->anchor_count == ANCHORS_MAX) {
        return diag_add(b->diags, DIAG_TOO_BIG, n->at, NULL, "more than %d anchors", ANCHORS_MAX);
    }
    b->anchors[b->anchor_count++] = (struct anchor){name, n};
    return true;
}

static struct bytes copy_name(struct build *b, const yaml_char_t *name)
{
    return name ? arena_copy(b->arena, bytes_of((const char *)name)) : (struct bytes){0};
}

static struct node *new_node(struct build *b, const yaml_event_t *event, enum node_kind kind,
                             const yaml_char_t *tag)
{
    struct node *n = ARENA_NEW(b->arena, struct node);
    if (!n) return NULL;
    n->kind = kind;
    n->weight = 1;
    n->in_flow = b->depth > 0 && b->frames[b->depth - 1].flow;
    mark_to(b, event, n);
    if (tag) {
        struct bytes word = bytes_from(b->source, n->at.offset);
        size_t space = bytes_find(word, BYTES_LIT(" "));
        if (space < word.len) word.len = space;
        diag_add(b->diags, DIAG_TAG, n->at, "take it away: the plan's keys decide the types",
                 "tags such as '%.*s' are not part of a plan", BYTES_ARG(word));
    }
    return n;
}

static bool add_scalar(struct build *b, const yaml_event_t *event)
{
    struct node *n = new_node(b, event, NODE_SCALAR, event->data.scalar.tag);
    if (!n) return false;
    yaml_scalar_style_t style = event->data.scalar.style;
    bool quoted =
        style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    bool block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    n->style = quoted ? NODE_QUOTED : block ? NODE_BLOCK : NODE_PLAIN;

    struct bytes value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    n->text_offset = n->at.offset + (quoted ? 1 : 0);
    assert(b->source.at);
    n->verbatim = !block && bytes_starts(bytes_from(b->source, n->text_offset), value);
    n->text = n->verbatim ? (struct bytes){b->source.at + n->text_offset, value.len}
                          : arena_copy(b->arena, value);
    return remember_anchor(b, copy_name(b, event->data.scalar.anchor), n) && attach(b, n);
}

static bool open_collection(struct build *b, const yaml_event_t *event, enum node_kind kind)
{
    bool map = kind == NODE_MAP;
    struct node *n = new_node(b, event, kind,
                              map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    if (!n) return false;
    if (b->depth == YAML_DEPTH_MAX) {
        return diag_add(b->diags, DIAG_TOO_BIG, n->at, NULL, "lists and maps more than %d deep",
                        YAML_DEPTH_MAX);
    }
    b->frames[b->depth++] =
        (struct frame){.node = n,
                       .anchor = copy_name(b, map ? event->data.mapping_start.anchor
                                                  : event->data.sequence_start.anchor),
                       .flow = map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                                   : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE};
    return true;
}

static bool close_collection(struct build *b, const yaml_event_t *event)
{
    struct frame top = b->frames[--b->depth];
    struct node *n = top.node;
    assert(n);
    if (top.flow) {
        yaml_doc_seek(b->source, &b->end, event->end_mark.index);
        n->end = (uint32_t)b->end.offset;
    } else if (n->count > 0) {
        n->end = n->items[n->count - 1].value->end;
    }
    if (n->end <= n->at.offset) n->end = n->at.offset; /* ends in an alias that stands before it */
    n->at.len = n->end > n->at.offset ? n->end - n->at.offset : 1;
    return remember_anchor(b, top.anchor, n) && attach(b, n);
}

static bool add_alias(struct build *b, const yaml_event_t *event)
{
    struct bytes name = bytes_of((const char *)event->data.alias.anchor);
    for (uint32_t i = b->anchor_count; i > 0; i--) {
        if (bytes_equal(b->anchors[i - 1].name, name)) return attach(b, b->anchors[i - 1].node);
    }
    struct node here = {0};
    mark_to(b, event, &here);
    return diag_add(b->diags, DIAG_ALIAS, here.at,
                    "a value that begins with '*' is an alias in YAML: quote it if it is text",
                    "no anchor '&%.*s' stands before this alias", BYTES_ARG(name));
}

static bool add_document(struct build *b, const yaml_event_t *event)
{
    if (++b->documents == 1) return true;
    struct node here = {0};
    mark_to(b, event, &here);
    b->done = true;
    diag_add(b->diags, DIAG_DOCUMENTS, here.at, "one plan, one file: take '---' away",
             "a second YAML document starts here");
    return true;
}

static bool take(struct build *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(b, event, NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        return open_collection(b, event, NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(b, event);
    case YAML_ALIAS_EVENT:
        return add_alias(b, event);
    case YAML_DOCUMENT_START_EVENT:
        return add_document(b, event);
    case YAML_STREAM_END_EVENT:
        b->done = true;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

enum parsed { PARSED, PARSED_WRONG, PARSED_SYNTAX };

/* One reading of b->source. PARSED_SYNTAX: the offset of the error is in `*blamed`. */
static enum parsed parse_once(struct build *b, size_t *blamed)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return PARSED_WRONG;
    yaml_parser_set_input_string(&parser, (const unsigned char *)b->source.at, b->source.len);
    enum parsed result = PARSED;
    while (result == PARSED && !b->done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            *blamed = yaml_trap_report(&parser, b->source, b->diags);
            result = PARSED_SYNTAX;
            break;
        }
        if (!take(b, &event)) result = PARSED_WRONG;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return result;
}

static size_t line_end(struct bytes text, size_t offset)
{
    while (offset < text.len && text.at[offset] != '\n') offset++;
    return offset;
}

static size_t indent_at(struct bytes text, size_t line)
{
    size_t i = line;
    while (i < text.len && text.at[i] == ' ') i++;
    return i - line;
}

/* Whether `offset` lies in a part of the plan that no other part looks at. */
static bool is_apart(struct bytes text, size_t offset)
{
    size_t line = offset < text.len ? offset : text.len;
    for (;;) {
        while (line > 0 && text.at[line - 1] != '\n') line--;
        struct bytes rest = bytes_from(text, line);
        assert(rest.at);
        if (rest.len > 0 && rest.at[0] >= 'a' && rest.at[0] <= 'z') {
            return bytes_starts(rest, BYTES_LIT("objectives:"))
                   || bytes_starts(rest, BYTES_LIT("abort_when:"));
        }
        if (line == 0) return false;
        line--;
    }
}

/* Makes the line around `offset` blank, so that the rest can be read too. Only where nothing hangs
 * below that line, or its children would seem to be somebody else's. */
static bool blank_line(char *at, struct bytes text, size_t offset)
{
    size_t from = offset < text.len ? offset : text.len;
    while (from > 0 && text.at[from - 1] != '\n') from--;
    size_t to = line_end(text, from);
    size_t indent = indent_at(text, from);
    if (from + indent >= to || text.at[from + indent] == '\r') return false; /* already blank */

    for (size_t next = to + 1; next < text.len; next = line_end(text, next) + 1) {
        size_t deep = indent_at(text, next);
        if (next + deep >= text.len) break;
        char first = text.at[next + deep];
        if (first == '\n' || first == '\r' || first == '#') continue;
        if (deep > indent) return false;
        break;
    }
    for (size_t i = from; i < to; i++) {
        if (at[i] != '\r') at[i] = ' ';
    }
    return true;
}

/* After a syntax error: reads on without its line, to tell the other mistakes too. What is told
 * about such a tree must not depend on what the line would have said (see plan_load.c). */
static bool repair(struct yaml_doc *doc, struct build *b, size_t blamed)
{
    char *copy = arena_alloc(b->arena, doc->source.len + 1);
    if (!copy) return false;
    memcpy(copy, doc->source.at, doc->source.len);
    struct bytes text = {copy, doc->source.len};
    for (int tries = 0; tries < REPAIRS_MAX; tries++) {
        if (!is_apart(doc->source, blamed)) doc->repaired = true;
        if (!blank_line(copy, text, blamed)) return false;
        uint32_t told = b->diags->count;
        *b = (struct build){.arena = b->arena, .source = text, .diags = b->diags};
        size_t before = blamed;
        enum parsed result = parse_once(b, &blamed);
        if (result == PARSED) return b->root != NULL;
        /* An error close behind is likely a consequence: better untold. */
        bool near = result == PARSED_SYNTAX && blamed <= line_end(text, line_end(text, before) + 1);
        if (near) b->diags->count = told;
        if (near || result == PARSED_WRONG) return false;
    }
    return false;
}

bool yaml_doc_load(struct yaml_doc *doc, struct arena *arena, struct bytes source,
                   struct diags *diags)
{
    *doc = (struct yaml_doc){.source = source};
    if (!yaml_trap_bytes(source, diags)) return false;
    struct build b = {.arena = arena, .source = source, .diags = diags};
    size_t blamed = 0;
    enum parsed result = parse_once(&b, &blamed);
    if (result == PARSED_WRONG) return false;
    if (result == PARSED_SYNTAX && !repair(doc, &b, blamed)) return false;
    doc->root = b.root;
    if (doc->root) return true;
    return diag_add(diags, DIAG_EMPTY, (struct span){1, 1, 1, 0},
                    "the smallest plan has plan, target, scenarios and load: see docs/plan.md",
                    "the plan is empty");
}

struct span yaml_doc_span(const struct yaml_doc *doc, const struct node *n, struct bytes part)
{
    uintptr_t at = (uintptr_t)part.at;
    uintptr_t text = (uintptr_t)n->text.at;
    if (!n->verbatim || at < text || at > text + n->text.len || n->text.len == 0) return n->at;
    size_t skip = at - text;
    struct bytes before = {doc->source.at + n->at.offset, n->text_offset + skip - n->at.offset};
    return (struct span){.line = n->at.line,
                         .col = n->at.col + (uint32_t)text_columns(before),
                         .len = (uint32_t)(part.len > 0 ? part.len : 1),
                         .offset = n->text_offset + (uint32_t)skip};
}

bool yaml_doc_comment_follows(const struct yaml_doc *doc, const struct node *n)
{
    size_t i = n->end;
    if (n->kind != NODE_SCALAR || n->style != NODE_PLAIN) return false;
    while (i < doc->source.len && (doc->source.at[i] == ' ' || doc->source.at[i] == '\t')) i++;
    return i > n->end && i < doc->source.len && doc->source.at[i] == '#';
}
