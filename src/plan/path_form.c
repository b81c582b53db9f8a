#include "plan/path_form.h"

#define STEPS_MAX 64 /* as deep as the engine follows */

static bool ends_name(char c)
{
    unsigned char u = (unsigned char)c;
    return u <= ' ' || u == 0x7f || strchr(".[]\"=!<>", c) != NULL;
}

static size_t wrong(size_t i, size_t *at, const char **why, const char *cause)
{
    *at = i;
    *why = cause;
    return 0;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The closing quote of a key that opens at `i`, or 0: its escapes are those of JSON. */
static size_t quote_end(struct bytes text, size_t i)
{
    for (i++; i < text.len && text.at[i] != '"'; i++) {
        if ((unsigned char)text.at[i] < ' ') return 0;
        if (text.at[i] != '\\') continue;
        if (++i >= text.len || text.at[i] == '\0' || !strchr("\"\\/bfnrtu", text.at[i])) return 0;
        for (size_t digit = 1; text.at[i] == 'u' && digit <= 4; digit++) {
            if (i + digit >= text.len || !is_hex(text.at[i + digit])) return 0;
        }
    }
    return i < text.len ? i : 0;
}

/* `[0]` or `["name"]` at `i`; the index behind it, or 0. */
static size_t bracket_end(struct bytes text, size_t i, size_t *at, const char **why)
{
    size_t start = i++;
    if (i < text.len && text.at[i] == '"') {
        i = quote_end(text, i);
        if (i == 0)
            return wrong(start, at, why, "this quoted name is not closed, or has no JSON escape");
        i++;
    } else {
        size_t digits = i;
        while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9') i++;
        if (i == digits || i - digits > 9) {
            return wrong(start, at, why,
                         "in [ ] stands an index or a quoted name: [0] or [\"c d\"]");
        }
    }
    if (i >= text.len || text.at[i] != ']') return wrong(start, at, why, "this '[' is not closed");
    return i + 1;
}

size_t path_form_len(struct bytes text, size_t *at, const char **why)
{
    if (text.len == 0 || text.at[0] != '.') {
        return wrong(0, at, why, "a JSON path begins with '.': .items[0].id");
    }
    if (text.len == 1 || text.at[1] == ' ' || text.at[1] == '\t') return 1; /* the whole */
    size_t i = text.at[1] == '[' ? 1 : 0;
    for (int steps = 0; i < text.len; steps++) {
        bool more = text.at[i] == '[' || text.at[i] == '.';
        if (more && steps == STEPS_MAX) return wrong(i, at, why, "a path of more than 64 steps");
        if (text.at[i] == '[') {
            i = bracket_end(text, i, at, why);
            if (i == 0) return 0;
            continue;
        }
        if (text.at[i] != '.') {
            if (text.at[i] == '\t' || strchr(" =!<>", text.at[i])) return i;
            return wrong(i, at, why, "here only '.', '[' or the end can follow");
        }
        size_t start = i++;
        while (i < text.len && !ends_name(text.at[i])) i++;
        if (i == start + 1) return wrong(start, at, why, "a name is missing behind this '.'");
    }
    return i;
}
