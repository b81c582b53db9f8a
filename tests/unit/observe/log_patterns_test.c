/* Entries of several lines, and the patterns that they fall under. */
#include "observe/log_patterns.h"

#include "base/attr.h"
#include "check.h"
#include "observe/log_entry.h"

static struct log_patterns patterns;

static uint32_t add(const char *message)
{
    return log_patterns_add(&patterns, LOG_INFO, bytes_of(message));
}

static void grouping(void **state)
{
    (void)state;
    patterns = (struct log_patterns){0};
    uint32_t locked = add("database is locked");
    assert_int_equal(add("database is locked"), locked);
    assert_int_equal(log_patterns_add(&patterns, LOG_ERROR, bytes_of("database is locked")), 1);
    uint32_t user = add("user alice logged in from 10.0.0.1");
    assert_int_equal(add("user bob logged in from 10.0.0.7"), user);
    CHECK_STR("user", patterns.all[user].text, "user <*> logged in from <*>");
    assert_int_equal(add("user carol logged out from 10.0.0.7"), user);
    CHECK_STR("user", patterns.all[user].text, "user <*> logged <*> from <*>");
    assert_true(add("host alice logged in from 10.0.0.1") != user); /* another first word */
    assert_true(add("user alice logged in") != user);               /* another length */
    assert_true(add("user of nothing that is alike") != user);
    uint32_t numbers = add("1 2 3");
    assert_int_equal(add("4 5 6"), numbers);
    uint32_t empty = add("");
    assert_int_equal(add("  "), empty);
}

static void limits(void **state)
{
    (void)state;
    patterns = (struct log_patterns){0};
    char word[] = "aa";
    for (uint32_t i = 0; i < LOG_PATTERNS; i++) {
        word[0] = (char)('a' + i / 20);
        word[1] = (char)('a' + i % 20);
        assert_int_equal(add(word), i);
    }
    assert_int_equal(add("zz"), LOG_PATTERNS_OTHER);
    assert_int_equal(add("aa"), 0);
    char many[4000];
    patterns.count = 0;
    for (size_t i = 0; i + 1 < sizeof many; i++) many[i] = i % 7 == 6 ? ' ' : 'x';
    many[sizeof many - 1] = '\0';
    assert_int_equal(add(many), 0);
    many[3000] = 'y'; /* behind what is looked at */
    assert_int_equal(add(many), 0);
    assert_true(strlen(patterns.all[0].text) < LOG_PATTERN_BYTES);
    patterns.count = 0;
    for (size_t i = 0; i + 1 < sizeof many; i++) many[i] = (i & 1) ? ' ' : (char)('a' + i % 26);
    assert_int_equal(add(many), 0);
    for (size_t i = 2; i < 22; i += 2) many[i] = 'Z'; /* marks are longer than words */
    assert_int_equal(add(many), 0);
    assert_true(strlen(patterns.all[0].text) < LOG_PATTERN_BYTES);
}

static char told_text[2000];
static struct text told;

static void done(void *ctx, enum log_level level, struct bytes message)
{
    (void)ctx;
    text_addf(&told, "%s<%.*s> ", log_line_level_name(level), BYTES_ARG(message));
}

static void entries(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *want;
    } cases[] = {
        {"INFO a\nINFO b\n", "INFO<a> INFO<b> "},
        {"ERROR:root:no job\nTraceback (most recent call last):\n  File \"x\", line 1\n    g()\n"
         "KeyError: 'x'\nINFO fine\n",
         "ERROR<root:no job> INFO<fine> "},
        {"INFO up\nTraceback (most recent call last):\n  File \"x\", line 1\nValueError: no\n"
         "\nDuring handling of the above exception, another exception occurred:\n\n"
         "Traceback (most recent call last):\n  File \"y\"\nKeyError: 1\nplain\n",
         "INFO<up> ERROR<KeyError: 1> <plain> "},
        {"10:00 ERROR x.Y - bad\njava.lang.X: y\n\tat a.b(C.java:1)\n\t... 3 more\n"
         "Caused by: z\n\tat d\nok\n",
         "ERROR<x.Y - bad> ERROR<java.lang.X: y> <ok> "},
        {"TypeError: x\n    at f (a.js:1:2)\n    at g (b.js:3:4)\nok\n",
         "ERROR<TypeError: x> <ok> "},
        {"panic: boom\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/a.go:1 +0x2\ncreated by main\n"
         "\t/b.go:2\nok\n",
         "ERROR<boom> <ok> "},
        {"  indented at the start\nINFO a\n", "<indented at the start> INFO<a> "},
        {"\n\n", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct log_entry entry;
        entry = (struct log_entry){.done = done};
        told = text_in(told_text, sizeof told_text);
        struct bytes rest = bytes_of(cases[i].lines);
        while (rest.len > 0) {
            size_t end = bytes_find(rest, BYTES_LIT("\n"));
            log_entry_add(&entry, (struct bytes){rest.at, end});
            rest = bytes_from(rest, end + 1);
        }
        log_entry_rest(&entry); /* something was added since */
        bool open = entry.open;
        log_entry_rest(&entry);
        assert_false(entry.open);
        CHECK(cases[i].lines, open || cases[i].want[0] == '\0');
        CHECK_STR(cases[i].lines, told_text, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(grouping), cmocka_unit_test(limits),
                                       cmocka_unit_test(entries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
