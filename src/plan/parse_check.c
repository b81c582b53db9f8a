/* Checks and captures: sentences about a reply. */
#include "plan/parse_priv.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "wire/json.h"

#define CHECK_FORMS                                                                                \
    "status 200 · header NAME contains X · body contains X · regex \"...\" · json .path == X"
#define CAPTURE_FORMS "write  json .id, header Location, or regex \"id=([0-9]+)\""

struct sentence {
    struct parse *p;
    const struct node *n;
    struct bytes rest; /* not yet read, without spaces around */
};

static bool wrong(struct sentence *s, enum diag_code code, struct bytes part, const char *hint,
                  const char *cause)
{
    if (part.len == 0) part = s->n->text;
    return diag_add(s->p->diags, code, yaml_doc_span(&s->p->doc, s->n, part), hint, "%s", cause);
}

static struct bytes next_word(struct sentence *s)
{
    size_t i = 0;
    while (i < s->rest.len && s->rest.at[i] != ' ' && s->rest.at[i] != '\t') i++;
    struct bytes word = {s->rest.at, i};
    s->rest = bytes_trim(bytes_from(s->rest, i));
    return word;
}

/* Where a value is missing or half quoted, a ` #` behind it is likely to be meant as part of it. */
static bool cut_by_comment(struct sentence *s)
{
    if (!yaml_doc_comment_follows(&s->p->doc, s->n)) return false;
    parse_node_error(s->p, DIAG_COMMENT, s->n, "quote the whole entry: '...'",
                     "' #' starts a comment and cuts this sentence");
    return true;
}

/* Takes quotes off `*value`; in it `\"` and `\\` are unescaped. */
static bool unquote(struct sentence *s, struct bytes *value, bool *quoted)
{
    *quoted = false;
    if (value->len == 0 || (value->at[0] != '"' && value->at[0] != '\'')) return true;
    char quote = value->at[0];
    if (value->len < 2 || value->at[value->len - 1] != quote) {
        if (cut_by_comment(s)) return false;
        return wrong(s, DIAG_CHECK, *value, "close it at the end", "this quote is not closed");
    }
    *quoted = true;
    *value = (struct bytes){value->at + 1, value->len - 2};
    if (value->len == 0 || !memchr(value->at, '\\', value->len)) return true;
    char *copy = arena_alloc(s->p->arena, value->len + 1);
    size_t len = 0;
    if (!copy) return false;
    for (size_t i = 0; i < value->len; i++) {
        bool escape = value->at[i] == '\\' && i + 1 < value->len;
        if (escape && (value->at[i + 1] == quote || value->at[i + 1] == '\\')) i++;
        copy[len++] = value->at[i];
    }
    *value = (struct bytes){copy, len};
    return true;
}

static bool read_right(struct sentence *s, struct check *out)
{
    struct bytes value = s->rest;
    if (value.len == 0) {
        if (cut_by_comment(s)) return false;
        return wrong(s, DIAG_CHECK, value, CHECK_FORMS, "the value to compare with is missing");
    }
    if (!unquote(s, &value, &out->right_quoted)) return false;
    return parse_variable_pattern(s->p, s->n, value, ENCODE_NONE, &out->right);
}

static bool read_op(struct sentence *s, enum check_op *out, bool order)
{
    static const struct {
        const char *word;
        enum check_op op;
        bool order;
    } ops[] = {{"==", CHECK_EQ, false},
               {"!=", CHECK_NE, false},
               {"contains", CHECK_CONTAINS, false},
               {"<", CHECK_LT, true},
               {">", CHECK_GT, true}};
    struct bytes word = next_word(s);
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        if (!bytes_is(word, ops[i].word) || (ops[i].order && !order)) continue;
        *out = ops[i].op;
        return true;
    }
    const char *hint = bytes_is(word, "=") ? "write == to compare"
                       : order             ? "one of == != < > contains"
                                           : "one of == != contains";
    if (word.len == 0 && cut_by_comment(s)) return false;
    return wrong(s, DIAG_CHECK, word, hint,
                 word.len ? "here a comparison is wanted" : "the comparison is missing");
}

