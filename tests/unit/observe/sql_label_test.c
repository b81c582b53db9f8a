/* Statements as labels: on one line, short, without values. */
#include "observe/sql_label.h"

#include "check.h"

#define TEN "0_________"
#define HUNDRED "a" TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345678"

static void labels(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } cases[] = {
        {"SELECT 1", "SELECT ?"},
        {"  SELECT\n\t a ,  b ; ", "SELECT a , b"},
        {"SELECT $1, t2.c3 FROM t2", "SELECT $1, t2.c3 FROM t2"},
        {"x = 1.5e-3+2E+4-0x1f", "x = ?+?-?"},
        {"ALTER ROLE a PASSWORD 'it''s secret' VALID", "ALTER ROLE a PASSWORD ? VALID"},
        {"SELECT E'a\\'secret', 'b\\', c", "SELECT ?, ?, c"},
        {"SELECT U&'secret' x'1f' name'secret'", "SELECT U&? x? name?"},
        {"DO $$ secret $$", "DO ?"},
        {"DO $a$ sec$$ret $a$ x", "DO ? x"},
        {"DO $a$ secret", "DO ?"},
        {"SELECT 'secret", "SELECT ?"},
        {"/* c /* nested */ secret */ SELECT a -- secret\n, b--", "SELECT a , b"},
        {"SELECT \"My Column\", \"a\"\"b\"", "SELECT \"My Column\", \"a\"\"b\""},
        {"SELECT a\x01\x1b[31m", "SELECT a\\x01\\x1b[?"},
        {"", ""},
        {"$", "$"},
        {HUNDRED " " HUNDRED, HUNDRED " a" TEN TEN TEN "0____..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char array[300];
        struct text got = text_in(array, sizeof array);
        sql_label_add(&got, bytes_of(cases[i].in));
        if (!bytes_is(text_bytes(&got), cases[i].want)) print_error("got '%s'\n", array);
        CHECK(cases[i].in, bytes_is(text_bytes(&got), cases[i].want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(labels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
