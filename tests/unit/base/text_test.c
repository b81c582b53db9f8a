#include "base/text.h"

#include "check.h"

static void cutting(void **state)
{
    (void)state;
    char array[8];
    struct text t = text_in(array, sizeof array);
    text_adds(&t, "abc");
    text_addf(&t, "%d", 12345);
    assert_true(t.cut);
    assert_string_equal(array, "abc1234");
    text_clear(&t);
    text_addc(&t, '-', 3);
    assert_false(t.cut);
    assert_string_equal(array, "---");
}

static void safe_text(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"plain", "plain"},
        {"\x1b[2J", "\\x1b[2J"},
        {"a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"},
        {"\xc3\xa9", "\xc3\xa9"}, /* e acute passes */
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},                   /* C1 control sequence introducer */
        {"\xff\xfe", "\\xff\\xfe"},          /* not UTF-8 */
        {"\xe2\x82", "\\xe2\\x82"},          /* cut in the middle */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"\x7f", "\\x7f"},
        {"a\xe2\x80\xae"
         "b",
         "a\\xe2\\x80\\xaeb"},                      /* right to left from here */
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},        /* likewise, isolated */
        {"\xe2\x80\xa6", "\xe2\x80\xa6"},           /* an ellipsis is only that */
        {"\xef\xbf\xbf", "\\xef\\xbf\\xbf"},        /* no character */
        {"x ##[add-mask]y", "x \\x23#[add-mask]y"}, /* commands of CI systems */
        {"##vso[task.x]", "\\x23#vso[task.x]"},
        {"###[x]", "#\\x23#[x]"},
        {"## [x] #[x] ##1[", "## [x] #[x] ##1["},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char array[64];
        struct text t = text_in(array, sizeof array);
        text_add_safe(&t, bytes_of(rows[i].in));
        CHECK_STR(rows[i].want, array, rows[i].want);
    }
}

static void shell_words(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"plain-1.yaml", "plain-1.yaml"}, {"", "''"},
        {"two words", "'two words'"},     {"$HOME", "'$HOME'"},
        {"it's", "'it'\\''s'"},           {"h\xc3\xa9", "'h\xc3\xa9'"},
        {"a\033b", "'a\\x1bb'"}, /* no longer the same word, but harmless */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char array[64];
        struct text t = text_in(array, sizeof array);
        text_add_word(&t, bytes_of(rows[i].in));
        CHECK_STR(rows[i].want, array, rows[i].want);
    }
}

static void whole_characters(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        size_t size;
        const char *want;
    } rows[] = {
        {"not cut", "a\xe2\x82\xac", 8, "a\xe2\x82\xac"},
        {"cut after one byte", "a\xe2\x82\xac", 3, "a"},
        {"cut after two", "a\xe2\x82\xac", 4, "a"},
        {"cut between",
         "\xe2\x82\xac"
         "abc",
         5,
         "\xe2\x82\xac"
         "a"},
        {"cut behind a whole one",
         "\xe2\x82\xac"
         "abc",
         4, "\xe2\x82\xac"},
        {"nothing left", "\xe2\x82\xac", 2, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char array[16];
        struct text t = text_in(array, rows[i].size);
        text_adds(&t, rows[i].in);
        text_end_whole(&t);
        CHECK_STR(rows[i].name, array, rows[i].want);
    }
}

static void columns(void **state)
{
    (void)state;
    assert_int_equal(text_columns(BYTES_LIT("p95 \xe2\x89\xa4 5")), 7);
    assert_int_equal(text_columns(BYTES_LIT("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting),     cmocka_unit_test(safe_text),
        cmocka_unit_test(shell_words), cmocka_unit_test(whole_characters),
        cmocka_unit_test(columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
