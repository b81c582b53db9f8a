#include "base/text.h"

#include <stdio.h>

struct text text_in(char *array, size_t size)
{
    assert(size > 0);
    array[0] = '\0';
    return (struct text){.at = array, .size = size};
}

void text_clear(struct text *t)
{
    t->len = 0;
    t->cut = false;
    t->at[0] = '\0';
}

void text_add(struct text *t, struct bytes b)
{
    size_t room = t->size - 1 - t->len;
    if (b.len > room) {
        t->cut = true;
        b.len = room;
    }
    if (b.len > 0) memcpy(t->at + t->len, b.at, b.len);
    t->len += b.len;
    t->at[t->len] = '\0';
}

void text_adds(struct text *t, const char *cstr)
{
    text_add(t, bytes_of(cstr));
}

void text_addc(struct text *t, char c, size_t times)
{
    for (size_t i = 0; i < times; i++) text_add(t, (struct bytes){&c, 1});
}

void text_addv(struct text *t, const char *format, va_list args)
{
    size_t room = t->size - t->len;
    int wrote = vsnprintf(t->at + t->len, room, format, args);
    if (wrote < 0) {
        t->cut = true;
    } else if ((size_t)wrote >= room) {
        t->cut = true;
        t->len = t->size - 1;
    } else {
        t->len += (size_t)wrote;
    }
    t->at[t->len] = '\0';
}

void text_addf(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_addv(t, format, args);
    va_end(args);
}

size_t text_utf8_len(struct bytes b)
{
    if (b.len == 0) return 0;
    unsigned char c = (unsigned char)b.at[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 0;
    if (n == 0) n = c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (n == 0 || n > b.len) return 0;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)b.at[i] & 0xc0) != 0x80) return 0;
    }
    unsigned char second = n > 1 ? (unsigned char)b.at[1] : 0;
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f)) return 0;
    if ((c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f)) return 0;
    return n;
}

/* `##[`, `##vso[`: CI systems obey it wherever it stands in a line. */
static bool starts_command(struct bytes b)
{
    size_t i = 2;
    if (!bytes_starts(b, BYTES_LIT("##"))) return false;
    while (i < b.len && b.at[i] >= 'a' && b.at[i] <= 'z') i++;
    return i < b.len && b.at[i] == '[';
}

/* Code points that steer how others are shown: C1, U+202A..E and U+2066..9, which turn text round,
 * and U+FFFE..F, which are no characters. `n` is the length of the first. */
static bool steers(struct bytes b, size_t n)
{
    const unsigned char *at = (const unsigned char *)b.at;
    if (n == 2) return at[0] == 0xc2 && at[1] < 0xa0;
    if (n != 3) return false;
    bool turns = at[0] == 0xe2
                 && ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae)
                     || (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
    return turns || (at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe);
}

void text_add_safe(struct text *t, struct bytes b)
{
    for (size_t i = 0; i < b.len;) {
        struct bytes rest = bytes_from(b, i);
        unsigned char c = (unsigned char)rest.at[0];
        size_t n = text_utf8_len(rest);
        if (n == 0 || c < 0x20 || c == 0x7f || steers(rest, n) || starts_command(rest)) {
            for (size_t k = 0; k < (n > 0 ? n : 1); k++, i++) {
                text_addf(t, "\\x%02x", (unsigned char)b.at[i]);
            }
        } else {
            text_add(t, (struct bytes){rest.at, n});
            i += n;
        }
    }
}

bool text_is_word(struct bytes b)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,+@%";
    for (size_t i = 0; i < b.len; i++) {
        if (!memchr(plain, b.at[i], sizeof plain - 1)) return false;
    }
    return b.len > 0;
}

void text_add_in_quotes(struct text *t, struct bytes b)
{
    while (b.len > 0) {
        size_t end = bytes_find(b, BYTES_LIT("'"));
        text_add_safe(t, (struct bytes){b.at, end < b.len ? end : b.len});
        if (end < b.len) text_adds(t, "'\\''");
        b = bytes_from(b, end < b.len ? end + 1 : b.len);
    }
}

void text_add_word(struct text *t, struct bytes b)
{
    if (text_is_word(b)) {
        text_add(t, b);
        return;
    }
    text_addc(t, '\'', 1);
    text_add_in_quotes(t, b);
    text_addc(t, '\'', 1);
}

void text_end_whole(struct text *t)
{
    size_t start = t->len;
    while (start > 0 && ((unsigned char)t->at[start - 1] & 0xc0) == 0x80) start--;
    if (start > 0) start--; /* its first byte */
    struct bytes last = {t->at + start, t->len - start};
    if (!t->cut || last.len == 0 || text_utf8_len(last) == last.len) return;
    t->len = start;
    t->at[start] = '\0';
}

struct bytes text_bytes(const struct text *t)
{
    return (struct bytes){t->at, t->len};
}

size_t text_columns(struct bytes b)
{
    size_t columns = 0;
    for (size_t i = 0; i < b.len; i++) columns += ((unsigned char)b.at[i] & 0xc0) != 0x80;
    return columns;
}
