#include "wire/json_leaf.h"

static void skip_blanks(struct json_leaves *j)
{
    while (j->at < j->text.len && bytes_is_any(j->text.at[j->at], " \t\r\n")) j->at++;
}

static bool take(struct json_leaves *j, char c)
{
    skip_blanks(j);
    if (j->at >= j->text.len || j->text.at[j->at] != c) return false;
    j->at++;
    return true;
}

static bool take_string(struct json_leaves *j, struct bytes *out)
{
    if (!take(j, '"')) return false;
    size_t start = j->at;
    for (; j->at < j->text.len; j->at++) {
        char c = j->text.at[j->at];
        if (c == '\\') {
            j->at++;
        } else if (c == '"') {
            *out = (struct bytes){j->text.at + start, j->at - start};
            j->at++;
            return true;
        }
    }
    j->at = j->text.len; /* a backslash at the end had it behind */
    return false;
}

/* Passes over an array or object, by its brackets. */
static bool skip_nest(struct json_leaves *j)
{
    size_t open = 0;
    struct bytes string;
    while (j->at < j->text.len) {
        char c = j->text.at[j->at];
        if (c == '"') {
            if (!take_string(j, &string)) return false;
            continue;
        }
        j->at++;
        if (c == '[' || c == '{') open++;
        if ((c == ']' || c == '}') && --open == 0) return true;
    }
    return false;
}

static bool take_bare(struct json_leaves *j, struct json_leaf *out)
{
    size_t start = j->at;
    while (j->at < j->text.len && !bytes_is_any(j->text.at[j->at], ",}] \t\r\n")) j->at++;
    out->value = (struct bytes){j->text.at + start, j->at - start};
    if (!json_is_bare(out->value)) return false;
    char c = out->value.at[0];
    out->kind = c == 't' ? JSON_TRUE : c == 'f' ? JSON_FALSE : c == 'n' ? JSON_NULL : JSON_NUMBER;
    return true;
}

/* Puts the key behind the path of its object; false: there is no room. */
static bool name(struct json_leaves *j, struct bytes key, size_t *len)
{
    size_t used = j->lens[j->depth];
    size_t dot = used > 0 ? 1 : 0;
    if (used + dot + key.len > sizeof j->path) return false;
    if (dot > 0) j->path[used] = '.';
    if (key.len > 0) memcpy(j->path + used + dot, key.at, key.len);
    *len = used + dot + key.len;
    return true;
}

bool json_leaf_begin(struct json_leaves *j, struct bytes text)
{
    *j = (struct json_leaves){.text = text};
    j->depth = 1;
    return take(j, '{');
}

/* Behind a value or an object's start: what comes before the next member. False: the object ends,
 * or something else stands there, and `at` is at it. */
static bool part(struct json_leaves *j)
{
    skip_blanks(j);
    size_t before = j->at;
    while (before > 0 && bytes_is_any(j->text.at[before - 1], " \t\r\n")) before--;
    bool first = before > 0 && j->text.at[before - 1] == '{';
    if (j->at < j->text.len && j->text.at[j->at] == '}') return false;
    return first || take(j, ',');
}

enum json_kind json_leaf_next(struct json_leaves *j, struct json_leaf *out)
{
    struct bytes key;
    size_t len;
    while (j->depth > 0) {
        if (!part(j)) {
            if (!take(j, '}')) return JSON_BROKEN;
            j->depth--;
            continue;
        }
        if (!take_string(j, &key) || !take(j, ':')) return JSON_BROKEN;
        skip_blanks(j);
        char c = j->at < j->text.len ? j->text.at[j->at] : '\0';
        bool named = name(j, key, &len);
        if (c == '{' && named && j->depth < JSON_LEAF_DEPTH) {
            j->at++;
            j->lens[++j->depth] = len;
            continue;
        }
        if (c == '{' || c == '[') {
            if (!skip_nest(j)) return JSON_BROKEN;
            continue;
        }
        out->kind = JSON_STRING;
        if (c == '"' ? !take_string(j, &out->value) : !take_bare(j, out)) return JSON_BROKEN;
        if (!named) continue;
        out->path = (struct bytes){j->path, len};
        return JSON_STRING;
    }
    skip_blanks(j);
    return j->at == j->text.len ? JSON_NONE : JSON_BROKEN;
}
