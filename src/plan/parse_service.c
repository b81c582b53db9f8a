#include "plan/parse_priv.h"

#include <assert.h>
#include <signal.h>

#include "base/ns.h"
#include "plan/units.h"

#define WORD_BYTES_MAX 4096

static const struct {
    const char *name;
    int number;
} signals[] = {{"SIGTERM", SIGTERM}, {"SIGINT", SIGINT},   {"SIGQUIT", SIGQUIT}, {"SIGHUP", SIGHUP},
               {"SIGKILL", SIGKILL}, {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}};

static bool wrong(struct parse *p, const struct node *n, struct bytes part, const char *hint,
                  const char *cause)
{
    return diag_add(p->diags, DIAG_SERVICE, yaml_doc_span(&p->doc, n, part), hint, "%s", cause);
}

void parse_service_names(struct parse *p, const struct node *n)
{
    struct plan *plan = p->plan;
    plan->services = ARENA_ARRAY(p->arena, n->count, struct service);
    for (uint32_t i = 0; i < n->count && plan->services; i++) {
        const struct node *name = n->items[i].key;
        if (!parse_node_identifier(p, name, "a service") || parse_vars_clash(p, name)) continue;
        uint16_t port = parse_attach_port(n->items[i].value);
        plan->services[plan->service_count++] = (struct service){
            .at = name->at, .name = name->text, .port = port, .port_told = port != 0};
    }
}

/* One word of a command line from `*rest`, without its quotes; `quoted` if it had any. */
static bool next_word(struct bytes *rest, struct text *word, bool *quoted, bool *closed)
{
    *rest = bytes_trim(*rest);
    text_clear(word);
    *quoted = false;
    *closed = true;
    if (rest->len == 0) return false;
    char quote = '\0';
    size_t i = 0;
    for (; i < rest->len; i++) {
        char c = rest->at[i];
        if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n')) break;
        if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
            *quoted = true;
        } else if (quote != '\0' && c == quote) {
            quote = '\0';
        } else if (c == '\\' && quote != '\'' && i + 1 < rest->len) {
            text_addc(word, rest->at[++i], 1);
        } else {
            text_addc(word, c, 1);
        }
    }
    *closed = quote == '\0';
    *rest = bytes_from(*rest, i);
    while (rest->len > 0 && rest->at[0] == '\n') *rest = bytes_from(*rest, 1);
    return true;
}

/* What would need a shell to mean anything. */
static bool is_shell(struct bytes word)
{
    static const char *const starts[] = {"|", "&", ";", ">", "<", "2>", "$(", "`"};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (bytes_starts(word, bytes_of(starts[i]))) return true;
    }
    return false;
}

static bool push_word(struct parse *p, const struct node *n, struct bytes text, struct service *s)
{
    struct bytes word = {0};
    if (!parse_variable_constant(p, n, text, &word)) return false;
    struct bytes *more = parse_node_push(p, s->argv, s->argc, sizeof *more);
    if (!more) return false;
    s->argv = more;
    s->argv[s->argc++] = word;
    return true;
}

static void read_words(struct parse *p, const struct node *n, struct service *s)
{
    char array[WORD_BYTES_MAX];
    struct text word = text_in(array, sizeof array);
    struct bytes rest = n->text;
    bool quoted, closed;
    while (next_word(&rest, &word, &quoted, &closed)) {
        struct bytes text = arena_copy(p->arena, text_bytes(&word));
        if (!closed && yaml_doc_comment_follows(&p->doc, n)) {
            parse_node_error(p, DIAG_COMMENT, n, "quote the whole command: '...'",
                             "' #' starts a comment and cuts this command");
            return;
        }
        if (!closed) {
            wrong(p, n, n->text, NULL, "a quote in this command is never closed");
            return;
        }
        if (!quoted && is_shell(text)) {
            char hint[160];
            struct text t = text_in(hint, sizeof hint);
            text_addf(&t, "there is no shell; where you need one: sh -c '...'");
            parse_node_error(p, DIAG_SHELL, n, hint,
                             "'%.*s' would be handed to the program as a word", BYTES_ARG(text));
            return;
        }
        if (!push_word(p, n, text, s)) return;
    }
    if (word.cut) wrong(p, n, n->text, NULL, "a word of this command is too long");
}

static void read_command(struct parse *p, const struct node *n, struct service *s)
{
    if (n->kind == NODE_SCALAR) {
        if (n->text.len == 0) parse_node_empty(p, n, "command");
        else read_words(p, n, s);
    }
    for (uint32_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
        const struct node *word = n->items[i].value;
        if (!parse_node_is(p, word, SHAPE_SCALAR, "command") || !push_word(p, word, word->text, s))
            return;
    }
    if (n->kind == NODE_LIST && n->count == 0)
        wrong(p, n, n->text, NULL, "the command is an empty list");
    if (s->argc == 0) return;
    /* A program given by a relative path is looked for beside the plan, whatever `cwd` says. */
    struct bytes *program = &s->argv[0];
    if (program->len > 0 && program->at[0] != '/' && memchr(program->at, '/', program->len)) {
        *program = parse_node_path(p, *program);
    }
}

