#include "wire/url.h"

#include <assert.h>

#define MAX_HOST 253 /* RFC 1035 §2.3.4, without the root's dot */
#define MAX_LABEL 63

/* A parse in progress; the functions below return false having set `bad` and `bad_at`. */
struct parse {
    struct bytes text;
    enum url_bad bad;
    size_t bad_at;
};

static bool fail(struct parse *p, enum url_bad bad, size_t at)
{
    p->bad = bad;
    p->bad_at = at;
    return false;
}

static bool is_letter(char c)
{
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'z';
}

/* What may stand anywhere in a URL: visible ASCII, and % with two digits. */
static bool check_characters(struct parse *p)
{
    const struct bytes t = p->text;
    for (size_t i = 0; i < t.len; i++) {
        unsigned u = (unsigned char)t.at[i];
        if (u <= ' ' || u >= 0x7f) return fail(p, URL_BAD_CHARACTER, i);
        if (u != '%') continue;
        if (t.len - i < 3 || bytes_hex_value(t.at[i + 1]) < 0 || bytes_hex_value(t.at[i + 2]) < 0) {
            return fail(p, URL_BAD_PERCENT, i);
        }
    }
    return true;
}

/* Four decimal numbers up to 255 with dots between, all of `b`. */
static bool is_ipv4(struct bytes b)
{
    size_t i = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && (i >= b.len || b.at[i++] != '.')) return false;
        size_t from = i;
        unsigned value = 0;
        while (i < b.len && bytes_is_digit(b.at[i]) && i - from < 3) {
            value = value * 10 + (unsigned)(b.at[i++] - '0');
        }
        if (i == from || value > 255) return false;
        if (b.at[from] == '0' && i - from > 1) return false; /* some read 010 as octal */
    }
    return i == b.len;
}

/* RFC 4291 §2.2: eight groups, `::` once for one or more of zero, IPv4 for the last two. */
static bool is_ipv6(struct bytes b)
{
    unsigned groups = 0;
    bool gap = false;
    size_t i = 0;
    if (b.len >= 2 && b.at[0] == ':' && b.at[1] == ':') {
        gap = true;
        i = 2;
    }
    while (i < b.len) {
        size_t from = i;
        while (i < b.len && bytes_hex_value(b.at[i]) >= 0) i++;
        if (i < b.len && b.at[i] == '.') {
            groups += 2;
            return is_ipv4(bytes_from(b, from)) && (gap ? groups < 8 : groups == 8);
        }
        if (i == from || i - from > 4) return false;
        groups++;
        if (i == b.len) break;
        if (b.at[i++] != ':' || i == b.len) return false;
        if (b.at[i] == ':') {
            if (gap) return false;
            gap = true;
            i++;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

/* A name or an IPv4 address at offset `at`. */
static bool check_name(struct parse *p, struct bytes host, size_t at)
{
    if (host.len == 0) return fail(p, URL_BAD_NO_HOST, at);
    struct bytes name = host;
    if (name.at[name.len - 1] == '.') name.len--; /* fully qualified */
    if (name.len > MAX_HOST) return fail(p, URL_BAD_HOST, at);
    size_t label = 0; /* where the current one starts */
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.at[i] != '.') {
            char c = name.at[i];
            if (!is_letter(c) && !bytes_is_digit(c) && c != '-' && c != '_') {
                return fail(p, URL_BAD_HOST, at + i);
            }
            continue;
        }
        if (i == label || i - label > MAX_LABEL) return fail(p, URL_BAD_HOST, at + label);
        if (i < name.len) label = i + 1;
    }
    /* A name whose last label is a number can only be meant as an address. */
    uint64_t ignored;
    bool numeric = bytes_to_u64(bytes_from(name, label), &ignored);
    if (numeric && !is_ipv4(name)) return fail(p, URL_BAD_IPV4, at);
    return true;
}

static bool read_port(struct parse *p, struct bytes digits, size_t at, uint16_t *port)
{
    uint64_t value;
    if (!bytes_to_u64(digits, &value) || value == 0 || value > UINT16_MAX) {
        return fail(p, URL_BAD_PORT, at);
    }
    *port = (uint16_t)value;
    return true;
}

/* Offset of the first byte of `stops` in [from, to), or `to`. */
static size_t find_any(struct bytes text, size_t from, size_t to, const char *stops)
{
    while (from < to && strchr(stops, text.at[from]) == NULL) from++;
    return from;
}

/* [userinfo@]host[:port] in [from, to). */
static bool read_authority(struct parse *p, struct url *out, size_t from, size_t to)
{
    const char *s = p->text.at;
    for (size_t i = to; i > from; i--) {
        if (s[i - 1] != '@') continue;
        out->has_userinfo = true;
        out->userinfo = (struct bytes){s + from, i - 1 - from};
        from = i;
        break;
    }
    size_t colon;
    out->authority = (struct bytes){s + from, to - from};
    if (from < to && s[from] == '[') {
        size_t close = find_any(p->text, from, to, "]");
        out->host = (struct bytes){s + from + 1, close - from - 1};
        out->ipv6 = true;
        if (close == to || !is_ipv6(out->host)) return fail(p, URL_BAD_IPV6, from);
        colon = close + 1;
        if (colon < to && s[colon] != ':') return fail(p, URL_BAD_PORT, colon);
    } else {
        colon = find_any(p->text, from, to, ":");
        out->host = (struct bytes){s + from, colon - from};
        if (!check_name(p, out->host, from)) return false;
    }
    if (colon == to) return true;
    return read_port(p, (struct bytes){s + colon + 1, to - colon - 1}, colon + 1, &out->port);
}

/* Length of "http://" or "https://" at the front of `text`, 0 without. */
static size_t scheme_len(struct bytes text)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        struct bytes scheme = bytes_of(schemes[i]);
        struct bytes head = {text.at, scheme.len};
        if (text.len >= scheme.len && bytes_same_nocase(head, scheme)) return scheme.len;
    }
    return 0;
}

