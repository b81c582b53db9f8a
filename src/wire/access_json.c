/* Access lines that are JSON: members as common loggers name them, and as the format says. */
#include "base/ns.h"
#include "wire/access_priv.h"
#include "wire/json_leaf.h"

/* nginx, Caddy, Traefik, pino-http, Echo, ECS and OpenTelemetry among them. A name that stands for
 * different units in different loggers is taken only where the value says its unit. */
static const struct access_known {
    const char *path;
    enum access_role role;
    enum access_unit unit;
} known[] = {
    {"request.method", ACCESS_METHOD, 0},
    {"req.method", ACCESS_METHOD, 0},
    {"http.method", ACCESS_METHOD, 0},
    {"http.request.method", ACCESS_METHOD, 0},
    {"httpRequest.requestMethod", ACCESS_METHOD, 0},
    {"RequestMethod", ACCESS_METHOD, 0},
    {"request_method", ACCESS_METHOD, 0},
    {"method", ACCESS_METHOD, 0},
    {"verb", ACCESS_METHOD, 0},
    {"http.route", ACCESS_ROUTE, 0},
    {"route", ACCESS_ROUTE, 0},
    {"request.uri", ACCESS_PATH, 0},
    {"req.url", ACCESS_PATH, 0},
    {"http.target", ACCESS_PATH, 0},
    {"url.path", ACCESS_PATH, 0},
    {"httpRequest.requestUrl", ACCESS_PATH, 0},
    {"RequestPath", ACCESS_PATH, 0},
    {"request_uri", ACCESS_PATH, 0},
    {"uri", ACCESS_PATH, 0},
    {"path", ACCESS_PATH, 0},
    {"url", ACCESS_PATH, 0},
    {"request", ACCESS_REQUEST, 0},
    {"request_line", ACCESS_REQUEST, 0},
    {"res.statusCode", ACCESS_STATUS, 0},
    {"response.status", ACCESS_STATUS, 0},
    {"http.status_code", ACCESS_STATUS, 0},
    {"http.response.status_code", ACCESS_STATUS, 0},
    {"httpRequest.status", ACCESS_STATUS, 0},
    {"DownstreamStatus", ACCESS_STATUS, 0},
    {"status", ACCESS_STATUS, 0},
    {"status_code", ACCESS_STATUS, 0},
    {"statusCode", ACCESS_STATUS, 0},
    {"Duration", ACCESS_DURATION, ACCESS_NS},
    {"event.duration", ACCESS_DURATION, ACCESS_NS},
    {"request_time", ACCESS_DURATION, ACCESS_UNIT_SAID},
    {"responseTime", ACCESS_DURATION, ACCESS_MS},
    {"duration_s", ACCESS_DURATION, ACCESS_S},
    {"duration_ms", ACCESS_DURATION, ACCESS_MS},
    {"duration_us", ACCESS_DURATION, ACCESS_US},
    {"duration_ns", ACCESS_DURATION, ACCESS_NS},
    {"latency_ms", ACCESS_DURATION, ACCESS_MS},
    {"latency_ns", ACCESS_DURATION, ACCESS_NS},
    {"elapsed_ms", ACCESS_DURATION, ACCESS_MS},
    {"response_time_ms", ACCESS_DURATION, ACCESS_MS},
    {"latency_human", ACCESS_DURATION, ACCESS_UNIT_SAID},
    {"httpRequest.latency", ACCESS_DURATION, ACCESS_UNIT_SAID},
    {"duration", ACCESS_DURATION, ACCESS_UNIT_SAID},
    {"latency", ACCESS_DURATION, ACCESS_UNIT_SAID},
    {"elapsed", ACCESS_DURATION, ACCESS_UNIT_SAID},
    {"response_time", ACCESS_DURATION, ACCESS_UNIT_SAID},
    {"OriginDuration", ACCESS_SERVER, ACCESS_NS},
    {"upstream_response_time", ACCESS_SERVER, ACCESS_S},
    {"upstream_connect_time", ACCESS_CONNECT, ACCESS_S},
    {"@timestamp", ACCESS_TIME, 0},
    {"timestamp", ACCESS_TIME, 0},
    {"time", ACCESS_TIME, 0},
    {"ts", ACCESS_TIME, 0},
    {"msec", ACCESS_TIME, 0},
    {"time_iso8601", ACCESS_TIME, 0},
    {"time_local", ACCESS_TIME, 0},
};

