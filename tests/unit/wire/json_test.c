/* json_test.c - paths compiled, values found, strings escaped and back. */
#include "check.h"

#include "laws.h"
#include "wire/json.h"

static char digits[JSON_DIGITS]; /* of the length found last */

#define JOBS                                                                                       \
    "{\"id\":7,\"state\":\"done\",\"queue\":{\"length\":12,\"names\":[\"a\",\"bb\"]},"             \
    "\"items\":[{\"id\":1},{\"id\":2,\"tags\":[]}],\"c d\":null}"

static const struct {
    const char *name, *path, *doc, *value;
    enum json_kind kind;
} finds[] = {
    {"number", ".id", JOBS, "7", JSON_NUMBER},
    {"string", ".state", JOBS, "done", JSON_STRING},
    {"key length of an object", ".queue.length", JOBS, "12", JSON_NUMBER},
    {"element", ".items[1].id", JOBS, "2", JSON_NUMBER},
    {"element of an element", ".queue.names[0]", JOBS, "a", JSON_STRING},
    {"quoted key", ".[\"c d\"]", JOBS, "null", JSON_NULL},
    {"array", ".queue.names", JOBS, "[\"a\",\"bb\"]", JSON_ARRAY},
    {"object", ".items[0]", JOBS, "{\"id\":1}", JSON_OBJECT},
    {"length of an array", ".items.length", JOBS, "2", JSON_NUMBER},
    {"length of an empty array", ".items[1].tags.length", JOBS, "0", JSON_NUMBER},
    {"length of a string", ".state.length", JOBS, "4", JSON_NUMBER},
    {"length of a number", ".id.length", JOBS, "", JSON_NONE},
    {"length of an object without it", ".items[0].length", JOBS, "", JSON_NONE},
    {"length in the middle", ".queue.length.x", JOBS, "", JSON_NONE},
    {"length quoted is a key", ".items[\"length\"]", JOBS, "", JSON_NONE},
    {"length quoted of an object", ".queue[\"length\"]", JOBS, "12", JSON_NUMBER},
    {"length of the document", ".length", "[[1,2,3],{\"a\":4}]", "2", JSON_NUMBER},
    {"length in code points", ".length", "\"a\xc3\xa4\\u00e4\\ud83d\\ude00\\n\xf0\x9f\x98\x80\"",
     "6", JSON_NUMBER},
    {"length of two digits", ".length", "[0,0,0,0,0,0,0,0,0,0,0,0]", "12", JSON_NUMBER},
    {"absent key", ".nothing", JOBS, "", JSON_NONE},
    {"absent index", ".items[2]", JOBS, "", JSON_NONE},
    {"key of an array", ".items.id", JOBS, "", JSON_NONE},
    {"index of an object", ".queue[0]", JOBS, "", JSON_NONE},
    {"key of a string", ".state.a", JOBS, "", JSON_NONE},
    {"a key deeper is not meant", ".tags", JOBS, "", JSON_NONE},
    {"a key beside is not meant", ".queue.id", JOBS, "", JSON_NONE},

    {"root object", ".", " {\"a\" : 1 } ", "{\"a\" : 1 }", JSON_OBJECT},
    {"root array", ".", "[]", "[]", JSON_ARRAY},
    {"root string", ".", "\"\"", "", JSON_STRING},
    {"root number", ".", "-1.5e+3", "-1.5e+3", JSON_NUMBER},
    {"root true", ".", "\t\r\ntrue\n", "true", JSON_TRUE},
    {"root false", ".", "false", "false", JSON_FALSE},
    {"root null", ".", "null", "null", JSON_NULL},
    {"root element", ".[1]", "[1,2]", "2", JSON_NUMBER},
    {"root element, then key", ".[0].id", "[{\"id\":\"x\"}]", "x", JSON_STRING},
    {"array of arrays", ".[1][0]", "[[1],[[2],3]]", "[2]", JSON_ARRAY},
    {"byte order mark", ".a", "\xef\xbb\xbf{\"a\":1}", "1", JSON_NUMBER},
    {"first of equal keys", ".a", "{\"a\":1,\"a\":2}", "1", JSON_NUMBER},
    {"first of equal keys, without the rest", ".a.b", "{\"a\":1,\"a\":{\"b\":2}}", "", JSON_NONE},
    {"first of equal keys, an object", ".a.b", "{\"a\":{\"c\":1},\"a\":{\"b\":2}}", "", JSON_NONE},
    {"value stays escaped", ".a", "{\"a\":\"\\\"\\u00e4\\n\"}", "\\\"\\u00e4\\n", JSON_STRING},
    {"key with escapes", ".[\"a\\\"b\"]", "{\"a\\u0022b\":1}", "1", JSON_NUMBER},
    {"key in other escapes", ".\xc3\xa4/", "{\"\\u00e4\\/\":1}", "1", JSON_NUMBER},
    {"key beyond 16 bits", ".[\"\\ud83d\\ude00\"]", "{\"\xf0\x9f\x98\x80\":1}", "1", JSON_NUMBER},
    {"key that starts alike", ".ab", "{\"a\":1,\"abc\":2,\"a\\u0062\":3}", "3", JSON_NUMBER},
    {"empty key", ".[\"\"]", "{\"\":1}", "1", JSON_NUMBER},
    {"names with other characters", ".$a-b_c:d@e", "{\"$a-b_c:d@e\":1}", "1", JSON_NUMBER},
    {"long string before", ".b", "{\"a\":\"0123456789abcdef0123456789abcdef\\\\\",\"b\":1}", "1",
     JSON_NUMBER},
    {"blanks everywhere", ".a[1]", " { \"a\" : [ 1 , 2 ] } ", "2", JSON_NUMBER},
    {"what follows the value is not read", ".a", "{\"a\":1,}", "1", JSON_NUMBER},
    {"what follows an object is not read", ".a", "{\"a\":{}", "{}", JSON_OBJECT},
    {"bytes above ASCII", ".a", "{\"a\":\"\xff\"}", "\xff", JSON_STRING},

    {"nothing", ".", "", "", JSON_BROKEN},
    {"blanks", ".", "  ", "", JSON_BROKEN},
    {"HTML", ".a", "<html>", "", JSON_BROKEN},
    {"word cut", ".", "tru", "", JSON_BROKEN},
    {"word too long", ".", "truely", "", JSON_BROKEN},
    {"word in capitals", ".", "True", "", JSON_BROKEN},
    {"NaN", ".", "NaN", "", JSON_BROKEN},
    {"leading zero", ".", "01", "", JSON_BROKEN},
    {"leading plus", ".", "+1", "", JSON_BROKEN},
    {"only a minus", ".", "-", "", JSON_BROKEN},
    {"no digit before the point", ".", ".5", "", JSON_BROKEN},
    {"no digit behind the point", ".", "1.", "", JSON_BROKEN},
    {"no digit in the exponent", ".", "1e", "", JSON_BROKEN},
    {"no digit behind the sign", ".", "1e+", "", JSON_BROKEN},
    {"hexadecimal", ".", "0x1", "", JSON_BROKEN},
    {"string cut", ".", "\"abc", "", JSON_BROKEN},
    {"string cut in an escape", ".", "\"abc\\", "", JSON_BROKEN},
    {"string cut in \\u", ".", "\"\\u00", "", JSON_BROKEN},
    {"unknown escape", ".", "\"\\x41\"", "", JSON_BROKEN},
    {"bad \\u", ".", "\"\\u00g0\"", "", JSON_BROKEN},
    {"line break in a string", ".", "\"a\nb\"", "", JSON_BROKEN},
    {"single quotes", ".", "'a'", "", JSON_BROKEN},
    {"object cut", ".b", "{\"a\":1", "", JSON_BROKEN},
    {"object cut behind a comma", ".b", "{\"a\":1,", "", JSON_BROKEN},
    {"comma before the end", ".b", "{\"a\":1,}", "", JSON_BROKEN},
    {"comma before the end of an array", ".[5]", "[1,]", "", JSON_BROKEN},
    {"comma first", ".[0]", "[,1]", "", JSON_BROKEN},
    {"two commas", ".[1]", "[1,,2]", "", JSON_BROKEN},
    {"no comma", ".[1]", "[1 2]", "", JSON_BROKEN},
    {"no colon", ".a", "{\"a\" 1}", "", JSON_BROKEN},
    {"key without quotes", ".a", "{a:1}", "", JSON_BROKEN},
    {"wrong bracket", ".b", "{\"a\":[1}", "", JSON_BROKEN},
    {"wrong brace", ".[1]", "[1}", "", JSON_BROKEN},
    {"closed twice", ".b", "{}}", "", JSON_BROKEN},
    {"two documents", ".b", "{}{}", "", JSON_BROKEN},
    {"junk behind", ".b", "{\"a\":1} x", "", JSON_BROKEN},
    {"broken inside the value", ".a", "{\"a\":[1,}", "", JSON_BROKEN},
    {"broken before the value", ".b", "{\"a\":tru,\"b\":1}", "", JSON_BROKEN},
    {"comment", ".a", "{/* */\"a\":1}", "", JSON_BROKEN},
    {"byte order mark alone", ".", "\xef\xbb\xbf", "", JSON_BROKEN},
};

