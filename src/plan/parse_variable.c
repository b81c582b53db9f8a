#include "plan/parse_priv.h"
#include "plan/parse_telemetry.h"

#include <assert.h>

struct scan {
    struct parse *p;
    const struct node *n;
    struct bytes text;
    size_t i;          /* of the '$' being read, then behind its variable */
    struct bytes from; /* the secret's variable read last: `env.TOKEN` */
    bool url;
};

static const char *const functions[] = {"env", "plan", "dir", "rand", "uuid", "seq", "user"};

bool parse_variable_reserved(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (bytes_is(name, functions[i])) return true;
    }
    return false;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || bytes_is_digit(c) || c == '_';
}

/* Letters, digits and '_' at `i`. */
static struct bytes word_at(struct bytes text, size_t i)
{
    size_t n = 0;
    while (i + n < text.len && is_word(text.at[i + n])) n++;
    return (struct bytes){text.at + i, n};
}

static char at(const struct scan *s, size_t i)
{
    return i < s->text.len ? s->text.at[i] : '\0';
}

static bool tell(struct scan *s, enum diag_code code, size_t from, const char *hint,
                 const char *format, ...) PRINTF_LIKE(5, 6);

/* Tells what is wrong with the variable that began at `from` and was read up to s->i. */
static bool tell(struct scan *s, enum diag_code code, size_t from, const char *hint,
                 const char *format, ...)
{
    if (s->n->told) return false; /* cut by a comma, which has been told */
    char msg[200];
    struct text t = text_in(msg, sizeof msg);
    va_list args;
    va_start(args, format);
    text_addv(&t, format, args);
    va_end(args);
    struct bytes part = {s->text.at + from, s->i > from ? s->i - from : 1};
    return diag_add(s->p->diags, code, yaml_doc_span(&s->p->doc, s->n, part), hint, "%s", msg);
}

/* `value` came by the variable `name`. */
static void add_secret(struct parse *p, struct bytes value, struct bytes name)
{
    struct plan *plan = p->plan;
    if (value.len == 0) return;
    for (uint32_t i = 0; i < plan->secret_count; i++) {
        if (bytes_equal(plan->secrets[i], value)) return;
    }
    struct bytes *more = parse_node_push(p, plan->secrets, plan->secret_count, sizeof *more);
    struct bytes *names = parse_node_push(p, plan->secret_names, plan->secret_count, sizeof *names);
    if (!more || !names) return;
    plan->secrets = more;
    plan->secret_names = names;
    plan->secrets[plan->secret_count] = value;
    plan->secret_names[plan->secret_count++] = name;
    plan->secret_name_count = plan->secret_count;
}

/* Where it stands it may be written otherwise; both forms are masked. */
static void add_encoded_secret(struct scan *s, struct bytes value, enum encoding encoding)
{
    struct pattern_builder b = {.arena = s->p->arena};
    struct pattern written;
    if (encoding == ENCODE_JSON_VALUE) encoding = ENCODE_JSON_STRING; /* without its quotes */
    pattern_add_text(&b, value, encoding, true);
    if (!pattern_finish(&b, &written) || written.piece_count == 0) return;
    add_secret(s->p, written.pieces[0].text, s->from);
}

/* The `.part` behind a name; empty (and told) when there is none. */
static struct bytes read_part(struct scan *s, size_t from, const char *wants)
{
    struct bytes part = {0};
    if (at(s, s->i) == '.') part = word_at(s->text, s->i + 1);
    if (part.len > 0) s->i += 1 + part.len;
    else
        tell(s, DIAG_VARIABLE, from, NULL, "'%.*s' wants %s", (int)(s->i - from), s->text.at + from,
             wants);
    return part;
}

static void note_empty(struct scan *s, size_t from, struct bytes name)
{
    struct plan *plan = s->p->plan;
    for (uint32_t i = 0; i < plan->empty_env_count; i++) {
        if (bytes_equal(plan->empty_envs[i].name, name)) return;
    }
    struct empty_env *more =
        parse_node_push(s->p, plan->empty_envs, plan->empty_env_count, sizeof *more);
    if (!more) return;
    struct bytes part = {s->text.at + from, s->i - from};
    plan->empty_envs = more;
    plan->empty_envs[plan->empty_env_count++] =
        (struct empty_env){yaml_doc_span(&s->p->doc, s->n, part), arena_copy(s->p->arena, name)};
}