static void read_env(struct parse *p, const struct node *n, struct service *s)
{
    s->env = ARENA_ARRAY(p->arena, n->count, struct bytes);
    for (uint32_t i = 0; i < n->count && s->env; i++) {
        const struct node *name = n->items[i].key;
        const struct node *value = n->items[i].value;
        struct bytes text = {0};
        if (name->text.len == 0 || memchr(name->text.at, '=', name->text.len)) {
            wrong(p, name, name->text, NULL, "not the name of an environment variable");
            continue;
        }
        if (!parse_node_is(p, value, SHAPE_SCALAR, "env")) continue;
        if (!parse_variable_constant(p, value, value->text, &text)) continue;
        char *pair = arena_alloc(p->arena, name->text.len + text.len + 2);
        if (!pair) return;
        memcpy(pair, name->text.at, name->text.len);
        pair[name->text.len] = '=';
        if (text.len > 0) memcpy(pair + name->text.len + 1, text.at, text.len);
        s->env[s->env_count++] = (struct bytes){pair, name->text.len + 1 + text.len};
    }
}

/* Takes ` within D` off the end of `*text`. */
static bool take_within(struct parse *p, const struct node *n, struct bytes *text, uint64_t *out_ns)
{
    struct bytes word = BYTES_LIT(" within ");
    struct bytes last = {0};
    for (size_t at = bytes_find(*text, word); at != SIZE_MAX;) {
        last = bytes_from(*text, at);
        size_t next = bytes_find(bytes_from(last, 1), word);
        at = next == SIZE_MAX ? SIZE_MAX : at + 1 + next;
    }
    if (last.len == 0) return true;
    const char *why = "";
    struct bytes amount = bytes_trim(bytes_from(last, word.len));
    text->len -= last.len;
    *text = bytes_trim(*text);
    if (units_duration(amount, out_ns, &why)) return true;
    return diag_add(p->diags, DIAG_UNIT, yaml_doc_span(&p->doc, n, amount), NULL, "'%.*s': %s",
                    BYTES_ARG(amount), why);
}

/* `GET /path`, or a URL of the service itself. */
static bool read_ready_http(struct parse *p, const struct node *n, struct bytes text,
                            struct service *s)
{
    assert(text.at);
    size_t space = bytes_find(text, BYTES_LIT(" "));
    struct bytes url = text;
    struct bytes method = BYTES_LIT("GET");
    struct bytes resolved = {0};
    if (space != SIZE_MAX) {
        method = (struct bytes){text.at, space};
        url = bytes_trim(bytes_from(text, space));
    }
    if (!bytes_is(method, "GET") && !bytes_is(method, "HEAD")) {
        return wrong(p, n, method, "port · GET /path · a URL · log TEXT, then: within 10s",
                     "'ready' does not understand this");
    }
    if (!parse_variable_constant(p, n, url, &resolved)) return false;
    struct bytes start = BYTES_LIT("http://");
    if (bytes_starts(resolved, start)) {
        char own[2][40];
        struct text t0 = text_in(own[0], sizeof own[0]);
        struct text t1 = text_in(own[1], sizeof own[1]);
        text_addf(&t0, "http://127.0.0.1:%u", s->port);
        text_addf(&t1, "http://localhost:%u", s->port);
        size_t len = bytes_starts(resolved, text_bytes(&t0)) ? t0.len : t1.len;
        bool mine =
            bytes_starts(resolved, text_bytes(&t0)) || bytes_starts(resolved, text_bytes(&t1));
        resolved = bytes_from(resolved, len);
        if (!mine || (resolved.len > 0 && resolved.at[0] != '/')) {
            return wrong(p, n, url, "write http://127.0.0.1:$name.port/path, or only GET /path",
                         "'ready' asks the service itself, on its own port");
        }
        if (resolved.len == 0) resolved = BYTES_LIT("/");
    }
    if (resolved.len == 0 || resolved.at[0] != '/') {
        return wrong(p, n, url, "port · GET /path · a URL · log TEXT, then: within 10s",
                     "'ready' does not understand this");
    }
    s->ready = READY_HTTP;
    s->ready_method = method;
    s->ready_path = resolved;
    return true;
}