/* `200`, `2xx` or `200..299`; false: neither. */
static bool status_range(struct bytes word, uint32_t *lo, uint32_t *hi)
{
    uint64_t from = 0;
    uint64_t to = 0;
    if (word.len == 3 && word.at[0] >= '1' && word.at[0] <= '5' && word.at[1] == 'x'
        && word.at[2] == 'x') {
        *lo = (uint32_t)(word.at[0] - '0') * 100;
        *hi = *lo + 99;
        return true;
    }
    size_t dots = bytes_find(word, BYTES_LIT(".."));
    struct bytes first = word;
    struct bytes last = word;
    if (dots != SIZE_MAX) {
        first.len = dots;
        last = bytes_from(word, dots + 2);
    }
    if (!bytes_to_u64(first, &from) || !bytes_to_u64(last, &to)) return false;
    if (from < 100 || to > 599 || from > to) return false;
    *lo = (uint32_t)from;
    *hi = (uint32_t)to;
    return true;
}

static bool read_status(struct sentence *s, struct check *out)
{
    struct bytes word = next_word(s);
    bool below = bytes_is(word, "<"), above = bytes_is(word, ">");
    out->op = bytes_is(word, "!=") ? CHECK_NE : CHECK_EQ;
    if (below || above || bytes_is(word, "!=") || bytes_is(word, "==")) word = next_word(s);
    if (word.len == 0 || s->rest.len > 0 || !status_range(word, &out->status_lo, &out->status_hi)) {
        return wrong(
            s, DIAG_CHECK, s->rest.len ? s->rest : word,
            "write  status 200,  status 2xx,  status 200..299,  status != 404  or  status < 400",
            "not a status");
    }
    if ((below && out->status_lo == 100) || (above && out->status_hi == 599))
        return wrong(s, DIAG_CHECK, word, "a status is from 100 to 599", "no status is ever so");
    if (below) {
        out->status_hi = out->status_lo - 1;
        out->status_lo = 100;
    } else if (above) {
        out->status_lo = out->status_hi + 1;
        out->status_hi = 999;
    }
    return true;
}

/* Where the quote that `text` begins with is closed; SIZE_MAX: nowhere. */
static size_t closing_quote(struct bytes text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] == '\\') i++;
        else if (text.at[i] == text.at[0]) return i;
    }
    return SIZE_MAX;
}

static bool read_regex(struct sentence *s, enum diag_code otherwise, struct bytes *out)
{
    struct bytes text = s->rest;
    bool opens = text.len > 0 && (text.at[0] == '"' || text.at[0] == '\'');
    size_t close = opens ? closing_quote(text) : 0;
    if (close == SIZE_MAX) {
        if (cut_by_comment(s)) return false;
        return wrong(s, otherwise, text,
                     "close it at the end; one that is meant itself is \\x22 for \", \\x27 for '",
                     "this quote is not closed");
    }
    /* Closed before its end, the quote belongs to the expression: "id": ([0-9]+) */
    if (opens && close + 1 == text.len) text = (struct bytes){text.at + 1, text.len - 2};
    if (text.len == 0) {
        if (cut_by_comment(s)) return false;
        return wrong(s, otherwise, s->rest, "write  regex \"id=([0-9]+)\"",
                     "the regular expression is missing");
    }
    int code;
    PCRE2_SIZE offset;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)text.at, text.len, PCRE2_UTF, &code, &offset, NULL);
    if (!compiled) {
        PCRE2_UCHAR words[120];
        pcre2_get_error_message(code, words, sizeof words);
        if (offset > text.len) offset = text.len;
        struct span at = yaml_doc_span(&s->p->doc, s->n, (struct bytes){text.at + offset, 1});
        return diag_add(
            s->p->diags, DIAG_REGEX, at, "single quotes '...' keep backslashes as they are",
            "regular expression, at its letter %zu: %s", offset + 1, (const char *)words);
    }
    pcre2_code_free(compiled);
    *out = text;
    return true;
}

static bool read_path(struct sentence *s, struct bytes *out)
{
    const char *why = "";
    size_t at = 0;
    struct bytes path = {s->rest.at, json_path_len(s->rest)};
    struct json_path ignored; /* the engine compiles it for itself */
    if (!json_path_compile(&ignored, s->p->arena, path, &at, &why)) {
        struct bytes part = {s->rest.at + at, s->rest.len > at ? s->rest.len - at : 0};
        bool dollar = s->rest.len > 0 && s->rest.at[0] == '$';
        if (s->rest.len == 0 && cut_by_comment(s)) return false;
        bool bare = s->rest.len > 0 && at == 0 && !dollar && s->rest.at[0] != '[';
        return wrong(s, DIAG_JSON_PATH, part,
                     dollar ? "leave the '$' away: .items[0].id"
                     : bare ? "put a '.' before it"
                            : NULL,
                     why);
    }
    *out = path;
    s->rest = bytes_trim(bytes_from(s->rest, path.len));
    return true;
}