static bool read_env(struct scan *s, size_t from, struct piece *out)
{
    const struct plan_host *host = s->p->in->host;
    struct bytes name =
        read_part(s, from, "the name of an environment variable behind it: $env.TOKEN");
    if (name.len == 0) return false;
    struct bytes value = host && host->env ? host->env(host->ctx, name) : (struct bytes){0};
    if (!value.at) {
        char hint[120];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "export %.*s=... before the run", BYTES_ARG(name));
        return tell(s, DIAG_HOST, from, hint, "the environment variable %.*s is not set",
                    BYTES_ARG(name));
    }
    if (value.len == 0) note_empty(s, from, name);
    value = arena_copy(s->p->arena, value);
    s->from = (struct bytes){s->text.at + from + 1, s->i - from - 1};
    add_secret(s->p, value, s->from);
    *out = (struct piece){.kind = PIECE_TEXT, .secret = true, .text = value};
    return true;
}

static bool read_dir(struct scan *s, size_t from, struct piece *out)
{
    struct parse *p = s->p;
    const struct plan_host *host = p->in->host;
    if (!p->service) {
        return tell(s, DIAG_VARIABLE, from, NULL,
                    "$dir is the folder of a service: it has no value here");
    }
    if (p->service->dir.len == 0 && host && host->private_dir) {
        p->service->dir = host->private_dir(host->ctx, p->arena, p->service->name);
    }
    if (p->service->dir.len == 0)
        return tell(s, DIAG_HOST, from, NULL, "no private folder could be made");
    *out = (struct piece){.kind = PIECE_TEXT, .text = p->service->dir};
    return true;
}

static bool read_port(struct scan *s, size_t from, struct service *service, struct piece *out)
{
    struct parse *p = s->p;
    const struct plan_host *host = p->in->host;
    struct bytes part = read_part(s, from, ".port behind it");
    if (part.len == 0) return false;
    if (!bytes_is(part, "port")) {
        return tell(s, DIAG_UNKNOWN_VARIABLE, from, "write $name.port",
                    "a service has only a port, no '%.*s'", BYTES_ARG(part));
    }
    if (service->port == 0 && host && host->free_port) service->port = host->free_port(host->ctx);
    if (service->port == 0) return tell(s, DIAG_HOST, from, NULL, "no free port on 127.0.0.1");
    if (service == p->listener) service->port_told = true;
    char digits[8];
    struct text t = text_in(digits, sizeof digits);
    text_addf(&t, "%u", service->port);
    *out = (struct piece){.kind = PIECE_TEXT, .text = arena_copy(p->arena, text_bytes(&t))};
    return true;
}

static bool read_otlp(struct scan *s, size_t from, struct piece *out)
{
    struct bytes part = read_part(s, from, ".url or .port behind it");
    struct bytes value = {0};
    if (part.len == 0) return false;
    if (!parse_telemetry_value(s->p, part, &value)) {
        return tell(s, DIAG_UNKNOWN_VARIABLE, from, "write $otlp.url or $otlp.port",
                    "'otlp' has no '%.*s'", BYTES_ARG(part));
    }
    *out = (struct piece){.kind = PIECE_TEXT, .text = value};
    return true;
}

static bool read_column(struct scan *s, size_t from, uint32_t index, struct piece *out)
{
    const struct data_source *data = &s->p->plan->data[index];
    struct bytes part = read_part(s, from, "the name of a column behind it");
    if (part.len == 0 || data->column_count == 0) return false; /* the data has been told */
    for (uint32_t c = 0; c < data->column_count; c++) {
        if (!bytes_equal(data->columns[c], part)) continue;
        *out = (struct piece){.kind = PIECE_DATA, .index = index, .column = c};
        return true;
    }
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    diag_suggest(&t, part, "columns", data->columns, data->column_count);
    return tell(s, DIAG_UNKNOWN_VARIABLE, from, hint, "the data '%.*s' has no column '%.*s'",
                BYTES_ARG(data->name), BYTES_ARG(part));
}

static bool read_whole(struct bytes text, int64_t *out)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t value = 0;
    if (!bytes_to_u64(negative ? bytes_from(text, 1) : text, &value) || value > INT64_MAX)
        return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static bool read_rand(struct scan *s, size_t from, struct piece *out)
{
    struct bytes rest = bytes_from(s->text, s->i);
    size_t close = bytes_find(rest, BYTES_LIT(")"));
    size_t comma = bytes_find(rest, BYTES_LIT(","));
    if (at(s, s->i) != '(' || close == SIZE_MAX) {
        return tell(s, DIAG_VARIABLE, from, "write $rand(1,50)",
                    "'$rand' wants two whole numbers in ( )");
    }
    s->i += close + 1;
    struct piece rand = {.kind = PIECE_RAND};
    bool two = comma != SIZE_MAX && comma < close;
    if (!two || !read_whole(bytes_trim((struct bytes){rest.at + 1, comma - 1}), &rand.lo)
        || !read_whole(bytes_trim((struct bytes){rest.at + comma + 1, close - comma - 1}),
                       &rand.hi)) {
        return tell(s, DIAG_VARIABLE, from, "write $rand(1,50)",
                    "'$rand' wants two whole numbers in ( )");
    }
    if (rand.lo > rand.hi) {
        return tell(s, DIAG_VARIABLE, from, "write the smaller number first",
                    "'$rand' goes from low to high");
    }
    *out = rand;
    return true;
}