/* Whether it is of somebody's own naming; `*role`: ACCESS_SKIP where that role has another name. */
static bool is_named(const struct access_format *f, struct bytes path, struct access_name *out)
{
    for (uint32_t i = 0; i < f->name_count; i++) {
        if (!bytes_equal(f->names[i].path, path)) continue;
        *out = f->names[i];
        return true;
    }
    return false;
}

static bool has_own(const struct access_format *f, enum access_role role)
{
    bool time = role == ACCESS_TIME || role == ACCESS_TIME_START;
    for (uint32_t i = 0; i < f->name_count; i++) {
        enum access_role own = f->names[i].role;
        if (own == role || (time && (own == ACCESS_TIME || own == ACCESS_TIME_START))) return true;
    }
    return false;
}

/* The rank of a known one: the lower, the surer; COUNT_OF(known): it is none. */
static size_t rank_of(struct bytes path)
{
    size_t i = 0;
    while (i < COUNT_OF(known) && !bytes_is(path, known[i].path)) i++;
    return i;
}

/* The value as it is meant: one with escapes is put into the line's room. */
static struct bytes plain(struct access_line *out, size_t *used, const struct json_leaf *leaf)
{
    size_t len;
    bool escaped = leaf->kind == JSON_STRING && memchr(leaf->value.at, '\\', leaf->value.len);
    if (!escaped) return leaf->value;
    char *to = out->room + *used;
    if (!json_unescape(to, sizeof out->room - *used, leaf->value, &len)) return (struct bytes){0};
    *used += len;
    return (struct bytes){to, len};
}

/* Of several members that say the same, the one that stands first in the table counts. */
struct taking {
    size_t ranks[ACCESS_ROLES];
    size_t used; /* of the room */
};

static bool take(const struct access_format *f, struct taking *t, const struct json_leaf *leaf,
                 struct access_line *out)
{
    struct access_name name;
    size_t rank = 0;
    bool own = is_named(f, leaf->path, &name);
    if (!own) {
        rank = rank_of(leaf->path) + 1;
        if (rank > COUNT_OF(known)) return true;
        name = (struct access_name){known[rank - 1].role, known[rank - 1].unit, leaf->path};
        if (has_own(f, name.role) || rank >= t->ranks[name.role]) return true;
    }
    if (leaf->kind != JSON_STRING && leaf->kind != JSON_NUMBER) return true;
    struct bytes value = leaf->kind == JSON_STRING ? plain(out, &t->used, leaf) : leaf->value;
    if (value.len == 0) return true;
    bool fine = access_value(out, name.role, name.unit, value);
    if (fine) t->ranks[name.role] = rank;
    return fine || !own; /* what only has such a name may be something else */
}

bool access_json(const struct access_format *format, struct bytes line, struct access_line *out)
{
    struct json_leaves leaves;
    struct json_leaf leaf;
    struct taking t = {.used = 0};
    for (size_t i = 0; i < COUNT_OF(t.ranks); i++) t.ranks[i] = SIZE_MAX;
    if (!json_leaf_begin(&leaves, line)) return false;
    enum json_kind got;
    while ((got = json_leaf_next(&leaves, &leaf)) == JSON_STRING) {
        if (!take(format, &t, &leaf, out)) return false;
    }
    bool said = out->status > 0 || out->method.len > 0 || out->path.len > 0;
    return got == JSON_NONE && said;
}
