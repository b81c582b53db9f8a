#include "wire/access_format.h"

/* ---- what is known by name ---- */

#define NGINX_COMBINED                                                                             \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "             \
    "\"$http_referer\" \"$http_user_agent\""
#define APACHE_COMMON "%h %l %u %t \"%r\" %>s %b"
#define APACHE_COMBINED APACHE_COMMON " \"%{Referer}i\" \"%{User-Agent}i\""

/* `family`: who writes so. `open`: more may stand behind it. */
static const struct {
    const char *name, *family, *text;
    bool open;
} known[] = {
    {"JSON", "json", "json", false},
    {"HAProxy's httplog", "haproxy", "haproxy", false},
    {"nginx's combined with rt=, uct= and urt=", "nginx",
     NGINX_COMBINED " rt=$request_time uct=\"$upstream_connect_time\" "
                    "uht=\"$upstream_header_time\" urt=\"$upstream_response_time\"",
     true},
    {"nginx's combined with $request_time and $upstream_response_time", "nginx",
     NGINX_COMBINED " $request_time $upstream_response_time", true},
    {"nginx's combined with $request_time", "nginx", NGINX_COMBINED " $request_time", true},
    {"nginx's main with $request_time and $upstream_response_time", "nginx",
     NGINX_COMBINED " \"$http_x_forwarded_for\" $request_time $upstream_response_time", true},
    {"nginx's main with $request_time", "nginx",
     NGINX_COMBINED " \"$http_x_forwarded_for\" $request_time", true},
    {"Apache's combined with %D", "apache", APACHE_COMBINED " %D", false},
    {"Apache's common with %D", "apache", APACHE_COMMON " %D", false},
    {"nginx's combined, which says no duration", "nginx", NGINX_COMBINED, true},
    {"Apache's combined, which says no duration", "apache", APACHE_COMBINED, true},
    {"common, which says no duration", "apache", APACHE_COMMON, true},
};

const char *access_format_known(uint32_t index, const char **name)
{
    if (index >= COUNT_OF(known)) return NULL;
    *name = known[index].name;
    return known[index].text;
}

/* ---- pieces of a format ---- */

struct compiling {
    struct access_format *out;
    struct bytes text;
    size_t at;
    size_t literal; /* where in out->text the literal in hand began */
    const char *why;
};

static bool wrong(struct compiling *c, const char *why)
{
    c->why = why;
    return false;
}

static bool put(struct compiling *c, char letter)
{
    if (c->out->text_used == sizeof c->out->text) return wrong(c, "it is too long");
    c->out->text[c->out->text_used++] = letter;
    return true;
}

/* Ends the literal in hand; it is followed by what says `role`. */
static bool add_item(struct compiling *c, struct access_item item)
{
    struct access_format *f = c->out;
    item.literal = (struct bytes){f->text + c->literal, f->text_used - c->literal};
    c->literal = f->text_used;
    const struct access_item *last = f->item_count > 0 ? &f->items[f->item_count - 1] : NULL;
    bool query = last && last->role == ACCESS_PATH && item.role == ACCESS_SKIP;
    if (query && item.literal.len == 0) return true; /* %U%q, $uri$is_args$args */
    if (f->item_count == ACCESS_ITEMS) return wrong(c, "it has too many parts");
    if (last && item.literal.len == 0) {
        return wrong(c, "two values have nothing between them, so they can't be told apart");
    }
    f->items[f->item_count++] = item;
    return true;
}

/* The last item: what stands behind the last value. */
static bool finish(struct compiling *c)
{
    struct access_format *f = c->out;
    bool any = false;
    for (uint32_t i = 0; i < f->item_count; i++) {
        enum access_role role = f->items[i].role;
        any |= role == ACCESS_REQUEST || role == ACCESS_PATH || role == ACCESS_STATUS;
    }
    if (!any) return wrong(c, "it says neither which request nor which status");
    if (f->item_count == ACCESS_ITEMS) return wrong(c, "it has too many parts");
    struct bytes rest = {f->text + c->literal, f->text_used - c->literal};
    f->items[f->item_count++] = (struct access_item){.literal = rest, .role = ACCESS_SKIP};
    return true;
}

/* ---- nginx ---- */

static const struct {
    const char *name;
    struct access_item item;
} variables[] = {
    {"request", {.role = ACCESS_REQUEST}},
    {"request_method", {.role = ACCESS_METHOD}},
    {"request_uri", {.role = ACCESS_PATH}},
    {"uri", {.role = ACCESS_PATH}},
    {"document_uri", {.role = ACCESS_PATH}},
    {"status", {.role = ACCESS_STATUS}},
    {"time_local", {.role = ACCESS_TIME}},
    {"time_iso8601", {.role = ACCESS_TIME}},
    {"msec", {.role = ACCESS_TIME}},
    {"request_time", {.role = ACCESS_DURATION, .unit = ACCESS_S_PARTS}},
    {"upstream_connect_time", {.role = ACCESS_CONNECT, .unit = ACCESS_S, .lists = true}},
    {"upstream_response_time", {.role = ACCESS_SERVER, .unit = ACCESS_S, .lists = true}},
    {"upstream_header_time", {.role = ACCESS_SKIP, .lists = true}},
    {"upstream_queue_time", {.role = ACCESS_QUEUE, .unit = ACCESS_S, .lists = true}},
    {"upstream_addr", {.role = ACCESS_SKIP, .lists = true}},
    {"upstream_status", {.role = ACCESS_SKIP, .lists = true}},
};

