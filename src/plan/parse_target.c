#include "plan/parse_priv.h"

#define HTTP_PORT 80

static bool wrong(struct parse *p, const struct node *n, const char *hint, const char *cause)
{
    return parse_node_error(p, DIAG_TARGET, n, hint, "%s", cause);
}

static bool check_scheme(struct parse *p, const struct node *n, struct bytes url)
{
    if (bytes_starts(url, BYTES_LIT("http://"))) return true;
    size_t colon = bytes_find(url, BYTES_LIT("://"));
    if (colon == SIZE_MAX) {
        char hint[160];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "write http://%.*s", BYTES_ARG(url));
        return wrong(p, n, hint, "a target is a URL that begins with http://");
    }
    return parse_node_error(p, DIAG_TARGET, n, "a target begins with http://",
                            "there is no way to speak '%.*s'", (int)colon, url.at);
}

/* `host`, `host:port` or `[v6]:port` into `out`. */
static bool read_authority(struct parse *p, const struct node *n, struct bytes authority,
                           struct target *out)
{
    struct bytes port = {0};
    if (bytes_find(authority, BYTES_LIT("@")) != SIZE_MAX) {
        return wrong(p, n, "send an Authorization header, with the secret in $env.X",
                     "a target holds no user and password");
    }
    size_t host_len = bytes_find(authority, BYTES_LIT(":"));
    if (bytes_starts(authority, BYTES_LIT("["))) {
        size_t close = bytes_find(authority, BYTES_LIT("]"));
        if (close == SIZE_MAX) return wrong(p, n, "write http://[::1]:8080", "']' is missing");
        out->host = (struct bytes){authority.at + 1, close - 1};
        port = bytes_from(authority, close + 1);
    } else {
        if (host_len == SIZE_MAX) host_len = authority.len;
        out->host = (struct bytes){authority.at, host_len};
        port = bytes_from(authority, host_len);
    }
    out->port = HTTP_PORT;
    if (port.len > 0) {
        uint64_t number = 0;
        bool digits = port.at[0] == ':' && bytes_to_u64(bytes_from(port, 1), &number);
        if (!digits || number == 0 || number > UINT16_MAX) {
            return wrong(p, n, "a port is a number from 1 to 65535",
                         "the port of this target is none");
        }
        out->port = (uint16_t)number;
    }
    for (size_t i = 0; i < out->host.len; i++) {
        unsigned char c = (unsigned char)out->host.at[i];
        if (c <= ' ' || c >= 0x7f)
            return wrong(p, n, NULL, "a host name has only visible ASCII letters");
    }
    if (out->host.len == 0)
        return wrong(p, n, "write http://127.0.0.1:8080", "this target has no host");
    return true;
}

/* Names the target without its default port, as the Host header wants it. */
static void name_target(struct parse *p, struct target *out)
{
    char array[512];
    struct text t = text_in(array, sizeof array);
    bool v6 = bytes_find(out->host, BYTES_LIT(":")) != SIZE_MAX;
    text_addf(&t, v6 ? "[%.*s]" : "%.*s", BYTES_ARG(out->host));
    if (out->port != HTTP_PORT) text_addf(&t, ":%u", out->port);
    out->authority = arena_copy(p->arena, text_bytes(&t));
    text_clear(&t);
    text_addf(&t, "http://%.*s%.*s", BYTES_ARG(out->authority), BYTES_ARG(out->base_path));
    out->text = arena_copy(p->arena, text_bytes(&t));
}

static bool read_target(struct parse *p, const struct node *n, struct target *out)
{
    struct bytes url = {0};
    if (n->kind != NODE_SCALAR) return parse_node_is(p, n, SHAPE_SCALAR, "target");
    if (n->text.len == 0) return parse_node_empty(p, n, "target");
    if (!parse_variable_constant(p, n, n->text, &url)) return false;
    if (!check_scheme(p, n, url)) return false;

    struct bytes rest = bytes_from(url, strlen("http://"));
    size_t slash = bytes_find(rest, BYTES_LIT("/"));
    if (memchr(url.at, '?', url.len) || memchr(url.at, '#', url.len)) {
        return wrong(p, n, "give the query with each step",
                     "a target has no query and no fragment");
    }
    *out = (struct target){.at = n->at};
    if (slash == SIZE_MAX) slash = rest.len;
    if (!read_authority(p, n, (struct bytes){rest.at, slash}, out)) return false;
    out->base_path = bytes_from(rest, slash);
    while (out->base_path.len > 0 && out->base_path.at[out->base_path.len - 1] == '/') {
        out->base_path.len--;
    }
    for (size_t i = 0; i < out->base_path.len; i++) {
        unsigned char c = (unsigned char)out->base_path.at[i];
        if (c <= ' ' || c >= 0x7f)
            return wrong(p, n, "percent-encode it", "a path has only visible ASCII");
    }
    name_target(p, out);
    return true;
}

void parse_target_all(struct parse *p, const struct node *n)
{
    struct plan *plan = p->plan;
    bool list = n->kind == NODE_LIST;
    uint32_t count = list ? n->count : 1;
    if (count == 0) parse_node_error(p, DIAG_MISSING, n, NULL, "'target' is an empty list");
    plan->targets = ARENA_ARRAY(p->arena, count, struct target);
    for (uint32_t i = 0; i < count && plan->targets; i++) {
        const struct node *item = list ? n->items[i].value : n;
        if (read_target(p, item, &plan->targets[plan->target_count])) plan->target_count++;
    }
}

bool parse_target_holds(const struct plan *plan, struct bytes url)
{
    for (uint32_t i = 0; i < plan->target_count; i++) {
        struct bytes start = BYTES_LIT("http://");
        struct bytes authority = plan->targets[i].authority;
        if (!bytes_starts(url, start)) return false;
        struct bytes rest = bytes_from(url, start.len);
        if (!bytes_starts(rest, authority)) continue;
        rest = bytes_from(rest, authority.len);
        if (rest.len == 0 || rest.at[0] == '/' || rest.at[0] == '?') return true;
    }
    return false;
}