static void read_ready(struct parse *p, const struct node *n, struct service *s)
{
    struct bytes text = n->text;
    if (text.len == 0) {
        parse_node_empty(p, n, "ready");
        return;
    }
    if (!take_within(p, n, &text, &s->ready_within_ns)) return;
    if (bytes_is(text, "port")) {
        s->ready = READY_PORT;
    } else if (bytes_starts(text, BYTES_LIT("log "))) {
        s->ready = READY_LOG;
        if (!parse_variable_constant(p, n, bytes_trim(bytes_from(text, 4)), &s->ready_text)) return;
    } else if (!read_ready_http(p, n, text, s)) {
        return;
    }
    if (s->ready == READY_LOG || s->port != 0) return;
    wrong(p, n, text, "name it: command: ./server --port $name.port, or use: ready: log TEXT",
          "'ready' asks a port, but the service is never told $NAME.port");
}

static void read_stop(struct parse *p, const struct node *n, struct service *s)
{
    struct bytes text = n->text;
    if (text.len == 0) {
        parse_node_empty(p, n, "stop");
        return;
    }
    if (!take_within(p, n, &text, &s->stop_within_ns)) return;
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        if (!bytes_is(text, signals[i].name) && !bytes_is(text, signals[i].name + 3)) continue;
        s->stop_signal = signals[i].number;
        return;
    }
    wrong(p, n, text, "SIGTERM SIGINT SIGQUIT SIGHUP SIGKILL SIGUSR1 SIGUSR2, then: within 5s",
          "'stop' names no signal that is known here");
}

/* What only a program that prony starts can have. */
static void tell_unstarted(struct parse *p, struct fields *f, const struct service *s, bool asked)
{
    static const enum key of_command[] = {KEY_SERVICE_ENV, KEY_SERVICE_READY, KEY_SERVICE_STOP,
                                          KEY_SERVICE_CWD, KEY_SERVICE_KEEP};
    if (!asked && !f->bad) {
        struct span at = f->map->at;
        at.len = 1; /* the place where it should stand, not what stands there */
        diag_add(p->diags, DIAG_MISSING, at,
                 "add  command:  or how it is found:  port:  or asked:  postgres:",
                 "service %.*s has no 'command'", BYTES_ARG(s->name));
    }
    for (size_t i = 0; i < COUNT_OF(of_command) && asked; i++) {
        const struct node *n = f->at[of_command[i]];
        if (!n) continue;
        parse_node_error(p, DIAG_CONFLICT, n, "add a 'command', or leave it out",
                         "'%s' is of a service that prony starts",
                         key_table_row(of_command[i])->name);
    }
}

static void read_service(struct parse *p, const struct node *n, struct service *s)
{
    struct fields f;
    s->ready_within_ns = 30 * NS_PER_S;
    s->stop_within_ns = 5 * NS_PER_S;
    s->stop_signal = SIGTERM;
    s->cwd = p->in->folder;
    if (!parse_node_fields(p, n, PLACE_SERVICE, &f)) return;
    struct bytes cwd = {0};
    p->listener = s;
    if (f.at[KEY_SERVICE_COMMAND]) read_command(p, f.at[KEY_SERVICE_COMMAND], s);
    if (f.at[KEY_SERVICE_ENV]) read_env(p, f.at[KEY_SERVICE_ENV], s);
    p->listener = NULL;
    if (parse_node_text(p, &f, KEY_SERVICE_CWD, &cwd)
        && parse_variable_constant(p, f.at[KEY_SERVICE_CWD], cwd, &cwd)) {
        s->cwd = parse_node_path(p, cwd);
    }
    if (f.at[KEY_SERVICE_STOP]) read_stop(p, f.at[KEY_SERVICE_STOP], s);
    if (!parse_node_bool(p, &f, KEY_SERVICE_KEEP, &s->keep)) s->keep = false;
    bool asked = parse_scrape_all(p, &f, s);
    asked = parse_ask_all(p, &f, s) || asked;
    if (parse_node_text(p, &f, KEY_SERVICE_OTLP, &s->otlp)
        && parse_variable_constant(p, f.at[KEY_SERVICE_OTLP], s->otlp, &s->otlp)) {
        asked = true;
    }
    asked = parse_attach_all(p, &f, s) || asked;
    asked = parse_log_all(p, &f, s) || asked;
    if (!f.at[KEY_SERVICE_COMMAND]) {
        tell_unstarted(p, &f, s, asked);
        return;
    }
    s->ready = s->port != 0 ? READY_PORT : READY_NONE;
    if (f.at[KEY_SERVICE_READY]) read_ready(p, f.at[KEY_SERVICE_READY], s);
}

void parse_service_all(struct parse *p, const struct node *n)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < n->count && next < p->plan->service_count; i++) {
        struct service *s = &p->plan->services[next];
        if (!bytes_equal(s->name, n->items[i].key->text)) continue; /* its name has been told */
        p->service = s;
        p->constant = true;
        read_service(p, n->items[i].value, s);
        p->constant = false;
        p->service = NULL;
        next++;
    }
}
