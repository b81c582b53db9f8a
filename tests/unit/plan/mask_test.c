/* What must not be seen in a sample of a reply, wherever it lies in it. */
#include "plan/mask.h"

#include <string.h>

#include "../check.h"

#define M MASK_TEXT

static struct bytes secrets[] = {{"TOKEN-1234", 10}, {"line one\nline two", 17}, {"TOKEN", 5}};

static const struct {
    const char *name, *reply, *want;
    bool cut;
} cases[] = {
    {"nothing", "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\nhello", false},
    {"the longest counts", "a TOKEN-1234 b", "a " M " b", false},
    {"over two lines", "X: y\r\n\r\nkey=line one\nline two;", "X: y\r\n\r\nkey=" M ";", false},
    {"a header", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nX: 1\r\n\r\n",
     "HTTP/1.1 200 OK\r\nSet-Cookie: " M "\nX: 1\r\n\r\n", false},
    {"the first line", "Cookie: a\r\n\r\n", "Cookie: " M "\n\r\n", false},
    {"not in a body", "A: b\r\n\r\nCookie: a\n", "A: b\r\n\r\nCookie: a\n", false},
    {"half at the cut", "A: b\r\n\r\nxx TOK", "A: b\r\n\r\nxx " M, true},
    {"half of the longer", "xx line one\nli", "xx " M, true},
    {"half, but whole", "xx TOK", "xx TOK", false},
    {"at the end", "xx TOKEN", "xx " M, false},
};

static void replies(void **state)
{
    (void)state;
    static struct plan plan;
    plan.secrets = secrets;
    plan.secret_count = COUNT_OF(secrets);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[400];
        struct text out = text_in(array, sizeof array);
        mask_reply(&out, bytes_of(cases[i].reply), cases[i].cut, &plan);
        CHECK(cases[i].name, strcmp(array, cases[i].want) == 0);
    }
}

static void headers_with_credentials(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } names[] = {
        {"Authorization: Bearer x", 13},
        {"authorization", 13},
        {"PROXY-AUTHORIZATION:", 19},
        {"Cookie \t: a", 6},
        {"Set-Cookie:a=b", 10},
        {"Authorizatio", 0},
        {"X-Cookie: a", 0},
        {"", 0},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK_U64(names[i].text, mask_credential_len(bytes_of(names[i].text)), names[i].len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(replies),
                                       cmocka_unit_test(headers_with_credentials)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
