/* access_format.h - how the lines of an access log are written: nginx's log_format, Apache's
 * LogFormat, HAProxy's httplog, or JSON.
 *
 * Why: people know their format as the text that stands in their server's configuration, so that
 * is what they give; what most have is known by name, and can be guessed from lines.
 * Source: nginx, ngx_http_log_module and ngx_http_upstream_module; Apache HTTP Server,
 * mod_log_config; HAProxy, "HTTP log format".
 * Thread: any; read only once made.  Memory: in place. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

#define ACCESS_FORMAT_BYTES 2048
#define ACCESS_ITEMS 64
#define ACCESS_NAMES 12

enum access_kind { ACCESS_ITEMS_KIND, ACCESS_HAPROXY, ACCESS_JSON };

/* What a part of a line says. */
enum access_role {
    ACCESS_SKIP,
    ACCESS_REQUEST, /* "GET /path HTTP/1.1" */
    ACCESS_METHOD,
    ACCESS_PATH,
    ACCESS_ROUTE, /* a template of paths */
    ACCESS_STATUS,
    ACCESS_TIME,       /* of the end; how it is written shows */
    ACCESS_TIME_START, /* of the start */
    ACCESS_DURATION,
    ACCESS_QUEUE,   /* of it, waiting for a server */
    ACCESS_CONNECT, /* connecting to it */
    ACCESS_SERVER,  /* waiting for its answer */
    ACCESS_ROLES
};

/* Of a duration. */
enum access_unit {
    ACCESS_S,
    ACCESS_MS,
    ACCESS_US,
    ACCESS_NS,
    ACCESS_S_PARTS,   /* seconds, with parts of a second: else it is something else */
    ACCESS_WHOLE_US,  /* microseconds, without */
    ACCESS_UNIT_SAID, /* in the value: "12ms"; a bare number with parts is seconds */
};

/* `literal`, and then what it says. The last one's role is ACCESS_SKIP. */
struct access_item {
    struct bytes literal;
    enum access_role role;
    enum access_unit unit;
    bool lists; /* "0.001, 0.002 : 0.003": of several servers, one after the other */
};

/* A member of JSON that somebody named. */
struct access_name {
    enum access_role role;
    enum access_unit unit;
    struct bytes path;
};

struct access_format {
    enum access_kind kind;
    bool open; /* anything may stand behind the last item */
    struct access_item items[ACCESS_ITEMS];
    struct access_name names[ACCESS_NAMES];
    uint32_t item_count, name_count;
    char text[ACCESS_FORMAT_BYTES];
    size_t text_used;
};

/* What `format:` may say: a log_format (with `$`) or LogFormat (with `%`) as it stands in the
 * configuration, a name (`combined`, `common`, `haproxy`, `json`), or `json` and names of members:
 * `json duration=took:ms status=code`. False: `*why` (static, a clause) and `*error_at`, its offset
 * in `text`. `*out` points into itself: not to be copied. */
MUST_USE bool access_format_compile(struct access_format *out, struct bytes text, const char **why,
                                    size_t *error_at);
/* Formats that are guessed, the most special first, each as a text for access_format_compile();
 * NULL: past the end. `*name`: what it is to people. */
const char *access_format_known(uint32_t index, const char **name);
/* Makes the format of that row; `family`: "nginx", "apache", "" for any. False: it is of another.
 */
bool access_format_take(struct access_format *out, uint32_t index, struct bytes family);
