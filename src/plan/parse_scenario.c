#include "plan/parse_priv.h"

static bool is_token(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        unsigned char c = (unsigned char)b.at[i];
        /* RFC 9110 section 5.6.2 */
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                    || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
        if (!good) return false;
    }
    return b.len > 0;
}

/* Headers that describe the message on its connection are the engine's own. */
static bool is_ours(struct bytes name)
{
    static const char *const ours[] = {"Content-Length",
                                       "Transfer-Encoding",
                                       "Connection",
                                       "Keep-Alive",
                                       "Upgrade",
                                       "Expect",
                                       "TE",
                                       "Trailer"};
    for (size_t i = 0; i < COUNT_OF(ours); i++) {
        if (bytes_same_nocase(name, bytes_of(ours[i]))) return true;
    }
    return false;
}

static bool read_header(struct parse *p, const struct node *name, const struct node *value,
                        struct header *out)
{
    if (!is_token(name->text)) {
        return parse_node_error(p, DIAG_HEADER, name, NULL, "'%.*s' cannot be the name of a header",
                                BYTES_ARG(name->text));
    }
    if (is_ours(name->text)) {
        return parse_node_error(p, DIAG_HEADER, name, "take it away", "prony sets '%.*s' itself",
                                BYTES_ARG(name->text));
    }
    if (!parse_node_is(p, value, SHAPE_SCALAR, "headers")) return false;
    if (value->text.len == 0 && value->style == NODE_PLAIN) {
        return parse_node_empty(p, value, arena_copy(p->arena, name->text).at);
    }
    for (size_t i = 0; i < value->text.len; i++) {
        if ((unsigned char)value->text.at[i] >= 0x20 || value->text.at[i] == '\t') continue;
        return parse_node_error(p, DIAG_HEADER, value, "write it on one line",
                                "the value holds a line break, which no header can");
    }
    *out = (struct header){.at = name->at, .name = name->text};
    return parse_variable_pattern(p, value, value->text, ENCODE_HEADER, &out->value);
}

static struct header *find_header(struct header_list *list, struct bytes name)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (bytes_same_nocase(list->items[i].name, name)) return &list->items[i];
    }
    return NULL;
}

void parse_scenario_headers(struct parse *p, const struct node *n, struct header_list *out)
{
    struct header_list merged = {
        .items = ARENA_ARRAY(p->arena, (size_t)out->count + (n ? n->count : 0) + 1, struct header)};
    if (!merged.items) return;
    for (uint32_t i = 0; i < out->count; i++) merged.items[merged.count++] = out->items[i];
    for (uint32_t i = 0; n && i < n->count; i++) {
        struct header header = {0};
        if (!read_header(p, n->items[i].key, n->items[i].value, &header)) continue;
        struct header *same = find_header(&merged, header.name);
        if (same) *same = header;
        else merged.items[merged.count++] = header;
    }
    *out = merged; /* with room for one more: Content-Type */
}

void parse_scenario_timeout(struct parse *p, const struct node *n, struct timeouts *out)
{
    struct fields f;
    if (n->kind == NODE_SCALAR) {
        f = (struct fields){.map = n};
        f.at[KEY_TIMEOUT_RESPONSE] = n;
    } else if (!parse_node_fields(p, n, PLACE_TIMEOUT, &f)) {
        return;
    }
    const struct {
        enum key key;
        uint64_t *out;
    } limits[] = {{KEY_TIMEOUT_CONNECT, &out->connect_ns},
                  {KEY_TIMEOUT_FIRST_BYTE, &out->first_byte_ns},
                  {KEY_TIMEOUT_RESPONSE, &out->response_ns}};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        uint64_t value = 0;
        if (!parse_node_duration(p, &f, limits[i].key, &value)) continue;
        if (value == 0) {
            parse_node_error(p, DIAG_NUMBER, f.at[limits[i].key], "leave it out for the default",
                             "a time limit of nothing");
        } else {
            *limits[i].out = value;
        }
    }
}

