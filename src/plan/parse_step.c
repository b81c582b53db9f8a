#include "plan/parse_priv.h"

#include "base/ns.h"

#define URL_FORM "write a path such as /jobs, or a URL on one of the targets"

static const struct {
    enum key key;
    const char *method;
} methods[] = {{KEY_STEP_GET, "GET"},        {KEY_STEP_POST, "POST"},     {KEY_STEP_PUT, "PUT"},
               {KEY_STEP_PATCH, "PATCH"},    {KEY_STEP_DELETE, "DELETE"}, {KEY_STEP_HEAD, "HEAD"},
               {KEY_STEP_OPTIONS, "OPTIONS"}};

/* Index of the series `name` in the plan, added where it is new. */
static uint32_t intern_name(struct parse *p, struct bytes name)
{
    struct plan *plan = p->plan;
    for (uint32_t i = 0; i < plan->name_count; i++) {
        if (bytes_equal(plan->names[i], name)) return i;
    }
    struct bytes *more = parse_node_push(p, plan->names, plan->name_count, sizeof *more);
    if (!more) return 0;
    plan->names = more;
    plan->names[plan->name_count] = name;
    return plan->name_count++;
}

/* Method and path as written, without query. */
static struct bytes default_name(struct parse *p, const char *method, struct bytes url)
{
    size_t query = bytes_find(url, BYTES_LIT("?"));
    if (query == SIZE_MAX) query = url.len;
    size_t size = strlen(method) + 1 + query + 1;
    char *array = arena_alloc(p->arena, size);
    if (!array) return (struct bytes){"", 0};
    struct text name = text_in(array, size);
    text_adds(&name, method);
    text_addc(&name, ' ', 1);
    text_add(&name, (struct bytes){url.at, query});
    return text_bytes(&name);
}

static bool wrong_url(struct parse *p, const struct node *n, struct bytes part, const char *hint,
                      const char *cause)
{
    if (n->told) return false;
    return diag_add(p->diags, DIAG_URL, yaml_doc_span(&p->doc, n, part), hint, "%s", cause);
}

/* What a URL may not hold literally. */
static bool check_letters(struct parse *p, const struct node *n, struct bytes url)
{
    for (size_t i = 0; i < url.len; i++) {
        struct bytes here = {url.at + i, 1};
        unsigned char c = (unsigned char)url.at[i];
        if (c == '#') {
            return wrong_url(p, n, here, "take it away, or write %23",
                             "a '#' begins a fragment, which is never sent");
        }
        if (bytes_starts(bytes_from(url, i), BYTES_LIT("{{"))) {
            return wrong_url(p, n, here, "write $name",
                             "variables are written $name, not {{name}}");
        }
        if (c == '{' && (i == 0 || url.at[i - 1] != '$')) {
            return wrong_url(p, n, here, "write $name for a variable, %7B for the brace itself",
                             "a brace cannot stand in a URL");
        }
        if (c > ' ' && c < 0x7f) continue;
        return wrong_url(p, n, here, parse_hint_letter(bytes_from(url, i)),
                         "only visible ASCII letters stand in a URL");
    }
    return true;
}

/* Where the address leads: a path, a target, or what a reply gave us. */
static bool check_start(struct parse *p, const struct node *n, struct bytes url,
                        const struct pattern *pattern)
{
    const struct piece *first = pattern->piece_count > 0 ? &pattern->pieces[0] : NULL;
    if (!first) return wrong_url(p, n, url, URL_FORM, "the URL is empty");
    if (first->kind == PIECE_CAPTURE || first->kind == PIECE_DATA) return true;
    if (first->kind == PIECE_TEXT) {
        if (first->text.at[0] == '/') return true;
        if (bytes_starts(first->text, BYTES_LIT("http://"))
            || bytes_starts(first->text, BYTES_LIT("https://"))) {
            /* Without targets (their errors are told) nothing can be said. */
            if (p->plan->target_count == 0 || parse_target_holds(p->plan, first->text)) return true;
            return wrong_url(p, n, url, "write its path alone, or add it to 'target'",
                             "load goes only to the plan's targets, and this is none of them");
        }
    }
    return wrong_url(p, n, url, URL_FORM, "a path begins with '/'");
}

static bool read_url(struct parse *p, const struct node *n, struct bytes url, const char *method,
                     struct step *out)
{
    out->method = bytes_of(method);
    out->at = yaml_doc_span(&p->doc, n, url);
    out->name_index = PLAN_NO_INDEX;
    bool letters = check_letters(p, n, url);
    bool good = parse_variable_pattern(p, n, url, ENCODE_PATH, &out->url);
    return good && letters && check_start(p, n, url, &out->url);
}

