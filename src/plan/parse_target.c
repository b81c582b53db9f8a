#include "plan/parse_priv.h"

#include "wire/url.h"

#define HTTP_PORT 80
#define HTTPS_PORT 443
#define UNIX_PATH_MAX 107 /* what the kernel's struct holds beside a NUL */

static bool wrong(struct parse *p, const struct node *n, const char *hint, const char *cause)
{
    return parse_node_error(p, DIAG_TARGET, n, hint, "%s", cause);
}

static uint16_t default_port(const struct target *t)
{
    return t->tls ? HTTPS_PORT : HTTP_PORT;
}

/* Length of what was meant as its scheme: `http:/host`, `http:host`, `https//host`. */
static size_t misspelt_scheme(struct bytes url)
{
    static const char *const starts[] = {"https:", "https/", "http:", "http/"};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (bytes_starts(url, bytes_of(starts[i]))) return strlen(starts[i]);
    }
    return 0;
}

/* All of it came from a variable of the environment, which is empty. */
static bool tell_empty(struct parse *p, const struct node *n)
{
    char hint[160];
    struct text t = text_in(hint, sizeof hint);
    struct bytes start = BYTES_LIT("$env.");
    if (!bytes_starts(n->text, start))
        return wrong(p, n, "write http://HOST:PORT", "a target is empty");
    struct bytes name = bytes_from(n->text, start.len);
    text_addf(&t, "export %.*s=http://HOST:PORT", BYTES_ARG(name));
    return parse_node_error(p, DIAG_TARGET, n, hint,
                            "the environment variable %.*s is set, but empty", BYTES_ARG(name));
}

/* Length of the scheme of `url` with its slashes, 0 where it is told. */
static size_t read_scheme(struct parse *p, const struct node *n, struct bytes url,
                          struct target *out)
{
    if (url.len == 0) {
        tell_empty(p, n);
        return 0;
    }
    out->tls = bytes_starts(url, BYTES_LIT("https://"));
    if (out->tls) return strlen("https://");
    if (bytes_starts(url, BYTES_LIT("http://"))) return strlen("http://");
    size_t colon = bytes_find(url, BYTES_LIT("://"));
    if (colon == SIZE_MAX) {
        char hint[160];
        struct text t = text_in(hint, sizeof hint);
        struct bytes rest = bytes_from(url, misspelt_scheme(url));
        while (bytes_starts(rest, BYTES_LIT("/"))) rest = bytes_from(rest, 1);
        bool tls = bytes_starts(url, BYTES_LIT("https")) && rest.len < url.len;
        text_addf(&t, "write %s://%.*s", tls ? "https" : "http", BYTES_ARG(rest));
        wrong(p, n, hint, "a target is a URL that begins with http:// or https://");
    } else {
        parse_node_error(p, DIAG_TARGET, n, "a target begins with http://, https:// or unix:/",
                         "there is no way to speak '%.*s'", (int)colon, url.at);
    }
    return 0;
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
        if (!url_is_address(out->host)) {
            return wrong(p, n, "write http://[::1]:8080",
                         "what stands between '[' and ']' is no IPv6 address");
        }
    } else {
        if (host_len == SIZE_MAX) host_len = authority.len;
        out->host = (struct bytes){authority.at, host_len};
        port = bytes_from(authority, host_len);
    }
    out->port = default_port(out);
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

/* The path behind host or socket: visible, and without slashes at its end. */
static bool read_base(struct parse *p, const struct node *n, struct bytes base, struct target *out)
{
    out->base_path = base;
    while (out->base_path.len > 0 && out->base_path.at[out->base_path.len - 1] == '/') {
        out->base_path.len--;
    }
    for (size_t i = 0; i < out->base_path.len; i++) {
        unsigned char c = (unsigned char)out->base_path.at[i];
        if (c <= ' ' || c >= 0x7f)
            return wrong(p, n, "percent-encode it", "a path has only visible ASCII");
    }
    return true;
}