/* Compiles `text` or fails the test. */
static struct json_path path_of(struct arena *arena, const char *name, const char *text)
{
    struct json_path path;
    size_t at = 0;
    const char *why = "";
    if (!json_path_compile(&path, arena, bytes_of(text), &at, &why)) {
        print_error("row '%s': ", name);
        fail_msg("path %s: %s at %zu", text, why, at);
    }
    return path;
}

static struct arena arena_of_test(void)
{
    struct arena arena;
    struct err err;
    assert_true(arena_open(&arena, 1 << 20, &err));
    return arena;
}

static void test_find(void **state)
{
    UNUSED(state);
    struct arena arena = arena_of_test();
    struct guard guard = guard_open(4096);
    for (size_t i = 0; i < COUNT_OF(finds); i++) {
        struct json_path path = path_of(&arena, finds[i].name, finds[i].path);
        struct bytes doc = guard_put(&guard, bytes_of(finds[i].doc)), value;
        enum json_kind kind = json_find(&path, doc, digits, &value);
        CHECK_U64(finds[i].name, kind, finds[i].kind);
        CHECK(finds[i].name, bytes_is(value, finds[i].value));
    }
    guard_close(&guard);
    arena_close(&arena);
}

/* A document cut short is never well formed, and never yields another value than the whole. */
static void test_cut(void **state)
{
    UNUSED(state);
    struct arena arena = arena_of_test();
    struct guard guard = guard_open(4096);
    static const char *const paths[] = {".",        ".queue.length", ".items.length",
                                        ".nothing", ".items[1].id",  ".state.length"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct json_path path = path_of(&arena, "cut", paths[i]);
        struct bytes whole = bytes_of(JOBS), want;
        enum json_kind want_kind = json_find(&path, whole, digits, &want);
        char kept[512];
        struct bytes copy = {kept, want.len};
        memcpy(kept, want.at ? want.at : "", want.len);
        for (size_t len = 0; len < whole.len; len++) {
            struct bytes value;
            enum json_kind kind =
                json_find(&path, guard_put(&guard, (struct bytes){whole.at, len}), digits, &value);
            bool same = kind == want_kind && kind != JSON_NONE && bytes_equal(value, copy);
            CHECK(paths[i], kind == JSON_BROKEN || same);
        }
    }
    guard_close(&guard);
    arena_close(&arena);
}

