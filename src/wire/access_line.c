#include "wire/access_line.h"

#include "base/ns.h"
#include "wire/access_priv.h"

/* ---- items ---- */

/* Where `literal` begins in `in`, SIZE_MAX: nowhere. Within quotes a backslash makes the next
 * letter one of the value. */
static size_t find_literal(struct bytes in, struct bytes literal)
{
    if (literal.len == 0) return in.len;
    bool quoted = literal.at[0] == '"';
    for (size_t i = 0; i < in.len; i++) {
        if (quoted && in.at[i] == '\\') {
            i++;
        } else if (in.at[i] == literal.at[0] && bytes_starts(bytes_from(in, i), literal)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Length of the value that `in` begins with, up to `literal`; a list goes on behind "," and ":". */
static size_t value_len(struct bytes in, const struct access_item *item, struct bytes literal)
{
    size_t len = find_literal(in, literal);
    while (item->lists && len < in.len) {
        bool on = len > 0 && (in.at[len - 1] == ',' || in.at[len - 1] == ':');
        on |= bytes_starts(bytes_from(in, len), BYTES_LIT(" : "));
        if (!on) break;
        size_t more = find_literal(bytes_from(in, len + 1), literal);
        if (more == SIZE_MAX) return SIZE_MAX;
        len += 1 + more;
    }
    return len;
}

/* Of an open format, what may follow is left to a blank. */
static struct bytes last_literal(const struct access_format *f, struct bytes in)
{
    const struct access_item *last = &f->items[f->item_count - 1];
    bool blank = f->open && last->literal.len == 0 && bytes_find(in, BYTES_LIT(" ")) != SIZE_MAX;
    return blank ? BYTES_LIT(" ") : last->literal;
}

static bool parse_items(const struct access_format *f, struct bytes line, struct access_line *out)
{
    if (f->item_count < 2 || !bytes_starts(line, f->items[0].literal)) return false;
    struct bytes rest = bytes_from(line, f->items[0].literal.len);
    for (uint32_t i = 0; i + 1 < f->item_count; i++) {
        const struct access_item *item = &f->items[i];
        bool last = i + 2 == f->item_count;
        struct bytes literal = last ? last_literal(f, rest) : f->items[i + 1].literal;
        size_t len = value_len(rest, item, literal);
        if (len == SIZE_MAX) return false;
        if (!access_value(out, item->role, item->unit, (struct bytes){rest.at, len})) return false;
        rest = bytes_from(rest, len + literal.len);
    }
    return f->open || rest.len == 0;
}

/* ---- HAProxy ---- */

static struct bytes take_word(struct bytes *rest)
{
    size_t len = bytes_find(*rest, BYTES_LIT(" "));
    struct bytes word = {rest->at, len == SIZE_MAX ? rest->len : len};
    *rest = bytes_from(*rest, word.len + 1);
    return word;
}

/* Behind `[10/Oct/2000:13:55:36.123] `, which stands behind others in brackets. */
static bool find_moment(struct bytes *rest, struct access_line *out)
{
    for (;;) {
        size_t at = bytes_find(*rest, BYTES_LIT(" ["));
        if (at == SIZE_MAX) return false;
        *rest = bytes_from(*rest, at + 2);
        size_t len = when_text_clf(*rest, &out->when);
        if (len == 0 || !bytes_starts(bytes_from(*rest, len), BYTES_LIT("] "))) continue;
        *rest = bytes_from(*rest, len + 2);
        return true;
    }
}

/* TR/Tw/Tc/Tr/Ta in ms; -1: it did not come to that; `+`: the end is not known (logasap). */
static bool take_timers(struct bytes word, struct access_line *out)
{
    uint64_t request_ns = ACCESS_UNKNOWN;
    uint64_t *const into[] = {&request_ns, &out->queue_ns, &out->connect_ns, &out->server_ns,
                              &out->duration_ns};
    for (size_t i = 0; i < COUNT_OF(into); i++) {
        size_t slash = bytes_find(word, BYTES_LIT("/"));
        struct bytes one = {word.at, slash == SIZE_MAX ? word.len : slash};
        bool last = i + 1 == COUNT_OF(into);
        uint64_t ms;
        if (last != (slash == SIZE_MAX)) return false;
        word = bytes_from(word, one.len + 1);
        if (bytes_is(one, "-1")) continue;
        if (last && one.len > 0 && one.at[0] == '+') one = bytes_from(one, 1);
        if (!bytes_to_u64(one, &ms) || ms > UINT64_MAX / NS_PER_S) return false;
        *into[i] = ms * NS_PER_MS;
    }
    return true;
}

bool access_haproxy(struct bytes line, struct access_line *out)
{
    struct bytes rest = line;
    if (!find_moment(&rest, out)) return false;
    out->has_when = true;
    out->starts = true;
    struct bytes frontend = take_word(&rest);
    out->server = take_word(&rest);
    if (frontend.len == 0 || bytes_find(out->server, BYTES_LIT("/")) == SIZE_MAX) return false;
    if (!take_timers(take_word(&rest), out)) return false;
    if (!access_value(out, ACCESS_STATUS, ACCESS_S, take_word(&rest))) return false;
    /* Captured headers stand before it and may hold quotes; it has none, but may have been cut. */
    bool whole = rest.len > 1 && rest.at[rest.len - 1] == '"';
    if (whole) rest.len--;
    const char *quote = whole          ? memrchr(rest.at, '"', rest.len)
                        : rest.len > 0 ? memchr(rest.at, '"', rest.len)
                                       : NULL;
    if (!quote) return false;
    rest = bytes_from(rest, (size_t)(quote - rest.at) + 1);
    return access_value(out, ACCESS_REQUEST, ACCESS_S, rest);
}

/* ---- all ---- */

bool access_line_parse(const struct access_format *format, struct bytes line,
                       struct access_line *out)
{
    out->method = out->path = out->server = (struct bytes){0};
    out->is_route = out->has_when = out->starts = false;
    out->status = 0;
    out->duration_ns = out->queue_ns = out->connect_ns = out->server_ns = ACCESS_UNKNOWN;
    switch (format->kind) {
    case ACCESS_ITEMS_KIND:
        return parse_items(format, line, out);
    case ACCESS_HAPROXY:
        return access_haproxy(line, out);
    case ACCESS_JSON:
        return access_json(format, line, out);
    }
    return false;
}

const char *access_line_guess(struct access_format *out, struct bytes family,
                              const struct bytes *lines, uint32_t count)
{
    struct access_line line;
    const char *name;
    for (uint32_t row = 0; access_format_known(row, &name); row++) {
        if (!access_format_take(out, row, family)) continue;
        uint32_t read = 0;
        for (uint32_t i = 0; i < count; i++) read += access_line_parse(out, lines[i], &line);
        if (read > 0 && read * 5 >= count * 4) return name;
    }
    return NULL;
}
