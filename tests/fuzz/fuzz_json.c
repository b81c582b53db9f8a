/* fuzz_json.c - JSON: what is found lies in the text and is what it is said to be; a text cut short
 * yields the same or is broken; jansson agrees on what is well formed and on what stands at the
 * path; a path written anew from its steps has the same; strings survive both ways.
 *
 * Input: a byte n, a path of n bytes, two bytes of the cut, the document. */
#include "base/text.h"
#include "jansson_oracle.h"
#include "laws.h"
#include "wire/json.h"

#define MAX_DOC (1u << 16)

static char digits[JSON_DIGITS]; /* of the length found last */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_path compile(struct arena *arena, struct bytes text, bool *good)
{
    struct json_path path = {0};
    size_t at = SIZE_MAX;
    const char *why = NULL;
    *good = json_path_compile(&path, arena, text, &at, &why);
    if (*good) {
        LAW(path.step_count <= JSON_MAX_DEPTH);
    } else {
        LAW(at <= text.len);
        LAW(why && strlen(why) > 0);
    }
    return path;
}

/* `absent` is a path no document has: so the whole text is read. */
static void agree(const struct json_path *absent, struct bytes doc)
{
    struct bytes value;
    bool ours = json_find(absent, doc, digits, &value) != JSON_BROKEN;
    bool marked = bytes_starts(doc, BYTES_LIT("\xef\xbb\xbf"));
    struct bytes plain = marked ? bytes_from(doc, 3) : doc;
    switch (jansson_oracle(plain, JSON_MAX_DEPTH)) {
    case ORACLE_GOOD:
        LAW(ours);
        break;
    case ORACLE_BAD:
        LAW(!ours);
        break;
    case ORACLE_UNSURE:
        break;
    }
}

/* Of a well-formed text the path has what it has in jansson's tree. */
static void agree_at(const struct json_path *path, struct bytes doc, enum json_kind kind,
                     struct bytes value)
{
    struct oracle_step steps[JSON_MAX_DEPTH];
    struct bytes plain = bytes_starts(doc, BYTES_LIT("\xef\xbb\xbf")) ? bytes_from(doc, 3) : doc;
    if (jansson_oracle(plain, JSON_MAX_DEPTH) != ORACLE_GOOD) return;
    LAW(kind != JSON_BROKEN);
    for (uint32_t i = 0; i < path->step_count; i++) {
        const struct json_step *step = &path->steps[i];
        steps[i] = (struct oracle_step){step->key, step->index, step->is_length};
    }
    struct bytes text = value;
    if (kind == JSON_NONE) text = (struct bytes){NULL, 0};
    if (kind == JSON_STRING) text = (struct bytes){value.at - 1, value.len + 2};
    LAW(jansson_oracle_at(plain, steps, path->step_count, text) != ORACLE_BAD);
}

static void put_step(struct text *out, const struct json_step *step)
{
    char key[6 * UINT8_MAX];
    if (!step->key.at) {
        text_addf(out, "[%u]", step->index);
    } else if (step->is_length) {
        text_adds(out, ".length");
    } else {
        size_t len = json_escape(key, sizeof key, step->key);
        LAW(len != SIZE_MAX);
        text_adds(out, "[\"");
        text_add(out, (struct bytes){key, len});
        text_adds(out, "\"]");
    }
}

/* Written anew from its steps it has the same steps, and ends where it ends. */
static void check_path(struct arena *arena, const struct json_path *path)
{
    static char written[16 * UINT8_MAX];
    struct text out = text_in(written, sizeof written);
    text_adds(&out, ".");
    for (uint32_t i = 0; i < path->step_count; i++) {
        bool dot = i == 0 && path->steps[0].is_length;
        if (dot) text_clear(&out);
        put_step(&out, &path->steps[i]);
    }
    LAW(!out.cut);
    bool good;
    struct json_path again = compile(arena, text_bytes(&out), &good);
    LAW(good && again.step_count == path->step_count);
    LAW(json_path_len(text_bytes(&out)) == out.len);
    for (uint32_t i = 0; i < path->step_count; i++) {
        const struct json_step *a = &path->steps[i];
        const struct json_step *b = &again.steps[i];
        LAW((a->key.at == NULL) == (b->key.at == NULL) && bytes_equal(a->key, b->key));
        LAW((a->key.at || a->index == b->index) && a->is_length == b->is_length);
    }
}