static void test_depth(void **state)
{
    UNUSED(state);
    struct arena arena = arena_of_test();
    struct json_path none = path_of(&arena, "depth", ".a"), root = path_of(&arena, "depth", ".");
    for (size_t depth = 60; depth <= 70; depth++) {
        for (int kind = 0; kind < 3; kind++) { /* arrays, objects, in turn */
            char text[1024];
            size_t len = 0;
            bool object[70];
            for (size_t i = 0; i < depth; i++) {
                object[i] = kind == 1 || (kind == 2 && i % 2);
                const char *open = object[i] ? "{\"b\":" : "[";
                memcpy(text + len, open, strlen(open));
                len += strlen(open);
            }
            text[len++] = '1';
            for (size_t i = depth; i-- > 0;) text[len++] = object[i] ? '}' : ']';
            struct bytes value, doc = {text, len};
            bool fits = depth <= JSON_MAX_DEPTH;
            assert_int_equal(json_find(&none, doc, digits, &value), fits ? JSON_NONE : JSON_BROKEN);
            enum json_kind want = object[0] ? JSON_OBJECT : JSON_ARRAY;
            assert_int_equal(json_find(&root, doc, digits, &value), fits ? want : JSON_BROKEN);
        }
    }
    arena_close(&arena);
}

/* The deepest path that compiles finds its value in the deepest document that is read. */
static void test_deep_path(void **state)
{
    UNUSED(state);
    struct arena arena = arena_of_test();
    char text[512] = ".", doc[512];
    for (size_t i = 0; i < JSON_MAX_DEPTH; i++) memcpy(text + 1 + 3 * i, "[0]", 4);
    memset(doc, '[', 64);
    doc[64] = '5';
    memset(doc + 65, ']', 64);
    struct json_path path = path_of(&arena, "deep", text);
    struct bytes value;
    assert_int_equal(json_find(&path, (struct bytes){doc, 129}, digits, &value), JSON_NUMBER);
    assert_ptr_equal(value.at, doc + 64);
    arena_close(&arena);
}

