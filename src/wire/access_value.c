/* What a value of an access line says: a request, a status, a moment, a duration. */
#include "wire/access_priv.h"

#include "base/ns.h"

#define METHOD_BYTES 24
#define LONGEST_S 1e7 /* of a duration: 115 days */

static bool is_method(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        bool letter = b.at[i] >= 'A' && b.at[i] <= 'Z';
        if (!letter && b.at[i] != '-' && b.at[i] != '_') return false;
    }
    return b.len > 0 && b.len <= METHOD_BYTES;
}

/* Without scheme and host, query, fragment and parameters: "http://h/a;j=1?b#c" is "/a". */
static struct bytes bare_path(struct bytes url)
{
    size_t scheme = bytes_find(url, BYTES_LIT("://"));
    if (scheme < 8 && url.at[0] != '/') {
        url = bytes_from(url, scheme + 3);
        const char *slash = memchr(url.at, '/', url.len);
        if (!slash) return BYTES_LIT("/");
        url = bytes_from(url, (size_t)(slash - url.at));
    }
    size_t len = 0;
    while (len < url.len && !bytes_is_any(url.at[len], "?#; ")) len++;
    url.len = len;
    bool fine = len > 0 && (url.at[0] == '/' || bytes_is(url, "*"));
    return fine ? url : (struct bytes){0};
}

/* "GET /path HTTP/1.1". What is no request (a client's garbage) says none. */
static void take_request(struct access_line *out, struct bytes value)
{
    size_t blank = bytes_find(value, BYTES_LIT(" "));
    struct bytes method = {value.at, blank == SIZE_MAX ? 0 : blank};
    if (!is_method(method)) return;
    out->method = method;
    out->path = bare_path(bytes_from(value, blank + 1));
}

static bool take_status(struct access_line *out, struct bytes value)
{
    uint64_t number = 0;
    if (bytes_is(value, "-") || bytes_is(value, "-1")) return true;
    if (!bytes_to_u64(value, &number) || number > 999) return false;
    out->status = (unsigned)number;
    return true;
}

static double unit_s(enum access_unit unit)
{
    switch (unit) {
    case ACCESS_MS:
        return 1e-3;
    case ACCESS_US:
    case ACCESS_WHOLE_US:
        return 1e-6;
    case ACCESS_NS:
        return 1e-9;
    case ACCESS_S:
    case ACCESS_S_PARTS:
    case ACCESS_UNIT_SAID:
        break;
    }
    return 1;
}

/* "1.5ms" without its ending; false: it has none that is known. */
static bool take_ending(struct bytes *value, double *seconds)
{
    static const struct {
        const char *ending;
        double seconds;
    } endings[] = {{"ms", 1e-3}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6}, {"ns", 1e-9}, {"s", 1}};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t len = strlen(endings[i].ending);
        if (value->len <= len) continue;
        if (!bytes_is(bytes_from(*value, value->len - len), endings[i].ending)) continue;
        value->len -= len;
        *value = bytes_trim(*value);
        *seconds = endings[i].seconds;
        return true;
    }
    return false;
}

static bool take_duration(uint64_t *out_ns, enum access_unit unit, struct bytes value)
{
    double number;
    double seconds = unit_s(unit);
    bool said = unit == ACCESS_UNIT_SAID && take_ending(&value, &seconds);
    if (bytes_is(value, "-")) return true;
    bool parts = bytes_find(value, BYTES_LIT(".")) != SIZE_MAX;
    if (unit == ACCESS_S_PARTS && !parts) return false;
    if (unit == ACCESS_WHOLE_US && parts) return false;
    if (unit == ACCESS_UNIT_SAID && !said && !parts) return true; /* of which unit? */
    if (!bytes_to_double(value, &number) || !(number * seconds <= LONGEST_S)) return false;
    if (number >= 0) *out_ns = (uint64_t)(number * seconds * 1e9 + 0.5); /* -1: it did not happen */
    return true;
}

/* "0.001, 0.002 : -": the time with all servers that were tried. */
static bool take_list(uint64_t *out_ns, enum access_unit unit, struct bytes value)
{
    while (value.len > 0) {
        size_t len = 0;
        while (len < value.len && !bytes_is_any(value.at[len], ",: ")) len++;
        uint64_t ns = ACCESS_UNKNOWN;
        struct bytes one = {value.at, len};
        if (len > 0 && !take_duration(&ns, unit, one)) return false;
        if (ns != ACCESS_UNKNOWN) *out_ns = *out_ns == ACCESS_UNKNOWN ? ns : *out_ns + ns;
        value = bytes_from(value, len + 1);
    }
    return true;
}

static bool take_when(struct access_line *out, bool starts, struct bytes value)
{
    if (value.len > 1 && value.at[0] == '[' && value.at[value.len - 1] == ']') {
        value = (struct bytes){value.at + 1, value.len - 2};
    }
    if (bytes_is(value, "-")) return true;
    if (!when_text_any(value, &out->when)) return false;
    out->has_when = true;
    out->starts = starts;
    return true;
}

bool access_value(struct access_line *out, enum access_role role, enum access_unit unit,
                  struct bytes value)
{
    switch (role) {
    case ACCESS_REQUEST:
        take_request(out, value);
        return true;
    case ACCESS_METHOD:
        if (is_method(value)) out->method = value;
        return true;
    case ACCESS_PATH:
        if (!out->is_route) out->path = bare_path(value);
        return true;
    case ACCESS_ROUTE:
        out->is_route = value.len > 0 && value.at[0] == '/';
        if (out->is_route) out->path = value;
        return true;
    case ACCESS_STATUS:
        return take_status(out, value);
    case ACCESS_TIME:
    case ACCESS_TIME_START:
        return take_when(out, role == ACCESS_TIME_START, value);
    case ACCESS_DURATION:
        return take_duration(&out->duration_ns, unit, value);
    case ACCESS_QUEUE:
        return take_list(&out->queue_ns, unit, value);
    case ACCESS_CONNECT:
        return take_list(&out->connect_ns, unit, value);
    case ACCESS_SERVER:
        return take_list(&out->server_ns, unit, value);
    case ACCESS_SKIP:
    case ACCESS_ROLES:
        break;
    }
    return true;
}