static bool read_json(struct sentence *s, struct check *out)
{
    if (!read_path(s, &out->name) || !read_op(s, &out->op, true)) return false;
    struct bytes right = s->rest;
    double number = 0;
    if (!read_right(s, out)) return false;
    bool order = out->op == CHECK_LT || out->op == CHECK_GT;
    bool variable = right.len > 0 && memchr(right.at, '$', right.len) != NULL;
    if (!order || variable || bytes_to_double(right, &number)) return true;
    return wrong(s, DIAG_CHECK, right, "compare texts with ==, != or contains",
                 "'<' and '>' want a number");
}

static bool read_sentence(struct sentence *s, struct check *out)
{
    struct bytes word = next_word(s);
    if (bytes_is(word, "status")) {
        out->source = CHECK_STATUS;
        return read_status(s, out);
    }
    if (bytes_is(word, "header")) {
        out->source = CHECK_HEADER;
        out->name = next_word(s);
        if (out->name.len == 0) return wrong(s, DIAG_CHECK, word, CHECK_FORMS, "which header?");
        return read_op(s, &out->op, false) && read_right(s, out);
    }
    if (bytes_is(word, "body")) {
        out->source = CHECK_BODY;
        if (!read_op(s, &out->op, false)) return false;
        return read_right(s, out);
    }
    if (bytes_is(word, "regex")) {
        out->source = CHECK_REGEX;
        out->op = CHECK_MATCHES;
        return read_regex(s, DIAG_CHECK, &out->name);
    }
    if (bytes_is(word, "json")) {
        out->source = CHECK_JSON;
        return read_json(s, out);
    }
    uint32_t lo = 0;
    uint32_t hi = 0;
    const char *hint = status_range(word, &lo, &hi) ? "write  status 200"
                       : bytes_is(word, "contains") ? "write  body contains X"
                                                    : CHECK_FORMS;
    return wrong(s, DIAG_CHECK, word, hint,
                 "a check begins with status, header, body, regex or json");
}

/* `- header X: y` and `- json .a: 1` are maps to YAML. */
static bool tell_map(struct parse *p, const struct node *n)
{
    char hint[200];
    struct text t = text_in(hint, sizeof hint);
    const struct node *key = n->count > 0 ? n->items[0].key : n;
    const struct node *value = n->count > 0 ? n->items[0].value : n;
    bool regex =
        bytes_starts(key->text, BYTES_LIT("regex")) || bytes_starts(key->text, BYTES_LIT("body"));
    if (value->kind != NODE_SCALAR) {
        text_adds(&t, CHECK_FORMS);
    } else if (regex) {
        text_addf(&t, "quote the whole entry: '%.*s: %.*s'", BYTES_ARG(key->text),
                  BYTES_ARG(value->text));
    } else {
        text_addf(&t, "write a sentence:  %.*s %s %.*s", BYTES_ARG(key->text),
                  bytes_is(key->text, "status")                  ? "=="
                  : bytes_starts(key->text, BYTES_LIT("header")) ? "contains"
                                                                 : "==",
                  BYTES_ARG(value->text));
    }
    return parse_node_error(p, DIAG_CHECK_MAP, key, hint,
                            "a check is a sentence; the ': ' makes a key of it");
}

static bool read_check(struct parse *p, const struct node *n, struct check *out)
{
    *out = (struct check){.at = n->at, .text = n->text};
    if (n->kind == NODE_MAP) return tell_map(p, n);
    if (n->kind != NODE_SCALAR) return parse_node_is(p, n, SHAPE_SCALAR, "check");
    if (n->told) return false;
    if (n->text.len == 0) return parse_node_empty(p, n, "check");
    struct sentence s = {p, n, bytes_trim(n->text)};
    return read_sentence(&s, out);
}

