#include "wire/stat_text.h"

#define LINE_MAX 4096 /* of Memcached's */

/* Takes a line off, without its end. */
static struct bytes take_line(struct bytes *rest)
{
    size_t end = bytes_find(*rest, BYTES_LIT("\n"));
    struct bytes line = *rest;
    if (end != SIZE_MAX) line.len = end;
    *rest = bytes_from(*rest, end == SIZE_MAX ? rest->len : end + 1);
    if (line.len > 0 && line.at[line.len - 1] == '\r') line.len--;
    return line;
}

/* Parts `in` at the first `mark`; false: there is none, or no name before it. */
static bool part(struct bytes in, char mark, struct bytes *name, struct bytes *value)
{
    const char *at = in.len > 0 ? memchr(in.at, mark, in.len) : NULL;
    if (!at || at == in.at) return false;
    *name = (struct bytes){in.at, (size_t)(at - in.at)};
    *value = bytes_from(in, name->len + 1);
    return true;
}

bool stat_text_info(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    while (rest->len > 0) {
        struct bytes line = take_line(rest);
        if (line.len > 0 && line.at[0] != '#' && part(line, ':', name, value)) return true;
    }
    return false;
}

bool stat_text_field(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    while (rest->len > 0) {
        size_t end = bytes_find(*rest, BYTES_LIT(","));
        struct bytes field = *rest;
        if (end != SIZE_MAX) field.len = end;
        *rest = bytes_from(*rest, end == SIZE_MAX ? rest->len : end + 1);
        if (part(field, '=', name, value)) return true;
    }
    return false;
}

bool stat_text_stat(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    while (rest->len > 0) {
        struct bytes line = take_line(rest);
        if (!bytes_starts(line, BYTES_LIT("STAT "))) continue;
        if (part(bytes_from(line, 5), ' ', name, value)) return true;
    }
    return false;
}

size_t stat_text_whole(struct bytes in)
{
    struct bytes rest = in;
    while (rest.len > 0) {
        size_t end = bytes_find(rest, BYTES_LIT("\n"));
        if ((end == SIZE_MAX ? rest.len : end) > LINE_MAX) return SIZE_MAX;
        if (end == SIZE_MAX) return 0;
        struct bytes line = take_line(&rest);
        if (bytes_is(line, "END")) return in.len - rest.len;
        if (!bytes_starts(line, BYTES_LIT("STAT "))) return SIZE_MAX;
    }
    return 0;
}
