#include "wire/json_walk.h"

static struct bytes without_blanks(struct bytes b)
{
    size_t i = 0;
    while (i < b.len && strchr(" \n\t\r", b.at[i]) && b.at[i]) i++;
    return bytes_from(b, i);
}

enum json_kind json_walk_value(struct bytes *rest, struct bytes *value)
{
    static const struct json_path whole = {0};
    char digits[JSON_DIGITS];
    enum json_kind kind = json_find(&whole, *rest, digits, value);
    if (kind == JSON_BROKEN || kind == JSON_NONE) return JSON_BROKEN;
    size_t end = (size_t)(value->at - rest->at) + value->len + (kind == JSON_STRING ? 1 : 0);
    *rest = bytes_from(*rest, end);
    return kind;
}

void json_walk_open(struct json_walk *w, struct bytes container)
{
    *w = (struct json_walk){.rest = bytes_from(container, 1),
                            .object = container.len > 0 && container.at[0] == '{'};
}

enum json_kind json_walk_next(struct json_walk *w, struct bytes *key, struct bytes *value)
{
    *key = (struct bytes){0};
    w->rest = without_blanks(w->rest);
    if (w->rest.len == 0) return JSON_BROKEN;
    if (w->rest.at[0] == (w->object ? '}' : ']')) return JSON_NONE;
    if (w->begun) {
        if (w->rest.at[0] != ',') return JSON_BROKEN;
        w->rest = bytes_from(w->rest, 1);
    }
    w->begun = true;
    if (w->object) {
        if (json_walk_value(&w->rest, key) != JSON_STRING) return JSON_BROKEN;
        w->rest = without_blanks(w->rest);
        if (w->rest.len == 0 || w->rest.at[0] != ':') return JSON_BROKEN;
        w->rest = bytes_from(w->rest, 1);
    }
    return json_walk_value(&w->rest, value);
}

bool json_walk_over(struct bytes rest)
{
    return without_blanks(rest).len == 0;
}
