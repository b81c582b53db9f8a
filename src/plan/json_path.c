#include "plan/json_path.h"

static bool ends_name(char c)
{
    return c == '.' || c == '[' || c == ']' || c == ' ' || c == '\t' || c == '"' || c == '='
           || c == '!' || c == '<' || c == '>';
}

static size_t wrong(size_t i, size_t *at, const char **why, const char *cause)
{
    *at = i;
    *why = cause;
    return 0;
}

/* `[0]` or `["name"]` at `i`; the index behind it, or 0. */
static size_t bracket_end(struct bytes text, size_t i, size_t *at, const char **why)
{
    size_t start = i++;
    if (i < text.len && text.at[i] == '"') {
        for (i++; i < text.len && text.at[i] != '"'; i++) {
            if (text.at[i] == '\\') i++;
        }
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

size_t json_path_len(struct bytes text, size_t *at, const char **why)
{
    if (text.len == 0 || text.at[0] != '.') {
        return wrong(0, at, why, "a JSON path begins with '.': .items[0].id");
    }
    if (text.len == 1 || text.at[1] == ' ' || text.at[1] == '\t') return 1; /* the whole */
    size_t i = text.at[1] == '[' ? 1 : 0;
    while (i < text.len) {
        if (text.at[i] == '[') {
            i = bracket_end(text, i, at, why);
            if (i == 0) return 0;
            continue;
        }
        if (text.at[i] != '.') {
            if (text.at[i] == ']' || text.at[i] == '"')
                return wrong(i, at, why, "a bracket or quote too many");
            if (ends_name(text.at[i])) return i;
            return wrong(i, at, why, "behind ']' comes '.', '[' or the end");
        }
        size_t start = i++;
        while (i < text.len && !ends_name(text.at[i])) i++;
        if (i == start + 1) return wrong(start, at, why, "a name is missing behind this '.'");
    }
    return i;
}
