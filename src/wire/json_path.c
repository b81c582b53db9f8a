#include "wire/json.h"

/* A path being compiled; the functions below return false having set `why`, with `at` there. */
struct compile {
    struct bytes text;
    size_t at;
    const char *why;
    struct arena *arena;
    struct json_step steps[JSON_MAX_DEPTH];
    uint32_t step_count;
};

static bool fail(struct compile *c, const char *why)
{
    c->why = why;
    return false;
}

static bool add_step(struct compile *c, struct json_step step)
{
    if (c->step_count == JSON_MAX_DEPTH) return fail(c, "the path is more than 64 steps deep");
    c->steps[c->step_count++] = step;
    return true;
}

static bool ends_name(char ch)
{
    unsigned u = (unsigned char)ch;
    return u <= ' ' || u == 0x7f || ch == '.' || ch == '[' || ch == ']' || ch == '"';
}

/* `a` of `.a`; the dot is read. */
static bool read_name(struct compile *c)
{
    size_t from = c->at;
    while (c->at < c->text.len && !ends_name(c->text.at[c->at])) c->at++;
    struct bytes name = {c->text.at + from, c->at - from};
    if (name.len == 0) {
        c->at--;
        return fail(c, "a name is expected after this dot (or a key in [\"...\"])");
    }
    struct json_step step = {.key = arena_copy(c->arena, name)};
    step.is_length = c->at == c->text.len && bytes_is(name, "length");
    return add_step(c, step);
}

/* `"c d"` of `["c d"]`; `at` is at the opening quote and then behind the closing one. */
static bool read_key(struct compile *c)
{
    const struct bytes t = c->text;
    size_t from = ++c->at;
    while (c->at < t.len && t.at[c->at] != '"') c->at += t.at[c->at] == '\\' ? 2 : 1;
    if (c->at >= t.len) {
        c->at = t.len;
        return fail(c, "the closing quote is missing");
    }
    struct bytes raw = {t.at + from, c->at - from};
    size_t len = 0;
    char *key = arena_alloc(c->arena, raw.len + 1);
    if (key == NULL) return true; /* said once, at the end */
    if (!json_unescape(key, raw.len, raw, &len)) {
        c->at = from;
        return fail(c, "the key has an escape that JSON does not know");
    }
    c->at++;
    return add_step(c, (struct json_step){.key = {key, len}});
}

static bool read_index(struct compile *c)
{
    size_t from = c->at;
    while (c->at < c->text.len && bytes_is_digit(c->text.at[c->at])) c->at++;
    struct bytes digits = {c->text.at + from, c->at - from};
    uint64_t index;
    if (digits.len == 0) {
        return fail(c, "in [ ] stands an index or a quoted name: [0] or [\"c d\"]");
    }
    if (!bytes_to_u64(digits, &index) || index > UINT32_MAX) {
        c->at = from;
        return fail(c, "the index is too large");
    }
    return add_step(c, (struct json_step){.index = (uint32_t)index});
}

/* What stands in brackets; the opening one is read. */
static bool read_bracket(struct compile *c)
{
    bool quoted = c->at < c->text.len && c->text.at[c->at] == '"';
    if (quoted ? !read_key(c) : !read_index(c)) return false;
    if (c->at == c->text.len || c->text.at[c->at] != ']') return fail(c, "a ] is expected");
    c->at++;
    return true;
}

static bool read_path(struct compile *c)
{
    const struct bytes t = c->text;
    if (t.len == 0 || t.at[0] != '.') return fail(c, "a JSON path begins with '.': .items[0].id");
    c->at = 1;
    if (t.len == 1) return true; /* the whole document */
    if (t.at[1] != '[' && !read_name(c)) return false;
    while (c->at < t.len) {
        char ch = t.at[c->at];
        if (ch != '.' && ch != '[') return fail(c, "a dot or a [ is expected");
        c->at++;
        if (ch == '[' ? !read_bracket(c) : !read_name(c)) return false;
    }
    return true;
}

size_t json_path_len(struct bytes text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.at[i];
        if (ch == '"') quoted = !quoted;
        else if (quoted && ch == '\\') i++;
        else if (!quoted && ch != '\0' && strchr(" \t=!<>", ch)) return i;
    }
    return text.len;
}

bool json_path_compile(struct json_path *out, struct arena *arena, struct bytes text,
                       size_t *error_at, const char **why)
{
    struct compile c = {.text = text, .arena = arena};
    bool good = read_path(&c);
    if (good) {
        struct json_step *steps = ARENA_ARRAY(arena, c.step_count, struct json_step);
        if (steps && c.step_count) memcpy(steps, c.steps, c.step_count * sizeof *steps);
        *out = (struct json_path){steps, c.step_count};
        good = arena_ok(arena) || fail(&c, "there is no memory left for the plan");
    }
    if (!good) {
        *error_at = c.at;
        *why = c.why;
    }
    return good;
}