void parse_scenario_connection(struct parse *p, struct fields *f, enum key k, bool *out_new)
{
    static const char *const words[] = {"keep", "new"};
    uint32_t at = 0;
    if (parse_node_choice(p, f, k, words, COUNT_OF(words), &at)) *out_new = at == 1;
}

static void read_scenario(struct parse *p, const struct node *n, struct scenario *s)
{
    struct fields f;
    if (!parse_node_fields(p, n, PLACE_SCENARIO, &f)) return;
    const struct node *weight = f.at[KEY_SCENARIO_WEIGHT];
    const struct node *steps = f.at[KEY_SCENARIO_STEPS];
    if (weight && parse_node_number(p, weight, "weight", &s->weight) && s->weight == 0) {
        parse_node_error(p, DIAG_NUMBER, weight, "to leave it out of a stage, use the stage's mix",
                         "a scenario of weight 0 would never run");
    }
    struct header_list headers = p->headers;
    struct timeouts timeout = p->timeout;
    if (f.at[KEY_SCENARIO_HEADERS]) parse_scenario_headers(p, f.at[KEY_SCENARIO_HEADERS], &headers);
    if (f.at[KEY_SCENARIO_TIMEOUT]) parse_scenario_timeout(p, f.at[KEY_SCENARIO_TIMEOUT], &timeout);
    p->new_connection = false;
    parse_scenario_connection(p, &f, KEY_SCENARIO_CONNECTION, &p->new_connection);
    if (!steps) return;
    if (steps->count == 0)
        parse_node_error(p, DIAG_MISSING, steps, NULL, "'steps' is an empty list");
    s->steps = ARENA_ARRAY(p->arena, steps->count, struct step);
    p->scenario = s;
    p->steps = steps;
    for (uint32_t i = 0; i < steps->count && s->steps; i++) {
        struct step *step = &s->steps[s->step_count];
        if (parse_step_read(p, steps->items[i].value, &headers, &timeout, step)) s->step_count++;
        else parse_node_lose(p, steps->items[i].value, &p->steps_lost);
    }
    p->scenario = NULL;
    p->steps = NULL;
}

/* `steps:` beside the scenario that it belongs to, which is empty then. */
static bool is_too_high(struct parse *p, const struct node *n, uint32_t i)
{
    const struct node *key = n->items[i].key;
    const struct node *before = i > 0 ? n->items[i - 1].value : NULL;
    bool empty = before && before->kind == NODE_SCALAR && before->text.len == 0;
    if (!empty || !bytes_is(key->text, "steps") || n->items[i].value->kind != NODE_LIST)
        return false;
    char hint[80];
    struct text t = text_in(hint, sizeof hint);
    text_addf(&t, "indent it, and what is below it, by 2 more");
    parse_node_error(p, DIAG_INDENT, key, hint, "'steps' stands beside '%.*s', not below it",
                     BYTES_ARG(n->items[i - 1].key->text));
    return true;
}

void parse_scenario_all(struct parse *p, const struct node *n)
{
    struct plan *plan = p->plan;
    if (n->count == 0) parse_node_error(p, DIAG_MISSING, n, NULL, "'scenarios' is empty");
    plan->scenarios = ARENA_ARRAY(p->arena, n->count, struct scenario);
    for (uint32_t i = 0; i < n->count && plan->scenarios; i++) {
        const struct node *name = n->items[i].key;
        const struct node *value = n->items[i].value;
        struct scenario *s = &plan->scenarios[plan->scenario_count];
        if (is_too_high(p, n, i)) continue;
        plan->scenario_count++;
        *s = (struct scenario){.at = name->at, .name = name->text, .weight = 1};
        parse_node_name(p, name, "a scenario");
        bool empty = value->kind == NODE_SCALAR && value->text.len == 0;
        bool told = empty && i + 1 < n->count && is_too_high(p, n, i + 1);
        if (empty) p->steps_lost.unknown = true;
        if (empty && !told) parse_node_empty(p, value, arena_copy(p->arena, name->text).at);
        else if (!empty) read_scenario(p, value, s);
    }
}
