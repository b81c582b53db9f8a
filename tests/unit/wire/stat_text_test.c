/* Names and values of INFO and stats. */
#include "wire/stat_text.h"

#include "base/text.h"
#include "check.h"

typedef bool next_function(struct bytes *rest, struct bytes *name, struct bytes *value);

static void pairs(void **state)
{
    (void)state;
    static const struct {
        next_function *next;
        const char *in, *want;
    } cases[] = {
        {stat_text_info, "# Server\r\nredis_version:7.0.15\r\n\r\nos:a:b\r\nc:",
         "redis_version>7.0.15 "
         "os>a:b c> "},
        {stat_text_info, "no colon\r\n:no name\r\nx:1", "x>1 "},
        {stat_text_info, "", ""},
        {stat_text_field, "keys=3,expires=0,avg_ttl=0", "keys>3 expires>0 avg_ttl>0 "},
        {stat_text_field, "keys,=1,,a==", "a>= "},
        {stat_text_stat, "STAT pid 1\r\nSTAT version 1.6 (x)\r\nSTAT none\r\nEND\r\n",
         "pid>1 version>1.6 (x) "},
        {stat_text_stat, "STATS a 1\nSTAT b 2", "b>2 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char array[200];
        struct text got = text_in(array, sizeof array);
        struct bytes rest = bytes_of(cases[i].in), name, value;
        while (cases[i].next(&rest, &name, &value)) {
            text_addf(&got, "%.*s>%.*s ", BYTES_ARG(name), BYTES_ARG(value));
        }
        CHECK(cases[i].in, bytes_is(text_bytes(&got), cases[i].want));
    }
}

static void wholes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t want;
    } cases[] = {
        {"", 0},
        {"END\r\n", 5},
        {"END", 0},
        {"STAT a 1\r\nEND\r\nSTAT", 15},
        {"STAT a 1\r\n", 0},
        {"STAT a 1\r\nEND \r\n", SIZE_MAX},
        {"ERROR\r\n", SIZE_MAX},
        {"VALUE a 0 1\r\n", SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_U64(cases[i].in, stat_text_whole(bytes_of(cases[i].in)), cases[i].want);
    }
    static char line[5000] = "STAT a ";
    memset(line + 7, 'x', sizeof line - 7);
    assert_int_equal(stat_text_whole((struct bytes){line, 4096}), 0);
    assert_int_equal(stat_text_whole((struct bytes){line, sizeof line}), SIZE_MAX);
    line[sizeof line - 1] = '\n';
    assert_int_equal(stat_text_whole((struct bytes){line, sizeof line}), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(wholes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