/* Whether a step of this scenario captures `name`; `*line` is its line. */
static bool captured_later(const struct parse *p, struct bytes name, uint32_t *line)
{
    for (uint32_t i = 0; p->steps && i < p->steps->count; i++) {
        const struct node *step = p->steps->items[i].value;
        for (uint32_t k = 0; step->kind == NODE_MAP && k < step->count; k++) {
            const struct node *capture = step->items[k].value;
            if (!bytes_is(step->items[k].key->text, "capture") || capture->kind != NODE_MAP)
                continue;
            for (uint32_t c = 0; c < capture->count; c++) {
                if (!bytes_equal(capture->items[c].key->text, name)) continue;
                *line = capture->items[c].key->at.line;
                return true;
            }
        }
    }
    return false;
}

static bool tell_unknown(struct scan *s, size_t from, struct bytes name)
{
    const struct plan *plan = s->p->plan;
    uint32_t line = 0;
    if (captured_later(s->p, name, &line)) {
        char hint[120];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "it is captured in line %u, from a reply that comes later", line);
        return tell(s, DIAG_UNKNOWN_VARIABLE, from, hint, "'$%.*s' has no value yet",
                    BYTES_ARG(name));
    }
    struct bytes names[64];
    uint32_t count = 0;
    const struct scenario *scenario = s->p->scenario;
    for (uint32_t i = 0; scenario && i < scenario->capture_count && count < 16; i++) {
        names[count++] = scenario->capture_names[i];
    }
    for (uint32_t i = 0; i < plan->var_count && count < 24; i++)
        names[count++] = plan->vars[i].name;
    for (uint32_t i = 0; i < plan->data_count && count < 32; i++)
        names[count++] = plan->data[i].name;
    for (uint32_t i = 0; i < plan->service_count && count < 48; i++) {
        names[count++] = plan->services[i].name;
    }
    for (size_t i = 0; i < COUNT_OF(functions); i++) names[count++] = bytes_of(functions[i]);
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    const struct plan_host *host = s->p->in->host;
    bool env = host && host->env && host->env(host->ctx, name).at;
    if (env) text_addf(&t, "did you mean '$env.%.*s'?   ", BYTES_ARG(name));
    diag_suggest(&t, env ? (struct bytes){0} : name, "known here", names, count);
    return tell(s, DIAG_UNKNOWN_VARIABLE, from, hint, "there is no variable '$%.*s'",
                BYTES_ARG(name));
}

/* Variables whose value is made during the run. */
static bool read_running(struct scan *s, size_t from, struct bytes name, struct piece *out)
{
    struct parse *p = s->p;
    if (bytes_is(name, "rand")) return read_rand(s, from, out);
    if (bytes_is(name, "uuid")) {
        *out = (struct piece){.kind = PIECE_UUID};
        return true;
    }
    if (bytes_is(name, "seq")) {
        *out = (struct piece){.kind = PIECE_SEQ};
        return true;
    }
    if (bytes_is(name, "user")) {
        *out = (struct piece){.kind = PIECE_USER};
        return true;
    }
    for (uint32_t i = 0; i < p->plan->data_count; i++) {
        if (bytes_equal(p->plan->data[i].name, name)) return read_column(s, from, i, out);
    }
    for (uint32_t i = 0; p->scenario && i < p->scenario->capture_count; i++) {
        if (!bytes_equal(p->scenario->capture_names[i], name)) continue;
        *out = (struct piece){.kind = PIECE_CAPTURE, .index = i};
        return true;
    }
    return tell_unknown(s, from, name);
}

