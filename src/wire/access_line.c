#include "wire/access_line.h"

#include "wire/access_priv.h"

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