/* `GET /path` */
static bool read_short(struct parse *p, const struct node *n, const struct timeouts *timeout,
                       struct step *out)
{
    struct bytes text = bytes_trim(n->text);
    struct bytes names[COUNT_OF(methods)];
    size_t space = bytes_find(text, BYTES_LIT(" "));
    if (text.len == 0) return parse_node_empty(p, n, "steps");
    struct bytes word = {text.at, space == SIZE_MAX ? text.len : space};
    struct bytes url = bytes_trim(bytes_from(text, word.len));
    out->timeout = *timeout;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        names[i] = bytes_of(methods[i].method);
        if (!bytes_equal(word, names[i])) continue;
        if (url.len == 0)
            return wrong_url(p, n, word, "write GET /path", "there is no path behind the method");
        bool good = read_url(p, n, url, methods[i].method, out);
        out->name_index = intern_name(p, default_name(p, methods[i].method, url));
        return good;
    }
    char hint[160];
    struct text t = text_in(hint, sizeof hint);
    diag_suggest(&t, word, "methods", names, COUNT_OF(names));
    return diag_add(p->diags, DIAG_METHOD, yaml_doc_span(&p->doc, n, word), hint,
                    "'%.*s' is no method; a step is 'GET /path', or a map with a key such as get",
                    BYTES_ARG(word));
}

/* Two ways to misplace the address: below the method, or beside it. True: told. */
static bool is_url_trap(struct parse *p, const struct node *n)
{
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node *key = n->items[i].key;
        const struct node *value = n->items[i].value;
        enum key k = key_table_find(PLACE_STEP, key->text);
        bool method = k <= KEY_STEP_OPTIONS && k >= KEY_STEP_GET;
        if (method && value->kind == NODE_MAP) {
            char hint[120];
            struct text t = text_in(hint, sizeof hint);
            text_addf(&t, "write  - %.*s: /path  and the other keys beside it",
                      BYTES_ARG(key->text));
            parse_node_error(p, DIAG_STEP_INDENT, key, hint,
                             "'%.*s' holds keys where its address belongs", BYTES_ARG(key->text));
            return true;
        }
        if (!method || value->kind != NODE_SCALAR || value->text.len > 0) continue;
        for (uint32_t u = 0; u < n->count; u++) {
            const struct node *url = n->items[u].key;
            if (!bytes_is(url->text, "url") || n->items[u].value->kind != NODE_SCALAR) continue;
            char hint[240];
            struct text t = text_in(hint, sizeof hint);
            text_addf(&t, "write  - %.*s: %.*s", BYTES_ARG(key->text),
                      BYTES_ARG(n->items[u].value->text));
            parse_node_error(p, DIAG_STEP_INDENT, url, hint,
                             "'%.*s' is empty and 'url' stands beside it", BYTES_ARG(key->text));
            return true;
        }
    }
    return false;
}

/* The one method of a long step; NULL: told. */
static const char *find_method(struct parse *p, struct fields *f, enum key *key)
{
    const char *found = NULL;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        if (!f->at[methods[i].key]) continue;
        if (found) {
            parse_node_error(p, DIAG_METHOD, f->at[methods[i].key], "make two steps of it",
                             "a step sends one request: '%s' stands beside '%s'",
                             key_table_row(methods[i].key)->name, key_table_row(*key)->name);
            return NULL;
        }
        found = methods[i].method;
        *key = methods[i].key;
    }
    if (!found && !f->bad) {
        parse_node_error(p, DIAG_METHOD, f->map, "one of get post put patch delete head options",
                         "this step has no method");
    }
    return found;
}

static void add_content_type(struct header_list *headers)
{
    struct bytes name = BYTES_LIT("Content-Type");
    static struct piece json = {.kind = PIECE_TEXT,
                                .encoding = ENCODE_HEADER,
                                .text = {"application/json", sizeof "application/json" - 1}};
    for (uint32_t i = 0; i < headers->count; i++) {
        if (bytes_same_nocase(headers->items[i].name, name)) return;
    }
    headers->items[headers->count++] = (struct header){.name = name, .value = {&json, 1}};
}

/* `json: '{"a": 1}'`, which would be sent as a string. */
static bool is_json_text(const struct node *n)
{
    struct bytes text = bytes_trim(n->text);
    if (n->kind != NODE_SCALAR || n->style == NODE_PLAIN || text.len < 2) return false;
    char first = text.at[0];
    char last = text.at[text.len - 1];
    return (first == '{' && last == '}') || (first == '[' && last == ']');
}

static void read_body(struct parse *p, struct fields *f, struct header_list *headers,
                      struct step *out)
{
    const struct node *body = f->at[KEY_STEP_BODY];
    const struct node *json = f->at[KEY_STEP_JSON];
    if (body && json) {
        parse_node_error(p, DIAG_CONFLICT, json, "keep one of them",
                         "a request has 'body' or 'json', not both");
    } else if (body) {
        out->has_body = true;
        parse_variable_pattern(p, body, body->text, ENCODE_NONE, &out->body);
    } else if (json) {
        out->has_body = out->json_body = true;
        if (is_json_text(json)) {
            parse_node_error(p, DIAG_JSON_TEXT, json,
                             "take the quotes away, or send it as it is: body: '...'",
                             "in quotes this is one long text, not an object");
        }
        parse_json_body(p, json, &out->body);
        if (headers->items) add_content_type(headers);
    }
}