/* Reads the variable at s->i, which is a '$'. */
static bool read_variable(struct scan *s, struct piece *out)
{
    struct plan *plan = s->p->plan;
    size_t from = s->i++;
    struct bytes name = word_at(s->text, s->i);
    bool digit = name.len > 0 && bytes_is_digit(name.at[0]);
    if (name.len == 0 || digit) {
        bool braces = at(s, s->i) == '{';
        if (at(s, s->i) > ' ' && at(s, s->i) < 0x7f) s->i++; /* `$!`, `$0` */
        if (braces) {
            return tell(s, DIAG_VARIABLE, from, "write $name",
                        "variables are written without braces");
        }
        return tell(s, DIAG_VARIABLE, from, "write $$ for a '$' itself",
                    "'%.*s' begins no variable", (int)(s->i - from), s->text.at + from);
    }
    s->i += name.len;
    if (bytes_is(name, "env")) return read_env(s, from, out);
    if (bytes_is(name, "dir")) return read_dir(s, from, out);
    if (bytes_is(name, "plan")) {
        *out = (struct piece){.kind = PIECE_TEXT, .text = s->p->in->folder};
        return true;
    }
    if (bytes_is(name, "otlp") && plan->telemetry.otlp.host.len > 0) return read_otlp(s, from, out);
    for (uint32_t i = 0; i < plan->var_count; i++) {
        const struct var *var = &plan->vars[i];
        if (!bytes_equal(var->name, name)) continue;
        *out = (struct piece){.kind = PIECE_TEXT, .secret = var->secret, .text = var->value};
        s->from = var->name;
        return true;
    }
    for (uint32_t i = 0; i < plan->service_count; i++) {
        if (bytes_equal(plan->services[i].name, name))
            return read_port(s, from, &plan->services[i], out);
    }
    if (!read_running(s, from, name, out)) return false;
    if (!s->p->constant) return true;
    return tell(s, DIAG_VARIABLE, from,
                "here only $env.X, $plan, $dir, $NAME.port and vars have a value",
                "'$%.*s' has no value before the run", BYTES_ARG(name));
}

/* Appends a literal part; in a path, what follows a '?' is the query. */
static void add_literal(struct pattern_builder *b, struct bytes part, enum encoding *encoding)
{
    if (*encoding == ENCODE_PATH && part.len > 0 && memchr(part.at, '?', part.len)) {
        *encoding = ENCODE_QUERY;
    }
    bool json = *encoding == ENCODE_JSON_STRING || *encoding == ENCODE_JSON_VALUE;
    pattern_add_text(b, part, json ? ENCODE_JSON_STRING : ENCODE_NONE, false);
}

/* What `encoding` leaves as it is and the place cannot hold; `address`: at the start of a URL. */
static bool is_unfit(char c, bool address)
{
    unsigned char byte = (unsigned char)c;
    return address ? byte <= ' ' || byte == 0x7f : c == '\r' || c == '\n' || c == '\0';
}

/* Cells of a column that this place cannot hold: told here, or the target would be blamed for
 * requests that were never sent. */
static bool check_cells(struct scan *s, size_t from, const struct piece *piece, bool address)
{
    const struct data_source *data = &s->p->plan->data[piece->index];
    if (piece->encoding != ENCODE_HEADER && !address) return true;
    for (uint32_t r = 0; r < data->row_count; r++) {
        struct bytes cell = data->cells[(size_t)r * data->column_count + piece->column];
        for (size_t i = 0; i < cell.len; i++) {
            if (!is_unfit(cell.at[i], address)) continue;
            return tell(s, data->file.len > 0 ? DIAG_CSV : DIAG_HEADER, from,
                        address ? "percent-encode it there, or begin the URL with '/'"
                                : "take it out of the data, or send it in the body or the query",
                        "'%.*s' of row %u of '%.*s' holds %s, which no %s can",
                        BYTES_ARG(data->columns[piece->column]), r + 1, BYTES_ARG(data->name),
                        cell.at[i] == '\0'                         ? "a NUL"
                        : cell.at[i] == '\r' || cell.at[i] == '\n' ? "a line break"
                                                                   : "a blank or control character",
                        address ? "URL" : "header");
        }
    }
    return true;
}

static bool add_variable(struct scan *s, struct pattern_builder *b, enum encoding encoding)
{
    struct piece piece = {0};
    bool first = s->i == 0;
    size_t from = s->i;
    if (!read_variable(s, &piece)) return false;
    /* At its start a URL may be a captured address, which must stay as it came. */
    if (first && encoding == ENCODE_PATH) encoding = ENCODE_NONE;
    bool address = first && s->url;
    piece.encoding = encoding;
    if (piece.kind != PIECE_TEXT) {
        pattern_add_piece(b, piece);
        return piece.kind != PIECE_DATA || check_cells(s, from, &piece, address);
    }
    for (size_t i = 0; encoding == ENCODE_HEADER && i < piece.text.len; i++) {
        if (piece.text.at[i] != '\r' && piece.text.at[i] != '\n') continue;
        return tell(s, DIAG_HEADER, from, NULL,
                    "the value holds a line break, which no header can");
    }
    if (piece.secret) add_encoded_secret(s, piece.text, encoding);
    pattern_add_text(b, piece.text, encoding, piece.secret && !s->p->constant);
    return true;
}