void parse_check_list(struct parse *p, const struct node *n, struct step *out)
{
    bool list = n->kind == NODE_LIST;
    uint32_t count = list ? n->count : 1;
    out->checks = ARENA_ARRAY(p->arena, count, struct check);
    for (uint32_t i = 0; i < count && out->checks; i++) {
        const struct node *item = list ? n->items[i].value : n;
        if (read_check(p, item, &out->checks[out->check_count])) out->check_count++;
    }
}

bool parse_check_until(struct parse *p, const struct node *n, struct step *out)
{
    struct check *until = ARENA_NEW(p->arena, struct check);
    if (!until || !read_check(p, n, until)) return false;
    out->until = until;
    return true;
}

/* The slot of `name` in the scenario: one per name, whichever step captures it. */
static bool take_slot(struct parse *p, struct bytes name, uint32_t *slot)
{
    struct scenario *s = p->scenario;
    for (*slot = 0; *slot < s->capture_count; (*slot)++) {
        if (bytes_equal(s->capture_names[*slot], name)) return true;
    }
    struct bytes *more = parse_node_push(p, s->capture_names, s->capture_count, sizeof *more);
    if (!more) return false;
    s->capture_names = more;
    s->capture_names[s->capture_count++] = name;
    return true;
}

static bool read_capture(struct parse *p, const struct node *n, struct capture *out)
{
    if (!parse_node_is(p, n, SHAPE_SCALAR, "capture")) return false;
    if (n->text.len == 0) return parse_node_empty(p, n, "capture");
    struct sentence s = {p, n, bytes_trim(n->text)};
    struct bytes word = next_word(&s);
    if (bytes_is(word, "json")) {
        out->source = CAPTURE_JSON;
        if (!read_path(&s, &out->expression)) return false;
    } else if (bytes_is(word, "header")) {
        out->source = CAPTURE_HEADER;
        out->expression = next_word(&s);
        if (out->expression.len == 0)
            return wrong(&s, DIAG_CAPTURE, word, CAPTURE_FORMS, "which header?");
    } else if (bytes_is(word, "regex")) {
        out->source = CAPTURE_REGEX;
        if (!read_regex(&s, DIAG_CAPTURE, &out->expression)) return false;
        s.rest.len = 0;
    } else {
        bool path = bytes_starts(word, BYTES_LIT(".")) || bytes_starts(word, BYTES_LIT("$."));
        char hint[160];
        struct text t = text_in(hint, sizeof hint);
        if (path) text_addf(&t, "write  json %.*s", BYTES_ARG(bytes_from(word, word.at[0] == '$')));
        return wrong(&s, DIAG_CAPTURE, word, path ? hint : CAPTURE_FORMS,
                     "a capture begins with json, header or regex");
    }
    if (s.rest.len == 0) return true;
    return wrong(&s, DIAG_CAPTURE, s.rest, CAPTURE_FORMS, "nothing may follow here");
}

/* `$name` must mean one thing: data and services have their names already. */
static bool is_taken(struct parse *p, const struct node *name)
{
    const char *what = NULL;
    if (parse_vars_clash(p, name)) return true;
    for (uint32_t i = 0; i < p->plan->data_count; i++) {
        if (bytes_equal(p->plan->data[i].name, name->text)) what = "data";
    }
    for (uint32_t i = 0; i < p->plan->service_count; i++) {
        if (bytes_equal(p->plan->services[i].name, name->text)) what = "a service";
    }
    if (!what) return false;
    parse_node_error(p, DIAG_NAME_CLASH, name, "choose another name", "'$%.*s' is %s already",
                     BYTES_ARG(name->text), what);
    return true;
}

void parse_check_captures(struct parse *p, const struct node *n, struct step *out)
{
    out->captures = ARENA_ARRAY(p->arena, n->count, struct capture);
    for (uint32_t i = 0; i < n->count && out->captures; i++) {
        const struct node *name = n->items[i].key;
        struct capture *capture = &out->captures[out->capture_count];
        *capture = (struct capture){.at = name->at, .name = name->text};
        if (!parse_node_identifier(p, name, "a capture") || is_taken(p, name)) continue;
        bool good = read_capture(p, n->items[i].value, capture);
        /* Even a wrong capture is known by its name from here on. */
        if (take_slot(p, name->text, &capture->slot) && good) out->capture_count++;
    }
}