static bool read_url(struct parse *p, struct url *out)
{
    const struct bytes t = p->text;
    size_t from = scheme_len(t);
    if (from == 0) return fail(p, URL_BAD_SCHEME, 0);
    if (!check_characters(p)) return false;
    out->tls = from == sizeof "https://" - 1;
    out->port = out->tls ? 443 : 80;

    size_t path = find_any(t, from, t.len, "/?#");
    if (!read_authority(p, out, from, path)) return false;
    size_t query = find_any(t, path, t.len, "?#");
    size_t end = find_any(t, query, t.len, "#");
    out->path = query > path ? (struct bytes){t.at + path, query - path} : BYTES_LIT("/");
    out->has_query = query < end;
    if (out->has_query) out->query = (struct bytes){t.at + query + 1, end - query - 1};
    return true;
}

bool url_parse(struct url *out, struct bytes text, enum url_bad *bad, size_t *bad_at)
{
    struct parse p = {.text = text};
    *out = (struct url){.port = 0};
    if (read_url(&p, out)) return true;
    *bad = p.bad;
    *bad_at = p.bad_at;
    return false;
}

bool url_is_address(struct bytes text)
{
    return is_ipv4(text) || is_ipv6(text);
}

const char *url_bad_text(enum url_bad bad)
{
#define URL_BAD_TEXT(name, text) text,
    static const char *const texts[] = {URL_BAD_MAP(URL_BAD_TEXT)};
#undef URL_BAD_TEXT
    return (size_t)bad < COUNT_OF(texts) ? texts[bad] : "unknown error";
}

void url_add_masked(struct text *out, struct bytes text)
{
    size_t slashes = bytes_find(text, BYTES_LIT("://"));
    size_t from = slashes == SIZE_MAX ? 0 : slashes + 3;
    /* A password may hold a bare slash; then nothing says where the authority ends. */
    struct url url;
    enum url_bad bad;
    size_t at;
    bool good = url_parse(&url, text, &bad, &at);
    size_t to = good ? find_any(text, from, text.len, "/?#") : text.len;
    while (to > from && text.at[to - 1] != '@') to--;
    if (to == from) { /* no userinfo */
        text_add(out, text);
        return;
    }
    text_add(out, (struct bytes){text.at, from});
    text_adds(out, "***");
    text_add(out, bytes_from(text, to - 1));
}

/* Bits of the characters that stay as they are: 0-31, 32-63, 64-95, 96-127. */
static const uint32_t unreserved_bits[4] = {0, 0x03ff6000, 0x87fffffe, 0x47fffffe};
static const uint32_t pchar_bits[4] = {0, 0x2fff7fd2, 0x87ffffff, 0x47fffffe};

static size_t encode(char *out, size_t size, struct bytes in, const uint32_t stay[4])
{
    static const char hex[] = "0123456789ABCDEF";
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        unsigned u = (unsigned char)in.at[i];
        if (u < 0x80 && (stay[u >> 5] >> (u & 31)) & 1) {
            if (len == size) return SIZE_MAX;
            out[len++] = in.at[i];
        } else {
            if (size - len < 3) return SIZE_MAX;
            out[len++] = '%';
            out[len++] = hex[u >> 4];
            out[len++] = hex[u & 15];
        }
    }
    return len;
}

size_t url_encode_path(char *out, size_t size, struct bytes in)
{
    return encode(out, size, in, pchar_bits);
}

size_t url_encode_query(char *out, size_t size, struct bytes in)
{
    return encode(out, size, in, unreserved_bits);
}