/* Names the target without its default port, as the Host header wants it. */
static void name_target(struct parse *p, struct target *out)
{
    char array[512];
    struct text t = text_in(array, sizeof array);
    bool v6 = bytes_find(out->host, BYTES_LIT(":")) != SIZE_MAX;
    text_addf(&t, v6 ? "[%.*s]" : "%.*s", BYTES_ARG(out->host));
    if (out->port != default_port(out)) text_addf(&t, ":%u", out->port);
    out->authority = arena_copy(p->arena, text_bytes(&t));
    text_clear(&t);
    text_addf(&t, "%s://%.*s%.*s", out->tls ? "https" : "http", BYTES_ARG(out->authority),
              BYTES_ARG(out->base_path));
    out->text = arena_copy(p->arena, text_bytes(&t));
}

static bool check_socket(struct parse *p, const struct node *n, struct bytes socket)
{
    if (socket.len == 0 || socket.at[0] != '/') {
        return wrong(p, n, "write unix:/run/app.sock", "the path of a unix socket begins with '/'");
    }
    if (socket.len <= UNIX_PATH_MAX) return true;
    return wrong(p, n, "move it to a shorter path",
                 "the path of a unix socket has at most 107 bytes");
}

/* unix:/path, or unix:/path:/base */
static bool read_socket(struct parse *p, const struct node *n, struct bytes url, struct target *out)
{
    size_t prefix = strlen("unix:");
    struct bytes rest = bytes_from(url, prefix);
    size_t colon = bytes_find(rest, BYTES_LIT(":"));
    struct bytes socket = {rest.at, colon == SIZE_MAX ? rest.len : colon};
    if (!check_socket(p, n, socket)) return false;
    out->text = arena_copy(p->arena, url);
    out->address = arena_copy(p->arena, (struct bytes){url.at, prefix + socket.len});
    out->host = out->authority = BYTES_LIT("localhost");
    out->port = HTTP_PORT;
    if (colon == SIZE_MAX) return true;
    struct bytes base = bytes_from(rest, colon + 1);
    if (bytes_starts(base, BYTES_LIT("/"))) return read_base(p, n, base, out);
    return wrong(p, n, "write unix:/run/app.sock:/base", "a base path begins with '/'");
}

static bool read_target(struct parse *p, const struct node *n, struct target *out)
{
    struct bytes url = {0};
    if (n->kind != NODE_SCALAR) return parse_node_is(p, n, SHAPE_SCALAR, "target");
    if (n->text.len == 0) return parse_node_empty(p, n, "target");
    if (!parse_variable_constant(p, n, n->text, &url)) return false;
    *out = (struct target){.at = n->at};
    if (bytes_starts(url, BYTES_LIT("unix:"))) return read_socket(p, n, url, out);
    size_t scheme = read_scheme(p, n, url, out);
    if (scheme == 0) return false;

    struct bytes rest = bytes_from(url, scheme);
    size_t slash = bytes_find(rest, BYTES_LIT("/"));
    if (memchr(url.at, '?', url.len) || memchr(url.at, '#', url.len)) {
        return wrong(p, n, "give the query with each step",
                     "a target has no query and no fragment");
    }
    if (slash == SIZE_MAX) slash = rest.len;
    if (!read_authority(p, n, (struct bytes){rest.at, slash}, out)) return false;
    out->host = arena_copy(p->arena, out->host);
    if (!read_base(p, n, bytes_from(rest, slash), out)) return false;
    name_target(p, out);
    return true;
}

/* -- Where hosts are, and where connections come from ----------------------------------------- */

/* `name` or `name:port`; an IPv6 address is no name. */
static bool read_host_name(struct parse *p, const struct node *n, struct host_entry *out)
{
    size_t colon = bytes_find(n->text, BYTES_LIT(":"));
    uint64_t port = 0;
    out->name = n->text;
    if (colon == SIZE_MAX) return true;
    out->name.len = colon;
    if (bytes_to_u64(bytes_from(n->text, colon + 1), &port) && port > 0 && port <= UINT16_MAX) {
        out->port = (uint16_t)port;
        return true;
    }
    return parse_node_error(p, DIAG_ADDRESS, n, "write NAME: ADDRESS, or \"NAME:443\": ADDRESS",
                            "'%.*s' is no name of a host", BYTES_ARG(n->text));
}

