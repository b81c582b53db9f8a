/* Replies of Redis: what they are, and how much of one there is. */
#include "wire/resp.h"

#include "check.h"

static void wholes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t want; /* as resp_whole() */
    } cases[] = {
        {"", 0},
        {"+OK\r\n", 5},
        {"+OK\r\n+MORE", 5},
        {"-ERR no\r\n", 9},
        {":-12\r\n", 6},
        {":12", 0},
        {":x\r\n", SIZE_MAX},
        {":9223372036854775808\r\n", SIZE_MAX},
        {"$3\r\na\r\n\r\n", 9},
        {"$3\r\nabc\rx", SIZE_MAX},
        {"$3\r\nabc\r", 0},
        {"$-1\r\n", 5},
        {"$-2\r\n", SIZE_MAX},
        {"$2000000000\r\n", SIZE_MAX},
        {"*0\r\n", 4},
        {"*-1\r\n", 5},
        {"*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", 19},
        {"*2\r\n*1\r\n:1\r\n", 0},
        {"*1000001\r\n", SIZE_MAX},
        {"*1000000\r\n*1000000\r\n", SIZE_MAX}, /* together */
        {"HTTP/1.1 200 OK\r\n", SIZE_MAX},
        {"\r\n", SIZE_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_U64(cases[i].in, resp_whole(bytes_of(cases[i].in)), cases[i].want);
    }
}

static void items(void **state)
{
    (void)state;
    struct bytes in = BYTES_LIT("*3\r\n$4\r\na\r\nb\r\n:-7\r\n-NOPERM\r\n$-1\r\n");
    struct resp_item item;
    assert_int_equal(resp_next(&in, &item), RESP_ITEM);
    assert_int_equal(item.kind, RESP_LIST);
    assert_int_equal(item.number, 3);
    assert_int_equal(resp_next(&in, &item), RESP_ITEM);
    assert_true(item.kind == RESP_TEXT && bytes_is(item.text, "a\r\nb"));
    assert_int_equal(resp_next(&in, &item), RESP_ITEM);
    assert_true(item.kind == RESP_INTEGER && item.number == -7);
    assert_int_equal(resp_next(&in, &item), RESP_ITEM);
    assert_true(item.kind == RESP_ERROR && bytes_is(item.text, "NOPERM"));
    assert_int_equal(resp_next(&in, &item), RESP_ITEM);
    assert_int_equal(item.kind, RESP_NULL);
    assert_int_equal(resp_next(&in, &item), RESP_MORE);
}

static void a_line_that_never_ends(void **state)
{
    (void)state;
    static char line[(64 << 10) + 1];
    memset(line, 'x', sizeof line);
    line[0] = '+';
    assert_int_equal(resp_whole((struct bytes){line, sizeof line - 2}), 0);
    assert_int_equal(resp_whole((struct bytes){line, sizeof line}), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wholes), cmocka_unit_test(items),
                                       cmocka_unit_test(a_line_that_never_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
