/* Keys of a service that say how one that runs already is found: `pid:`, `port:`, `unit:`, ... */
#include "plan/attach.h"

#include "plan/parse_priv.h"

#define PID_MOST (UINT64_C(1) << 22) /* proc(5), pid_max */
#define PORT_MOST 65535

static const struct {
    enum key key;
    const char *hint;
} kinds[ATTACH_KINDS] = {
    [ATTACH_PID] = {KEY_SERVICE_PID, "its number, or a file that holds it: /run/x.pid"},
    [ATTACH_PORT] = {KEY_SERVICE_PORT, "1 to 65535: the port at which it listens"},
    [ATTACH_PROCESS] = {KEY_SERVICE_PROCESS, "a name as ps -o comm shows it: nginx"},
    [ATTACH_CGROUP] = {KEY_SERVICE_CGROUP, "a path from '/': /system.slice/x.service"},
    [ATTACH_UNIT] = {KEY_SERVICE_UNIT, "a name of systemd's: nginx.service"},
};

static bool wrong(struct parse *p, const struct node *n, enum attach_kind kind)
{
    return parse_node_error(p, DIAG_SERVICE, n, kinds[kind].hint, "'%s' does not understand this",
                            attach_name(kind));
}

static bool read_pid(struct parse *p, const struct node *n, struct attach *out)
{
    if (bytes_to_u64(out->text, &out->number)) {
        out->text = (struct bytes){0};
        return (out->number > 0 && out->number <= PID_MOST) || wrong(p, n, ATTACH_PID);
    }
    if (!memchr(out->text.at, '/', out->text.len)) return wrong(p, n, ATTACH_PID);
    out->text = parse_node_path(p, out->text);
    return true;
}

static bool read_port(struct parse *p, const struct node *n, struct attach *out)
{
    bool fine =
        bytes_to_u64(out->text, &out->number) && out->number > 0 && out->number <= PORT_MOST;
    out->text = (struct bytes){0};
    return fine || wrong(p, n, ATTACH_PORT);
}

static bool read_cgroup(struct parse *p, const struct node *n, struct attach *out)
{
    while (out->text.len > 1 && out->text.at[out->text.len - 1] == '/') out->text.len--;
    out->text = arena_copy(p->arena, out->text);
    bool fine = out->text.len > 1 && out->text.at[0] == '/'
                && bytes_find(out->text, BYTES_LIT("/..")) == SIZE_MAX;
    return fine || wrong(p, n, ATTACH_CGROUP);
}

/* systemctl's rule: without an ending it is a service. */
static bool read_unit(struct parse *p, const struct node *n, struct attach *out)
{
    char array[300];
    struct text name = text_in(array, sizeof array);
    text_add(&name, out->text);
    if (!memchr(out->text.at, '.', out->text.len)) text_adds(&name, ".service");
    if (name.cut || memchr(out->text.at, '/', out->text.len)) return wrong(p, n, ATTACH_UNIT);
    out->text = arena_copy(p->arena, text_bytes(&name));
    return true;
}

static bool read_one(struct parse *p, const struct node *n, enum attach_kind kind,
                     struct attach *out)
{
    *out = (struct attach){.at = n->at, .kind = kind};
    if (n->text.len == 0) return parse_node_empty(p, n, attach_name(kind));
    if (!parse_variable_constant(p, n, n->text, &out->text)) return false;
    if (out->text.len == 0) return wrong(p, n, kind);
    switch (kind) {
    case ATTACH_PID:
        return read_pid(p, n, out);
    case ATTACH_PORT:
        return read_port(p, n, out);
    case ATTACH_PROCESS:
        return !memchr(out->text.at, '/', out->text.len) || wrong(p, n, kind);
    case ATTACH_CGROUP:
        return read_cgroup(p, n, out);
    case ATTACH_UNIT:
        return read_unit(p, n, out);
    case ATTACH_NONE:
    case ATTACH_KINDS:
        break;
    }
    return false;
}

uint16_t parse_attach_port(const struct node *service)
{
    for (uint32_t i = 0; service->kind == NODE_MAP && i < service->count; i++) {
        const struct node *value = service->items[i].value;
        uint64_t port;
        if (!bytes_is(service->items[i].key->text, "port") || value->kind != NODE_SCALAR) continue;
        if (bytes_to_u64(value->text, &port) && port <= PORT_MOST) return (uint16_t)port;
    }
    return 0;
}

/* Each of these keys beside another that finds or starts it. */
static void tell_conflict(struct parse *p, struct fields *f, const struct node *n, const char *name,
                          const char *other)
{
    f->bad = true;
    parse_node_error(p, DIAG_CONFLICT, n, "leave one of the two out",
                     "'%s' stands beside '%s': a service is found in one way", name, other);
}

bool parse_attach_all(struct parse *p, struct fields *f, struct service *s)
{
    const char *first = f->at[KEY_SERVICE_COMMAND] ? "command" : NULL;
    bool any = false;
    for (unsigned kind = ATTACH_NONE + 1; kind < ATTACH_KINDS; kind++) {
        const struct node *n = f->at[kinds[kind].key];
        if (!n) continue;
        any = true;
        if (first) {
            tell_conflict(p, f, n, attach_name(kind), first);
            continue;
        }
        first = attach_name(kind);
        struct attach found;
        if (read_one(p, n, (enum attach_kind)kind, &found)) s->attach = found;
        else f->bad = true;
    }
    const struct node *required = f->at[KEY_SERVICE_REQUIRED];
    if (!parse_node_bool(p, f, KEY_SERVICE_REQUIRED, &s->attach.required)) return any;
    s->scrape.required = s->attach.required;
    if (!any && !f->at[KEY_SERVICE_METRICS]) {
        f->bad = true;
        parse_node_error(p, DIAG_CONFLICT, required, "add how it is found: pid, port, process, ...",
                         "'required' is of a service that runs already, or has metrics");
    }
    return any;
}
