#include "plan/diag.h"

#include "base/attr.h"
#include "check.h"

static void printing(void **state)
{
    (void)state;
    static const struct {
        const char *name, *source;
        struct span at;
        const char *want;
    } rows[] = {
        {"simple",
         "a: 1\nbc: 2\n",
         {2, 5, 1, 9},
         "p:2:5: error[P020]: m\n    2 | bc: 2\n      |     ^ h\n"},
        {"cut at the line's end",
         "abc\ndef\n",
         {1, 2, 99, 1},
         "p:1:2: error[P020]: m\n    1 | abc\n      |  ^^ h\n"},
        {"tab", "\ta: 1\n", {1, 2, 1, 1}, "p:1:2: error[P020]: m\n    1 |  a: 1\n      |  ^ h\n"},
        {"control",
         "\x1b[2J: 1\n",
         {1, 7, 1, 6},
         "p:1:7: error[P020]: m\n    1 | \\x1b[2J: 1\n      |          ^ h\n"},
        {"code points",
         "\xc3\xa9: \xc3\xbc\n",
         {1, 4, 2, 4},
         "p:1:4: error[P020]: m\n    1 | \xc3\xa9: \xc3\xbc\n      |    ^ h\n"},
        {"end of file", "ab", {1, 3, 1, 2}, "p:1:3: error[P020]: m\n    1 | ab\n      |   ^ h\n"},
        {"empty file", "", {1, 1, 1, 0}, "p:1:1: error[P020]: m\n    1 | \n      | ^ h\n"},
        {"crlf",
         "a: 1\r\nb: 2\r\n",
         {2, 4, 1, 9},
         "p:2:4: error[P020]: m\n    2 | b: 2\n      |    ^ h\n"},
        {"a flag", "a: 1\n", {0, 0, 0, 0}, "error[P020]: m\n      h\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[500];
        struct text t = text_in(array, sizeof array);
        struct diags diags = {0};
        diag_add(&diags, DIAG_UNKNOWN_KEY, rows[i].at, "h", "m");
        diag_print(&t, &diags, BYTES_LIT("p"), bytes_of(rows[i].source));
        CHECK_STR(rows[i].name, array, rows[i].want);
    }
}

/* A word of the command line as a shell would take it, the caret below its part that is wrong. */
static void words_of_the_command_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *flag, *value;
        uint32_t offset, len;
        const char *want;
    } rows[] = {
        {"all of it", "rate", "500", 0, 3, "      | --rate 500\n      |        ^^^ h\n"},
        {"a part", "set", "a.b=x", 4, 1, "      | --set a.b=x\n      |           ^ h\n"},
        {"in quotes", "objective", "p95 < 4", 6, 1,
         "      | --objective 'p95 < 4'\n      |                    ^ h\n"},
        {"a quote before", "set", "a='b' c", 6, 1,
         "      | --set 'a='\\''b'\\'' c'\n      |                    ^ h\n"},
        {"code points", "set", "\xc3\xa9=1", 3, 1,
         "      | --set '\xc3\xa9=1'\n      |          ^ h\n"},
        {"at its end", "objective", "p95<", 4, 1,
         "      | --objective 'p95<'\n      |                  ^ h\n"},
        {"beyond it", "set", "a=1", 9, 9, "      | --set a=1\n      |          ^ h\n"},
        {"nothing", "only", "", 0, 1, "      | --only ''\n      |         ^ h\n"},
        {"a URL", "", "http://x/", 7, 1, "      | http://x/\n      |        ^ h\n"},
        {"control", "set", "a=\x1b[2J", 2, 4,
         "      | --set 'a=\\x1b[2J'\n      |          ^^^^^^^ h\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[500], want[500];
        struct text t = text_in(array, sizeof array);
        struct text w = text_in(want, sizeof want);
        const struct diag_word words[] = {{"", {0}}, {rows[i].flag, bytes_of(rows[i].value)}};
        struct diags diags = {.words = words, .word_count = COUNT_OF(words)};
        struct span at = {.col = 2, .offset = rows[i].offset, .len = rows[i].len};
        diag_add(&diags, DIAG_UNKNOWN_KEY, at, "h", "m");
        diag_print(&t, &diags, BYTES_LIT("p"), BYTES_LIT("a: 1\n"));
        text_addf(&w, "command line: error[P020]: m\n%s", rows[i].want);
        CHECK_STR(rows[i].name, array, want);
    }
}

static void long_lines(void **state)
{
    (void)state;
    char source[1000], array[600];
    memset(source, 'x', sizeof source);
    source[500] = '!';
    struct diags diags = {0};
    struct text t = text_in(array, sizeof array);
    diag_add(&diags, DIAG_UNKNOWN_KEY, (struct span){1, 501, 1, 500}, NULL, "m");
    diag_print(&t, &diags, BYTES_LIT("p"), (struct bytes){source, sizeof source});
    assert_false(t.cut);
    const char *bang = strchr(array, '!'), *caret = strchr(array, '^');
    assert_non_null(bang);
    assert_non_null(caret);
    const char *line = strstr(array, "    1 | ..."), *under = strstr(array, "      | ");
    assert_non_null(line);
    assert_non_null(under);
    assert_int_equal(bang - line, caret - under);
    assert_true(caret - under < 120);
}

static void many(void **state)
{
    (void)state;
    struct diags diags = {0};
    for (uint32_t i = 0; i < 2; i++) { /* the same again is one */
        diag_add(&diags, DIAG_SHAPE, (struct span){1, 3, 1, 2}, NULL, "b");
        diag_add(&diags, DIAG_SHAPE, (struct span){1, 1, 1, 0}, NULL, "a");
    }
    assert_int_equal(diags.count, 2);
    char array[300];
    struct text t = text_in(array, sizeof array);
    diag_print(&t, &diags, BYTES_LIT("p"), BYTES_LIT("xyz"));
    assert_true(strstr(array, "P022]: a") < strstr(array, "P022]: b"));

    for (uint32_t i = 0; i < 70; i++) {
        diag_add(&diags, DIAG_SHAPE, (struct span){1, 1, 1, 0}, NULL, "%u", i);
    }
    assert_int_equal(diags.count, DIAGS_MAX);
    assert_int_equal(diags.dropped, 8);
}

static void nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"rate", "users", "stages", "step", "for"};
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"rat", "rate"},      {"raet", "rate"},  {"Rate", "rate"}, {"user", "users"},
        {"satges", "stages"}, {"steps", "step"}, {"fro", "for"},   {"fort", "for"},
        {"stag", "stages"},   {"zzz", ""},       {"", ""},         {"x", ""},
        {"capacity", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *got = diag_nearest(bytes_of(rows[i].in), words, COUNT_OF(words));
        CHECK_STR(rows[i].in, got ? got : "", rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printing),   cmocka_unit_test(words_of_the_command_line),
        cmocka_unit_test(long_lines), cmocka_unit_test(many),
        cmocka_unit_test(nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
