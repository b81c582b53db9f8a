#include "net/address.h"

#include "check.h"

static void literals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown; /* NULL: none */
    } cases[] = {
        {"127.0.0.1", "127.0.0.1:80"},
        {"::1", "[::1]:80"},
        {"2001:db8::5", "[2001:db8::5]:80"},
        {"unix:/run/app.sock", "unix:/run/app.sock"},
        {"unix:", NULL},
        {"localhost", NULL},
        {"", NULL},
        {"1.2.3", NULL},
        {"127.0.0.1 ", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address a;
        char array[160];
        struct text shown = text_in(array, sizeof array);
        bool good = address_literal(&a, bytes_of(cases[i].text), 80);
        CHECK(cases[i].text, good == (cases[i].shown != NULL));
        if (!good) continue;
        address_print(&shown, &a);
        CHECK_STR(cases[i].text, array, cases[i].shown);
        CHECK(cases[i].text, address_same(&a, &a));
    }
}

static void the_longest_path(void **state)
{
    (void)state;
    char path[] = "unix:/.................................................................."
                  "........................................";
    struct address a;
    struct bytes most = bytes_of(path);
    assert_int_equal(most.len, 5 + ADDRESS_PATH_MAX);
    assert_true(address_literal(&a, most, 0));
    char longer[sizeof path + 1];
    struct text text = text_in(longer, sizeof longer);
    text_add(&text, most);
    text_adds(&text, ".");
    assert_false(address_literal(&a, text_bytes(&text), 0));
}

static void own(void **state)
{
    (void)state;
    struct address a;
    assert_true(address_literal(&a, BYTES_LIT("127.0.0.9"), 0));
    assert_true(address_is_own(&a));
    assert_true(address_literal(&a, BYTES_LIT("192.0.2.1"), 0)); /* RFC 5737: nobody's */
    assert_false(address_is_own(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals),
        cmocka_unit_test(the_longest_path),
        cmocka_unit_test(own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
