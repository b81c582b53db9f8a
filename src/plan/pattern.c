#include "plan/pattern.h"

static void add_char(struct pattern_builder *b, char c)
{
    if (b->len == b->size) {
        size_t more = b->size ? 2 * b->size : 64;
        char *text = arena_alloc(b->arena, more);
        if (!text) {
            b->failed = true;
            return;
        }
        if (b->len > b->run) memcpy(text, b->text + b->run, b->len - b->run);
        b->text = text;
        b->len -= b->run; /* pieces before keep the old block */
        b->run = 0;
        b->size = more;
    }
    b->text[b->len++] = c;
}

static void add_verbatim(struct pattern_builder *b, struct bytes text)
{
    for (size_t i = 0; i < text.len && !b->failed; i++) add_char(b, text.at[i]);
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || (c != '\0' && strchr("-._~", c) != NULL);
}

static void add_hex(struct pattern_builder *b, const char *prefix, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    add_verbatim(b, bytes_of(prefix));
    add_char(b, digits[c >> 4]);
    add_char(b, digits[c & 15]);
}

static void add_percent(struct pattern_builder *b, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.at[i])) add_char(b, text.at[i]);
        else add_hex(b, "%", (unsigned char)text.at[i]);
    }
}

static void add_json(struct pattern_builder *b, struct bytes text)
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char after[] = "\"\\bfnrt";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        const char *special = c != '\0' ? strchr(plain, c) : NULL;
        if (special) {
            add_char(b, '\\');
            add_char(b, after[special - plain]);
        } else if ((unsigned char)c < 0x20) {
            add_hex(b, "\\u00", (unsigned char)c);
        } else {
            add_char(b, c);
        }
    }
}

static void push(struct pattern_builder *b, struct piece piece)
{
    if ((b->count & (b->count - 1)) == 0) {
        struct piece *more =
            ARENA_ARRAY(b->arena, b->count ? 2 * (size_t)b->count : 1, struct piece);
        if (!more) {
            b->failed = true;
            return;
        }
        if (b->count > 0) memcpy(more, b->pieces, b->count * sizeof *more);
        b->pieces = more;
    }
    b->pieces[b->count++] = piece;
}

static void end_run(struct pattern_builder *b)
{
    if (b->failed || b->len == b->run) return;
    struct bytes run = {b->text + b->run, b->len - b->run};
    b->run = b->len;
    push(b, (struct piece){.kind = PIECE_TEXT, .secret = b->secret, .text = run});
}

void pattern_add_text(struct pattern_builder *b, struct bytes text, enum encoding encoding,
                      bool secret)
{
    if (b->failed) return;
    if (secret != b->secret) end_run(b);
    b->secret = secret;
    switch (encoding) {
    case ENCODE_NONE:
    case ENCODE_HEADER:
        add_verbatim(b, text);
        break;
    case ENCODE_PATH:
    case ENCODE_QUERY:
        add_percent(b, text);
        break;
    case ENCODE_JSON_STRING:
        add_json(b, text);
        break;
    case ENCODE_JSON_VALUE:
        if (pattern_is_json_literal(text)) {
            add_verbatim(b, text);
        } else {
            add_char(b, '"');
            add_json(b, text);
            add_char(b, '"');
        }
        break;
    }
}

void pattern_add_piece(struct pattern_builder *b, struct piece piece)
{
    end_run(b);
    b->secret = false;
    if (!b->failed) push(b, piece);
}

bool pattern_finish(struct pattern_builder *b, struct pattern *out)
{
    end_run(b);
    *out = (struct pattern){b->pieces, b->count};
    return !b->failed;
}

static size_t digits_from(struct bytes b, size_t i)
{
    size_t n = 0;
    while (i + n < b.len && b.at[i + n] >= '0' && b.at[i + n] <= '9') n++;
    return n;
}

/* RFC 8259 section 6: no plus, no leading zero, digits on both sides of the point. */
static bool is_json_number(struct bytes b)
{
    size_t i = b.len > 0 && b.at[0] == '-' ? 1 : 0;
    size_t whole = digits_from(b, i);
    if (whole == 0 || (whole > 1 && b.at[i] == '0')) return false;
    i += whole;
    if (i < b.len && b.at[i] == '.') {
        size_t part = digits_from(b, ++i);
        if (part == 0) return false;
        i += part;
    }
    if (i < b.len && (b.at[i] == 'e' || b.at[i] == 'E')) {
        i++;
        if (i < b.len && (b.at[i] == '+' || b.at[i] == '-')) i++;
        size_t power = digits_from(b, i);
        if (power == 0) return false;
        i += power;
    }
    return i == b.len;
}

bool pattern_is_json_literal(struct bytes b)
{
    return bytes_is(b, "true") || bytes_is(b, "false") || bytes_is(b, "null") || is_json_number(b);
}