static bool read_address(struct parse *p, const struct node *n, bool or_socket, struct bytes *out)
{
    struct bytes text = {0};
    if (!parse_node_is(p, n, SHAPE_SCALAR, "an address")) return false;
    if (!parse_variable_constant(p, n, n->text, &text)) return false;
    if (or_socket && bytes_starts(text, BYTES_LIT("unix:"))) {
        if (!check_socket(p, n, bytes_from(text, strlen("unix:")))) return false;
    } else if (!url_is_address(text)) {
        return parse_node_error(p, DIAG_ADDRESS, n,
                                or_socket ? "write 127.0.0.1, ::1 or unix:/path"
                                          : "write 127.0.0.1 or ::1",
                                "'%.*s' is no address", BYTES_ARG(text));
    }
    *out = arena_copy(p->arena, text);
    return true;
}

/* Whether any target is of that host, and so is there. */
static bool apply_host(struct plan *plan, const struct host_entry *host)
{
    bool used = false;
    for (uint32_t i = 0; i < plan->target_count; i++) {
        struct target *t = &plan->targets[i];
        if (!bytes_same_nocase(t->host, host->name)) continue;
        if (host->port > 0 && host->port != t->port) continue;
        if (t->address.len == 0) t->address = host->address;
        used = true;
    }
    return used;
}

static void read_hosts(struct parse *p, const struct node *n)
{
    struct plan *plan = p->plan;
    if (!parse_node_is(p, n, SHAPE_MAP, "hosts")) return;
    plan->hosts = ARENA_ARRAY(p->arena, n->count, struct host_entry);
    for (uint32_t i = 0; i < n->count && plan->hosts; i++) {
        const struct node *key = n->items[i].key;
        struct host_entry *host = &plan->hosts[plan->host_count];
        *host = (struct host_entry){.at = key->at};
        if (!read_host_name(p, key, host)) continue;
        if (!read_address(p, n->items[i].value, true, &host->address)) continue;
        plan->host_count++;
        if (apply_host(plan, host) || plan->target_count == 0) continue;
        parse_node_error(p, DIAG_UNKNOWN_NAME, key, "a host stands here as it does in 'target'",
                         "no target has the host '%.*s'", BYTES_ARG(key->text));
    }
}

void parse_target_sources(struct parse *p, const struct node *n)
{
    struct plan *plan = p->plan;
    bool list = n->kind == NODE_LIST;
    uint32_t count = list ? n->count : 1;
    if (count == 0) parse_node_error(p, DIAG_MISSING, n, NULL, "'source' is an empty list");
    plan->sources = ARENA_ARRAY(p->arena, count, struct bytes);
    p->constant = true;
    for (uint32_t i = 0; i < count && plan->sources; i++) {
        const struct node *item = list ? n->items[i].value : n;
        if (read_address(p, item, false, &plan->sources[plan->source_count])) plan->source_count++;
    }
    p->constant = false;
}

void parse_target_all(struct parse *p, const struct node *n, const struct node *hosts)
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
    if (hosts) read_hosts(p, hosts);
}

bool parse_target_holds(const struct plan *plan, struct bytes url)
{
    for (uint32_t i = 0; i < plan->target_count; i++) {
        const struct target *t = &plan->targets[i];
        struct bytes start = t->tls ? BYTES_LIT("https://") : BYTES_LIT("http://");
        if (!bytes_starts(url, start)) continue;
        struct bytes rest = bytes_from(url, start.len);
        if (!bytes_starts(rest, t->authority)) continue;
        rest = bytes_from(rest, t->authority.len);
        if (rest.len == 0 || rest.at[0] == '/' || rest.at[0] == '?') return true;
    }
    return false;
}