static const struct {
    const char *name, *text;
    size_t at;
    const char *why; /* a part of it */
} bad_paths[] = {
    {"empty", "", 0, "begins with '.'"},
    {"no dot", "a.b", 0, "begins with '.'"},
    {"no dot before a bracket", "[0]", 0, "begins with '.'"},
    {"two dots", ".a..b", 2, "a name is expected"},
    {"dot at the end", ".a.", 2, "a name is expected"},
    {"only two dots", "..", 0, "a name is expected"},
    {"blank", ".a b", 2, "a dot or a [ is expected"},
    {"blank behind", ".a ", 2, "a dot or a [ is expected"},
    {"bracket open", ".a[", 3, "an index"},
    {"bracket open, index", ".a[0", 4, "a ] is expected"},
    {"index negative", ".a[-1]", 3, "an index"},
    {"index in words", ".a[b]", 3, "an index"},
    {"index with a fraction", ".a[1.5]", 4, "a ] is expected"},
    {"index too large", ".a[4294967296]", 3, "too large"},
    {"brackets empty", ".a[]", 3, "an index"},
    {"quote open", ".a[\"b", 5, "closing quote"},
    {"quote escaped", ".a[\"b\\\"]", 8, "closing quote"},
    {"backslash at the end", ".a[\"b\\", 6, "closing quote"},
    {"no bracket behind a key", ".a[\"b\"", 6, "a ] is expected"},
    {"bad escape in a key", ".a[\"\\x\"]", 4, "escape"},
    {"single quotes", ".a['b']", 3, "a quoted name"},
    {"closing bracket", ".a]", 2, "a dot or a [ is expected"},
    {"name behind a bracket", ".[0]a", 4, "a dot or a [ is expected"},
};

static void test_path_lengths(void **state)
{
    UNUSED(state);
    static const struct {
        const char *name, *text;
        size_t len;
    } cases[] = {
        {"empty", "", 0},
        {"whole document", ".", 1},
        {"ends at a blank", ". == 1", 1},
        {"ends at a tab", ".a\t== 1", 2},
        {"ends at an operator", ".a==1", 2},
        {"ends at each operator", ".a<1", 2},
        {"ends at the end", ".a-b.c_d", 8},
        {"a quoted blank is of it", ".a.b[0][\"c d\"] == 1", 14},
        {"a quoted operator is of it", ".a[\"x<y\"].b", 11},
        {"an escaped quote ends nothing", ".a[\"x\\\" y\"].b > 1", 13},
        {"an open quote takes all", ".a[\"x == 1", 10},
        {"a backslash at the end", ".a[\"x\\", 6},
        {"bad ones too", "$.a = 1", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_U64(cases[i].name, json_path_len(bytes_of(cases[i].text)), cases[i].len);
    }
}

static void test_bare(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"true", true},   {"false", true}, {"null", true},  {"0", true},      {"-0", true},
        {"12", true},     {"-1.50", true}, {"1e9", true},   {"1E-7", true},   {"2.5e+3", true},
        {"", false},      {"-", false},    {"True", false}, {"nullx", false}, {"007", false},
        {"-01", false},   {"+1", false},   {"1.", false},   {".5", false},    {"1e", false},
        {"1e+", false},   {"0x1", false},  {" 1", false},   {"1 ", false},    {"1,2", false},
        {"\"1\"", false}, {"NaN", false},  {"[]", false},   {"--1", false},   {"1.2.3", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(cases[i].text, json_is_bare(bytes_of(cases[i].text)) == cases[i].want);
    }
}