static bool is_name(char c)
{
    return bytes_is_digit(c) || c == '_' || (unsigned char)((c | 0x20) - 'a') < 26;
}

/* `$name` or `${name}` at c->at. */
static bool add_variable(struct compiling *c)
{
    size_t at = c->at + 1;
    bool braced = at < c->text.len && c->text.at[at] == '{';
    size_t start = braced ? at + 1 : at;
    size_t end = start;
    while (end < c->text.len && is_name(c->text.at[end])) end++;
    bool closed = !braced || (end < c->text.len && c->text.at[end] == '}');
    if (end == start || !closed) return wrong(c, "`$` is followed by no variable's name");
    struct bytes name = {c->text.at + start, end - start};
    struct access_item item = {.role = ACCESS_SKIP};
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        if (bytes_is(name, variables[i].name)) item = variables[i].item;
    }
    if (!add_item(c, item)) return false;
    c->at = braced ? end + 1 : end;
    return true;
}

/* ---- Apache ---- */

/* `{...}` of `%{...}t` and `%{...}T`. */
static bool time_item(struct compiling *c, struct bytes inner, struct access_item *out)
{
    static const char end[] = "end:";
    bool starts = !bytes_starts(inner, BYTES_LIT(end));
    if (!starts) inner = bytes_from(inner, sizeof end - 1);
    if (bytes_starts(inner, BYTES_LIT("begin:"))) inner = bytes_from(inner, 6);
    out->role = starts ? ACCESS_TIME_START : ACCESS_TIME;
    if (inner.len == 0 || bytes_is(inner, "sec") || bytes_is(inner, "msec")
        || bytes_is(inner, "usec")) {
        return true;
    }
    UNUSED(c);
    out->role = ACCESS_SKIP; /* strftime(3)'s */
    return true;
}

static bool taken_item(struct compiling *c, struct bytes inner, struct access_item *out)
{
    out->role = ACCESS_DURATION;
    if (inner.len == 0 || bytes_is(inner, "s")) out->unit = ACCESS_S;
    else if (bytes_is(inner, "ms")) out->unit = ACCESS_MS;
    else if (bytes_is(inner, "us")) out->unit = ACCESS_US;
    else return wrong(c, "%{...}T knows s, ms and us");
    return true;
}

/* The item of the letter `letter`; Apache writes %t in brackets itself. */
static bool letter_item(struct compiling *c, char letter, struct bytes inner,
                        struct access_item *out)
{
    switch (letter) {
    case 'r':
        out->role = ACCESS_REQUEST;
        return true;
    case 'm':
        out->role = ACCESS_METHOD;
        return true;
    case 'U':
        out->role = ACCESS_PATH;
        return true;
    case 's':
        out->role = ACCESS_STATUS;
        return true;
    case 'D':
        *out = (struct access_item){.role = ACCESS_DURATION, .unit = ACCESS_WHOLE_US};
        return true;
    case 'T':
        return taken_item(c, inner, out);
    case 't':
        return time_item(c, inner, out);
    default:
        return true;
    }
}

/* `%...{...}X` at c->at: modifiers are statuses, commas, `!`, `<` and `>`. */
static bool add_directive(struct compiling *c)
{
    size_t at = c->at + 1;
    struct bytes inner = {0};
    while (at < c->text.len && bytes_is_any(c->text.at[at], "0123456789,!<>")) at++;
    if (at < c->text.len && c->text.at[at] == '{') {
        size_t len = bytes_find(bytes_from(c->text, at), BYTES_LIT("}"));
        if (len == SIZE_MAX) return wrong(c, "`%{` is not closed");
        inner = (struct bytes){c->text.at + at + 1, len - 1};
        at += len + 1;
    }
    bool two = at < c->text.len && c->text.at[at] == '^'; /* %^FB, %{...}^ti */
    if (two) at += 2;
    if (at >= c->text.len || !is_name(c->text.at[at]))
        return wrong(c, "`%` is followed by no "
                        "letter");
    char letter = two ? '^' : c->text.at[at];
    struct access_item item = {.role = ACCESS_SKIP};
    if (!letter_item(c, letter, inner, &item)) return false;
    bool bracketed = letter == 't' && inner.len == 0;
    if (bracketed && !put(c, '[')) return false;
    if (!add_item(c, item)) return false;
    if (bracketed && !put(c, ']')) return false;
    c->at = at + 1;
    return true;
}

/* ---- both ---- */

