#include "plan/pattern.h"

#include "base/attr.h"
#include "base/text.h"
#include "check.h"

static void encodings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *want;
        enum encoding encoding;
    } rows[] = {
        {"none", "a b/\"", "a b/\"", ENCODE_NONE},
        {"path", "a b/c?\xc3\xa9-._~", "a%20b%2Fc%3F%C3%A9-._~", ENCODE_PATH},
        {"query", "a&b=c+d", "a%26b%3Dc%2Bd", ENCODE_QUERY},
        {"header", "a \"b\"", "a \"b\"", ENCODE_HEADER},
        {"json string", "a\"\\\n\t\x01\xc3\xa9/", "a\\\"\\\\\\n\\t\\u0001\xc3\xa9/",
         ENCODE_JSON_STRING},
        {"json number", "-1.50e+3", "-1.50e+3", ENCODE_JSON_VALUE},
        {"json true", "true", "true", ENCODE_JSON_VALUE},
        {"json text", "True", "\"True\"", ENCODE_JSON_VALUE},
        {"json leading zero", "007", "\"007\"", ENCODE_JSON_VALUE},
        {"json bare point", "1.", "\"1.\"", ENCODE_JSON_VALUE},
        {"json plus", "+1", "\"+1\"", ENCODE_JSON_VALUE},
        {"json empty", "", "\"\"", ENCODE_JSON_VALUE},
        {"path that may stand bare", "a@b:c", "a@b:c", ENCODE_PATH},
        {"nothing in a path", "", "", ENCODE_PATH},
        {"nothing in a text", "", "", ENCODE_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena;
        char array[100];
        struct text t = text_in(array, sizeof array);
        assert_true(arena_open(&arena, 65536, NULL));
        struct pattern_builder b = {.arena = &arena};
        struct pattern out;
        pattern_add_text(&b, bytes_of(rows[i].in), rows[i].encoding, false);
        CHECK(rows[i].name, pattern_finish(&b, &out));
        if (out.piece_count > 0) text_add(&t, out.pieces[0].text);
        CHECK_STR(rows[i].name, array, rows[i].want);
        arena_close(&arena);
    }
}

static void runs(void **state)
{
    (void)state;
    struct arena arena;
    struct pattern out;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    struct pattern_builder b = {.arena = &arena};
    for (int i = 0; i < 100; i++) pattern_add_text(&b, BYTES_LIT("0123456789"), ENCODE_NONE, false);
    pattern_add_text(&b, BYTES_LIT("secret"), ENCODE_NONE, true);
    pattern_add_piece(&b, (struct piece){.kind = PIECE_SEQ});
    pattern_add_text(&b, BYTES_LIT("end"), ENCODE_NONE, false);
    assert_true(pattern_finish(&b, &out));
    assert_int_equal(out.piece_count, 4);
    assert_int_equal(out.pieces[0].text.len, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(out.pieces[0].text.at[i], '0' + (int)(i % 10));
    assert_true(out.pieces[1].secret && bytes_is(out.pieces[1].text, "secret"));
    assert_int_equal(out.pieces[2].kind, PIECE_SEQ);
    assert_true(!out.pieces[3].secret && bytes_is(out.pieces[3].text, "end"));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings),
        cmocka_unit_test(runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