static void test_bad_paths(void **state)
{
    UNUSED(state);
    struct arena arena = arena_of_test();
    struct guard guard = guard_open(4096);
    for (size_t i = 0; i < COUNT_OF(bad_paths); i++) {
        struct json_path path;
        size_t at = SIZE_MAX;
        const char *why = "";
        struct bytes text = guard_put(&guard, bytes_of(bad_paths[i].text));
        CHECK(bad_paths[i].name, !json_path_compile(&path, &arena, text, &at, &why));
        CHECK_U64(bad_paths[i].name, at, bad_paths[i].at);
        CHECK(bad_paths[i].name, strstr(why, bad_paths[i].why));
    }
    char deep[512] = ".";
    for (size_t i = 0; i < 65; i++) memcpy(deep + 1 + 3 * i, "[0]", 4);
    struct json_path path;
    size_t at = 0;
    const char *why = "";
    assert_false(json_path_compile(&path, &arena, bytes_of(deep), &at, &why));
    assert_non_null(strstr(why, "64 steps"));
    guard_close(&guard);
    arena_close(&arena);

    struct arena small;
    struct err err;
    assert_true(arena_open(&small, 64, &err));
    assert_false(json_path_compile(&path, &small, bytes_of(".a.b.c[\"d\"]"), &at, &why));
    assert_non_null(strstr(why, "no memory"));
    arena_close(&small);
}

static const struct {
    const char *name, *raw, *plain;
    size_t plain_len;
    const char *again; /* what json_escape() makes of it */
} strings[] = {
    {"empty", "", "", 0, ""},
    {"plain", "abc", "abc", 3, "abc"},
    {"all named", "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8, "\\\"\\\\/\\b\\f\\n\\r\\t"},
    {"control by number", "\\u0000\\u001F\\u007f", "\0\x1f\x7f", 3, "\\u0000\\u001f\x7f"},
    {"two bytes", "\\u00e4", "\xc3\xa4", 2, "\xc3\xa4"},
    {"three bytes", "\\u20AC", "\xe2\x82\xac", 3, "\xe2\x82\xac"},
    {"pair", "\\uD83D\\uDE00x", "\xf0\x9f\x98\x80x", 5, "\xf0\x9f\x98\x80x"},
    {"last code point", "\\udbff\\udfff", "\xf4\x8f\xbf\xbf", 4, "\xf4\x8f\xbf\xbf"},
    {"high half alone", "\\ud83dx", "\xef\xbf\xbdx", 4, "\xef\xbf\xbdx"},
    {"high half twice", "\\ud83d\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd", 6,
     "\xef\xbf\xbd\xef\xbf\xbd"},
    {"low half alone", "\\ude00", "\xef\xbf\xbd", 3, "\xef\xbf\xbd"},
    {"high half, other escape", "\\ud83d\\n", "\xef\xbf\xbd\n", 4, "\xef\xbf\xbd\\n"},
};

static void test_strings(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(strings); i++) {
        const char *name = strings[i].name;
        char out[64], again[64];
        size_t len = SIZE_MAX, need = strings[i].plain_len;
        struct bytes raw = bytes_of(strings[i].raw);
        CHECK(name, json_unescape(out, need, raw, &len));
        CHECK_U64(name, len, need);
        CHECK(name, memcmp(out, strings[i].plain, need) == 0);
        if (need > 0) CHECK(name, !json_unescape(out, need - 1, raw, &len));
        CHECK_U64(name, len, need);

        struct bytes plain = {strings[i].plain, need};
        size_t want = strlen(strings[i].again);
        CHECK_U64(name, json_escape(again, want, plain), want);
        CHECK(name, memcmp(again, strings[i].again, want) == 0);
        for (size_t size = 0; size < want; size++) {
            memset(again, '?', sizeof again);
            CHECK_U64(name, json_escape(again, size, plain), SIZE_MAX);
            CHECK_U64(name, again[size], '?');
        }
    }
    char out[8];
    size_t len = 99;
    assert_false(json_unescape(out, sizeof out, BYTES_LIT("\\"), &len));
    assert_false(json_unescape(out, sizeof out, BYTES_LIT("\\u12"), &len));
    assert_false(json_unescape(out, sizeof out, BYTES_LIT("a\\q"), &len));
    assert_int_equal(len, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),         cmocka_unit_test(test_cut),
        cmocka_unit_test(test_depth),        cmocka_unit_test(test_deep_path),
        cmocka_unit_test(test_path_lengths), cmocka_unit_test(test_bare),
        cmocka_unit_test(test_bad_paths),    cmocka_unit_test(test_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
