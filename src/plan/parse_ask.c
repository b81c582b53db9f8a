/* Keys of a service that say where it is asked in its own protocol: `postgres:`, `redis:`, ... */
#include "plan/parse_priv.h"

#include "wire/url.h"

static const struct {
    enum key key;
    uint16_t port;
} kinds[ASK_KINDS] = {
    [ASK_POSTGRES] = {KEY_SERVICE_POSTGRES, 0},
    [ASK_PGBOUNCER] = {KEY_SERVICE_PGBOUNCER, 0},
    [ASK_REDIS] = {KEY_SERVICE_REDIS, 6379},
    [ASK_MEMCACHED] = {KEY_SERVICE_MEMCACHED, 11211},
};

static bool wrong(struct parse *p, const struct node *n, enum ask_kind kind)
{
    static const char *const hints[ASK_KINDS] = {
        [ASK_POSTGRES] = "postgres://user@host:port/database",
        [ASK_PGBOUNCER] = "postgres://user@host:port/pgbouncer",
        [ASK_REDIS] = "host:port, unix:/path, or redis://:$env.PASSWORD@host:port",
        [ASK_MEMCACHED] = "host:port, or unix:/path",
    };
    return parse_node_error(p, DIAG_SERVICE, n, hints[kind],
                            "'%s' does not understand where the server is", ask_name(kind));
}

/* Whether `text` has a scheme of PostgreSQL and something behind it. */
static bool is_postgres_url(struct bytes text)
{
    struct bytes rest = {0};
    if (bytes_starts(text, BYTES_LIT("postgres://"))) rest = bytes_from(text, 11);
    if (bytes_starts(text, BYTES_LIT("postgresql://"))) rest = bytes_from(text, 13);
    return rest.len > 0 && !memchr(rest.at, ' ', rest.len);
}

/* Takes `user:password@` off the start of what stands behind `redis://`. */
static void take_user(struct parse *p, struct bytes *rest, struct ask *out)
{
    const char *at = rest->len > 0 ? memrchr(rest->at, '@', rest->len) : NULL;
    if (!at) return;
    struct bytes info = {rest->at, (size_t)(at - rest->at)};
    *rest = bytes_from(*rest, info.len + 1);
    size_t colon = bytes_find(info, BYTES_LIT(":"));
    if (colon == SIZE_MAX) return;
    if (colon > 0) out->user = arena_copy(p->arena, (struct bytes){info.at, colon});
    out->password = arena_copy(p->arena, bytes_from(info, colon + 1));
}

/* `host:port`, `unix:/path`, and of redis `redis://user:password@host:port`. */
static bool read_place(struct parse *p, const struct node *n, enum ask_kind kind, struct ask *out)
{
    struct bytes rest = out->text;
    out->port = kinds[kind].port;
    if (bytes_starts(rest, BYTES_LIT("unix:/"))) {
        out->host = rest;
        out->port = 0;
        return true;
    }
    if (kind == ASK_REDIS && bytes_starts(rest, BYTES_LIT("redis://"))) {
        rest = bytes_from(rest, 8);
        take_user(p, &rest, out);
        if (rest.len > 0 && rest.at[rest.len - 1] == '/') rest.len--;
    }
    if (bytes_find(rest, BYTES_LIT("/")) != SIZE_MAX) return wrong(p, n, kind);
    char array[512];
    struct text text = text_in(array, sizeof array);
    text_adds(&text, "http://");
    text_add(&text, rest);
    struct url url;
    enum url_bad bad = URL_BAD_HOST;
    size_t at = 0;
    if (text.cut || !url_parse(&url, text_bytes(&text), &bad, &at) || url.has_userinfo
        || url.has_query) {
        return wrong(p, n, kind);
    }
    out->host = arena_copy(p->arena, url.host);
    size_t written = url.authority.len - (url.ipv6 ? 2 : 0);
    if (written > url.host.len) out->port = url.port;
    return true;
}

static bool read_one(struct parse *p, const struct node *n, enum ask_kind kind, struct ask *out)
{
    struct ask ask = {.at = n->at};
    if (n->text.len == 0) return parse_node_empty(p, n, ask_name(kind));
    if (!parse_variable_constant(p, n, n->text, &ask.text)) return false;
    bool postgres = kind == ASK_POSTGRES || kind == ASK_PGBOUNCER;
    if (postgres && !is_postgres_url(ask.text)) return wrong(p, n, kind);
    if (!postgres && !read_place(p, n, kind, &ask)) return false;
    *out = ask;
    return true;
}

bool parse_ask_all(struct parse *p, struct fields *f, struct service *s)
{
    bool any = false;
    for (unsigned kind = 0; kind < ASK_KINDS; kind++) {
        const struct node *n = f->at[kinds[kind].key];
        if (!n) continue;
        any = true;
        if (!read_one(p, n, (enum ask_kind)kind, &s->asks[kind])) f->bad = true;
    }
    return any;
}