static void check_value(struct arena *arena, struct bytes doc, enum json_kind kind,
                        struct bytes value)
{
    if (kind == JSON_NONE || kind == JSON_BROKEN) {
        LAW(value.len == 0);
        return;
    }
    uintptr_t from = (uintptr_t)doc.at, to = from + doc.len, at = (uintptr_t)value.at;
    bool inside = at >= from && at + value.len <= to;
    LAW(inside || kind == JSON_NUMBER); /* a length */
    if (kind == JSON_STRING) {
        LAW(value.at[-1] == '"' && value.at[value.len] == '"');
        return;
    }
    bool good;
    struct json_path root = compile(arena, BYTES_LIT("."), &good);
    struct bytes copy = arena_copy(arena, value), again;
    LAW(good && arena_ok(arena));
    LAW(json_find(&root, copy, digits, &again) == kind);
    LAW(bytes_equal(copy, again));
}

/* What stands bare is just what a whole document of one such scalar is. */
static void check_bare(const struct json_path *root, struct bytes in)
{
    struct bytes value;
    enum json_kind kind = json_find(root, in, digits, &value);
    bool scalar =
        kind == JSON_NULL || kind == JSON_TRUE || kind == JSON_FALSE || kind == JSON_NUMBER;
    LAW(json_is_bare(in) == (scalar && bytes_equal(value, in)));
}

static void check_strings(struct arena *arena, struct bytes doc)
{
    size_t room = doc.len * 6;
    char *escaped = arena_alloc(arena, room + 1), *plain = arena_alloc(arena, room + 1);
    size_t len = 0;
    LAW(escaped && plain);
    size_t wrote = json_escape(escaped, room, doc);
    LAW(wrote != SIZE_MAX);
    for (size_t i = 0; i < wrote; i++) LAW((unsigned char)escaped[i] >= 0x20);
    LAW(json_unescape(plain, doc.len, (struct bytes){escaped, wrote}, &len));
    LAW(bytes_equal((struct bytes){plain, len}, doc));
    if (wrote > 0) LAW(json_escape(escaped, wrote - 1, doc) == SIZE_MAX);
    /* Any bytes may stand in a reply: no more is written than `raw.len`, or nothing is said. */
    if (json_unescape(plain, doc.len, doc, &len)) LAW(len <= doc.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    static struct arena arena;
    struct err err;
    if (guard.size == 0) guard = guard_open(MAX_DOC);
    if (arena.base == NULL) LAW(arena_open(&arena, 16 << 20, &err));
    if (size < 3 || size - 3 < data[0] || size > MAX_DOC) return 0;
    struct bytes text = {(const char *)data + 1, data[0]};
    const uint8_t *rest = data + 1 + text.len;
    struct bytes in = {(const char *)rest + 2, size - 3 - text.len}, value, short_value;
    size_t cut = ((size_t)rest[0] << 8 | rest[1]) % (in.len + 1);

    arena_reset(&arena);
    bool good;
    struct json_path absent = compile(&arena, BYTES_LIT(".[\"\\u0001no such key\"]"), &good);
    LAW(good);
    agree(&absent, guard_put(&guard, in));
    struct json_path root = compile(&arena, BYTES_LIT("."), &good);
    LAW(good);
    check_bare(&root, guard_put(&guard, in));
    LAW(json_path_len(text) <= text.len);
    check_strings(&arena, in);
    struct json_path path = compile(&arena, text, &good);
    if (!good) return 0;
    struct bytes doc = guard_put(&guard, in);
    enum json_kind kind = json_find(&path, doc, digits, &value);
    check_value(&arena, doc, kind, value);
    agree_at(&path, doc, kind, value);
    check_path(&arena, &path);

    value = arena_copy(&arena, value);
    struct bytes cut_doc = guard_put(&guard, (struct bytes){in.at, cut});
    enum json_kind cut_kind = json_find(&path, cut_doc, digits, &short_value);
    /* A document may be complete before the cut: then what follows it was blank or broke it. */
    bool same = cut_kind == kind && bytes_equal(value, short_value);
    bool was_none = cut_kind == JSON_NONE && kind == JSON_BROKEN;
    bool was_longer = path.step_count == 0 && kind == JSON_BROKEN; /* "12|3x": 12, then nothing */
    bool was_number = path.step_count == 0 && kind == JSON_NUMBER; /* "12|3" */
    LAW(cut_kind == JSON_BROKEN || same || was_none || was_longer || was_number);
    return 0;
}