static bool build(struct scan *s, struct pattern_builder *b, enum encoding encoding)
{
    bool good = true;
    while (s->i < s->text.len) {
        struct bytes rest = bytes_from(s->text, s->i);
        assert(rest.at);
        const char *dollar = memchr(rest.at, '$', rest.len);
        size_t plain = dollar ? (size_t)(dollar - rest.at) : rest.len;
        add_literal(b, (struct bytes){rest.at, plain}, &encoding);
        s->i += plain;
        if (!dollar) break;
        if (at(s, s->i + 1) == '$') {
            add_literal(b, BYTES_LIT("$"), &encoding);
            s->i += 2;
        } else if (!add_variable(s, b, encoding)) {
            good = false;
        }
    }
    return good;
}

bool parse_variable_pattern(struct parse *p, const struct node *n, struct bytes text,
                            enum encoding encoding, struct pattern *out)
{
    struct scan s = {.p = p, .n = n, .text = text, .url = encoding == ENCODE_PATH};
    struct pattern_builder b = {.arena = p->arena};
    *out = (struct pattern){0};
    bool good = build(&s, &b, encoding);
    return pattern_finish(&b, out) && good;
}

bool parse_variable_constant(struct parse *p, const struct node *n, struct bytes text,
                             struct bytes *out)
{
    bool before = p->constant;
    struct pattern pattern = {0};
    p->constant = true;
    bool good = parse_variable_pattern(p, n, text, ENCODE_NONE, &pattern);
    p->constant = before;
    if (!good) return false;
    struct bytes joined = pattern.piece_count > 0 ? pattern.pieces[0].text : (struct bytes){"", 0};
    *out = arena_copy(p->arena, joined); /* one run at most: constants are not kept apart */
    return true;
}

bool parse_variable_sentence(struct parse *p, const struct node *n, struct bytes text,
                             struct bytes *out)
{
    *out = text;
    if (text.len == 0 || !memchr(text.at, '$', text.len)) return true;
    struct pattern_builder b = {.arena = p->arena};
    struct pattern pattern;
    bool before = p->constant;
    bool good = true;
    bool quoted = false;
    p->constant = true;
    while (text.len > 0) {
        size_t len = bytes_find(text, BYTES_LIT("\""));
        struct bytes part = {text.at, len == SIZE_MAX ? text.len : len};
        struct scan s = {.p = p, .n = n, .text = part};
        if (quoted) pattern_add_text(&b, part, ENCODE_NONE, false);
        else good &= build(&s, &b, ENCODE_NONE);
        text = bytes_from(text, part.len);
        if (text.len == 0) break;
        pattern_add_text(&b, BYTES_LIT("\""), ENCODE_NONE, false);
        text = bytes_from(text, 1);
        quoted = !quoted;
    }
    p->constant = before;
    if (!pattern_finish(&b, &pattern) || !good) return false;
    if (pattern.piece_count > 0) *out = pattern.pieces[0].text;
    return true;
}

/* Whether the variable `name` is followed by a `.part` of its own. */
static bool takes_part(const struct parse *p, struct bytes name)
{
    if (bytes_is(name, "env") || bytes_is(name, "otlp")) return true;
    for (uint32_t i = 0; i < p->plan->service_count; i++) {
        if (bytes_equal(p->plan->services[i].name, name)) return true;
    }
    for (uint32_t i = 0; i < p->plan->data_count; i++) {
        if (bytes_equal(p->plan->data[i].name, name)) return true;
    }
    return false;
}

bool parse_variable_alone(const struct parse *p, struct bytes text)
{
    if (text.len < 2 || text.at[0] != '$') return false;
    struct bytes name = word_at(text, 1);
    size_t i = 1 + name.len;
    if (takes_part(p, name) && i < text.len && text.at[i] == '.') i += 1 + word_at(text, i + 1).len;
    if (bytes_is(name, "rand") && i < text.len && text.at[i] == '(') {
        size_t close = bytes_find(bytes_from(text, i), BYTES_LIT(")"));
        if (close == SIZE_MAX) return false;
        i += close + 1;
    }
    return name.len > 0 && i == text.len;
}
