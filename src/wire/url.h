/* url.h - takes http URLs apart, and encodes what is put into them.
 *
 * Why our own: a plan's mistake must be named with its place, a password must be kept apart so that
 * it can be masked, and encoding happens for each request, without allocation.
 * Source: RFC 3986, RFC 9110 §4.2.  Deviations: userinfo ends at the last `@` (a password that
 * holds one is masked whole); an empty port is an error (most often a variable that is empty); host
 * names are ASCII letters, digits, hyphen, underscore and dot; IPv6 zones are refused.
 * Thread: any.  Memory: none; views into the text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/text.h"

struct url {
    bool tls; /* https */
    bool ipv6;
    bool has_userinfo, has_query; /* tells an empty one from none */
    uint16_t port;                /* 80 or 443 where the text has none */
    struct bytes userinfo;        /* "user:password" as written, still encoded */
    struct bytes host;            /* without the brackets of an IPv6 address */
    struct bytes authority;       /* host and port as written: what a Host header says */
    struct bytes path;            /* from its first slash; "/" (static) where the text has none */
    struct bytes query;           /* without the question mark */
};                                /* a fragment is checked and dropped: it is never sent */

#define URL_BAD_MAP(X)                                                                             \
    X(URL_BAD_NONE, "no error")                                                                    \
    X(URL_BAD_SCHEME, "a URL starts with http:// or https://")                                     \
    X(URL_BAD_CHARACTER, "a blank, control or non-ASCII character; percent-encode it")             \
    X(URL_BAD_PERCENT, "% is not followed by two hexadecimal digits; write %25 for itself")        \
    X(URL_BAD_NO_HOST, "the host is missing")                                                      \
    X(URL_BAD_HOST, "not a host name: letters, digits, - _ and dots, at most 63 between dots")     \
    X(URL_BAD_IPV4, "not an IPv4 address: four numbers from 0 to 255 with dots")                   \
    X(URL_BAD_IPV6, "not an IPv6 address in brackets")                                             \
    X(URL_BAD_PORT, "the port is not a number from 1 to 65535")

#define URL_BAD_ENUM(name, text) name,
enum url_bad { URL_BAD_MAP(URL_BAD_ENUM) };
#undef URL_BAD_ENUM

/* Parses the whole of `text`. False: `*bad` and its byte offset `*bad_at`; `*out` is undefined. */
MUST_USE bool url_parse(struct url *out, struct bytes text, enum url_bad *bad, size_t *bad_at);
/* Whether `text` is an IPv4 address, or an IPv6 address without brackets. */
bool url_is_address(struct bytes text);
/* One line for people, without a full stop. */
const char *url_bad_text(enum url_bad bad);
/* Appends `text` with `***` for what stands before the last `@` of its authority; in text that
 * url_parse() refuses, before the last `@` of all. */
void url_add_masked(struct text *out, struct bytes text);

/* Percent-encode `in` for a place in a URL. The bytes written, no NUL, or SIZE_MAX where `size` is
 * too small (3 * in.len always suffices).
 * Path: for one segment, so a slash becomes %2F; RFC 3986 pchar stays. */
size_t url_encode_path(char *out, size_t size, struct bytes in);
/* Query: for one name or value; only unreserved characters stay, a blank becomes %20. */
size_t url_encode_query(char *out, size_t size, struct bytes in);