static void read_until(struct parse *p, struct fields *f, struct step *out)
{
    const struct node *until = f->at[KEY_STEP_UNTIL];
    out->every_ns = NS_PER_S;
    out->within_ns = 30 * NS_PER_S;
    if (until) parse_check_until(p, until, out);
    static const enum key needs[] = {KEY_STEP_EVERY, KEY_STEP_WITHIN};
    uint64_t *const outs[] = {&out->every_ns, &out->within_ns};
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        const struct node *n = f->at[needs[i]];
        if (n && !until && !f->bad) {
            parse_node_error(p, DIAG_CONFLICT, n, "add: until: json .state == done",
                             "'%s' belongs to 'until', which is not here",
                             key_table_row(needs[i])->name);
        } else if (parse_node_duration(p, f, needs[i], outs[i]) && *outs[i] == 0) {
            parse_node_error(p, DIAG_NUMBER, n, NULL, "'%s' of nothing",
                             key_table_row(needs[i])->name);
        }
    }
    const struct node *every = f->at[KEY_STEP_EVERY];
    const struct node *within = f->at[KEY_STEP_WITHIN];
    if (until && !f->bad && out->every_ns > out->within_ns) {
        parse_node_error(p, DIAG_NUMBER, within ? within : every,
                         "make 'within' longer than 'every' (1s and 30s where they are not given)",
                         "'within' ends before a second try");
    }
}

/* `text` with each `$$` as one; false: a lone `$`. */
static bool undouble(struct parse *p, struct bytes text, struct bytes *out)
{
    char *copy = arena_alloc(p->arena, text.len + 1);
    size_t len = 0;
    if (!copy) return false;
    for (size_t i = 0; i < text.len; i++) {
        copy[len++] = text.at[i];
        if (text.at[i] != '$') continue;
        if (i + 1 == text.len || text.at[++i] != '$') return false;
    }
    *out = (struct bytes){copy, len};
    return true;
}

static void read_name(struct parse *p, struct fields *f, const char *method, struct bytes url,
                      struct step *out)
{
    const struct node *n = f->at[KEY_STEP_NAME];
    if (!n) {
        out->name_index = intern_name(p, default_name(p, method, url));
        return;
    }
    struct bytes name = {0};
    if (!undouble(p, n->text, &name)) {
        parse_node_error(p, DIAG_NAME, n, "name the group of requests, e.g. name: poll",
                         "a request's name is the same for all requests: it holds no variables");
    } else if (parse_node_name(p, n, "name")) {
        out->name_index = intern_name(p, name);
    }
}

static bool read_long(struct parse *p, const struct node *n, struct header_list headers,
                      const struct timeouts *timeout, struct step *out)
{
    static const char *const on_fail[] = {"stop", "continue"};
    struct fields f;
    enum key key = KEY_COUNT;
    uint32_t choice = 0;
    out->timeout = *timeout;
    if (is_url_trap(p, n) || !parse_node_fields(p, n, PLACE_STEP, &f)) return false;
    const char *method = find_method(p, &f, &key);
    struct bytes url = {0};
    bool good =
        method && parse_node_text(p, &f, key, &url) && read_url(p, f.at[key], url, method, out);
    if (method && f.at[key]->text.len > 0) read_name(p, &f, method, f.at[key]->text, out);
    parse_scenario_headers(p, f.at[KEY_STEP_HEADERS], &headers);
    if (f.at[KEY_STEP_TIMEOUT]) parse_scenario_timeout(p, f.at[KEY_STEP_TIMEOUT], &out->timeout);
    parse_scenario_connection(p, &f, KEY_STEP_CONNECTION, &out->new_connection);
    read_body(p, &f, &headers, out);
    out->headers = headers.items;
    out->header_count = headers.count;
    if (f.at[KEY_STEP_CHECK]) parse_check_list(p, f.at[KEY_STEP_CHECK], out);
    read_until(p, &f, out);
    out->has_think = parse_node_think(p, &f, KEY_STEP_THINK, &out->think);
    if (parse_node_choice(p, &f, KEY_STEP_ON_FAIL, on_fail, COUNT_OF(on_fail), &choice)) {
        out->on_fail = (enum on_fail)choice;
    }
    if (f.at[KEY_STEP_CAPTURE]) parse_check_captures(p, f.at[KEY_STEP_CAPTURE], out);
    return good;
}

bool parse_step_read(struct parse *p, const struct node *n, const struct header_list *headers,
                     const struct timeouts *timeout, struct step *out)
{
    *out = (struct step){.at = n->at, .new_connection = p->new_connection};
    if (n->kind == NODE_LIST) return parse_node_is(p, n, SHAPE_SCALAR | SHAPE_MAP, "a step");
    if (n->kind == NODE_MAP) return read_long(p, n, *headers, timeout, out);
    out->headers = headers->items;
    out->header_count = headers->count;
    return read_short(p, n, timeout, out);
}