static bool compile_items(struct compiling *c, char mark)
{
    c->out->kind = ACCESS_ITEMS_KIND;
    while (c->at < c->text.len) {
        char letter = c->text.at[c->at];
        char next = c->at + 1 < c->text.len ? c->text.at[c->at + 1] : '\0';
        if (letter == mark && !(mark == '%' && next == '%')) {
            if (!(mark == '$' ? add_variable(c) : add_directive(c))) return false;
            continue;
        }
        bool pair = (letter == '\\' && next != '\0') || (letter == '%' && next == '%');
        if (pair) letter = letter == '%' ? '%' : next;
        if (pair && c->text.at[c->at] == '\\' && next == 't') letter = '\t';
        if (pair && c->text.at[c->at] == '\\' && next == 'n') letter = '\n';
        if (!put(c, letter)) return false;
        c->at += pair ? 2 : 1;
    }
    return finish(c);
}

/* ---- JSON ---- */

static const struct {
    const char *name;
    enum access_role role;
} roles[] = {
    {"time", ACCESS_TIME},       {"start", ACCESS_TIME_START},  {"method", ACCESS_METHOD},
    {"path", ACCESS_PATH},       {"route", ACCESS_ROUTE},       {"request", ACCESS_REQUEST},
    {"status", ACCESS_STATUS},   {"duration", ACCESS_DURATION}, {"queue", ACCESS_QUEUE},
    {"connect", ACCESS_CONNECT}, {"server", ACCESS_SERVER},
};

/* Takes `:ms` off the end of a member's path. */
static enum access_unit take_unit(struct bytes *path)
{
    static const struct {
        const char *ending;
        enum access_unit unit;
    } units[] = {{":ms", ACCESS_MS}, {":us", ACCESS_US}, {":ns", ACCESS_NS}, {":s", ACCESS_S}};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        size_t len = strlen(units[i].ending);
        if (path->len <= len) continue;
        if (!bytes_is(bytes_from(*path, path->len - len), units[i].ending)) continue;
        path->len -= len;
        return units[i].unit;
    }
    return ACCESS_UNIT_SAID;
}

static bool add_name(struct compiling *c, struct bytes word)
{
    struct access_format *f = c->out;
    size_t equals = bytes_find(word, BYTES_LIT("="));
    struct bytes role = {word.at, equals == SIZE_MAX ? word.len : equals};
    struct access_name name = {.role = ACCESS_ROLES, .path = bytes_from(word, equals + 1)};
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        if (bytes_is(role, roles[i].name)) name.role = roles[i].role;
    }
    if (equals == SIZE_MAX || name.path.len == 0) return wrong(c, "it should be NAME=MEMBER");
    if (name.role == ACCESS_ROLES) {
        return wrong(c, "names are: time start method path route request status duration queue "
                        "connect server");
    }
    if (name.role >= ACCESS_DURATION) name.unit = take_unit(&name.path);
    if (f->name_count == ACCESS_NAMES || sizeof f->text - f->text_used < name.path.len) {
        return wrong(c, "it is too long");
    }
    memcpy(f->text + f->text_used, name.path.at, name.path.len);
    name.path.at = f->text + f->text_used;
    f->text_used += name.path.len;
    f->names[f->name_count++] = name;
    return true;
}

static bool compile_json(struct compiling *c)
{
    c->out->kind = ACCESS_JSON;
    c->at = 4;
    while (c->at < c->text.len) {
        struct bytes rest = bytes_from(c->text, c->at);
        size_t end = bytes_find(rest, BYTES_LIT(" "));
        struct bytes word = {rest.at, end == SIZE_MAX ? rest.len : end};
        if (word.len > 0 && !add_name(c, word)) return false;
        c->at += word.len + (end == SIZE_MAX ? 0 : 1);
    }
    return true;
}

static bool compile(struct compiling *c)
{
    struct bytes text = c->text;
    if (bytes_is(text, "haproxy")) {
        c->out->kind = ACCESS_HAPROXY;
        return true;
    }
    if (bytes_is(text, "json") || bytes_starts(text, BYTES_LIT("json "))) return compile_json(c);
    if (bytes_is(text, "combined")) {
        c->text = BYTES_LIT(APACHE_COMBINED);
        c->out->open = true;
    } else if (bytes_is(text, "common")) {
        c->text = BYTES_LIT(APACHE_COMMON);
        c->out->open = true;
    }
    bool nginx = bytes_find(c->text, BYTES_LIT("$")) != SIZE_MAX;
    bool apache = bytes_find(c->text, BYTES_LIT("%")) != SIZE_MAX;
    if (nginx || apache) return compile_items(c, nginx ? '$' : '%');
    return wrong(c, "it is no format: combined, common, haproxy, json, nginx, apache, or a "
                    "log_format or LogFormat as it stands in the configuration");
}

bool access_format_compile(struct access_format *out, struct bytes text, const char **why,
                           size_t *error_at)
{
    *out = (struct access_format){0};
    struct compiling c = {.out = out, .text = text};
    if (compile(&c)) return true;
    *why = c.why;
    *error_at = c.at;
    return false;
}

bool access_format_take(struct access_format *out, uint32_t index, struct bytes family)
{
    const char *why;
    size_t at;
    if (index >= COUNT_OF(known)) return false;
    if (family.len > 0 && !bytes_is(family, known[index].family)) return false;
    if (!access_format_compile(out, bytes_of(known[index].text), &why, &at)) return false;
    out->open |= known[index].open;
    return true;
}
