#include "base/bytes.h"

#include "check.h"

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool ok;
        double want;
    } rows[] = {
        {"0", true, 0},       {"0.1", true, 0.1},      {"12.5", true, 12.5}, {"-3", true, -3},
        {"1e3", true, 1000},  {"2.5e-2", true, 0.025}, {"", false, 0},       {".", false, 0},
        {"1x", false, 0},     {"1e", false, 0},        {"0x10", false, 0},   {"inf", false, 0},
        {"99.9", true, 99.9}, {".5", true, 0.5},       {"1 ", false, 0},     {"1e999", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double got = -77;
        bool ok = bytes_to_double(bytes_of(rows[i].in), &got);
        CHECK(rows[i].in, ok == rows[i].ok);
        if (ok) CHECK(rows[i].in, got == rows[i].want);
    }
}

static void whole_numbers(void **state)
{
    (void)state;
    uint64_t got = 5;
    assert_true(bytes_to_u64(BYTES_LIT("18446744073709551615"), &got));
    assert_true(got == UINT64_MAX);
    assert_false(bytes_to_u64(BYTES_LIT("18446744073709551616"), &got));
    assert_false(bytes_to_u64(BYTES_LIT(""), &got));
    assert_false(bytes_to_u64(BYTES_LIT("-1"), &got));
    assert_true(got == UINT64_MAX);
}

static void searching(void **state)
{
    (void)state;
    struct bytes hay = BYTES_LIT("Content-Length");
    assert_true(bytes_find(hay, BYTES_LIT("Len")) == 8);
    assert_true(bytes_find(hay, BYTES_LIT("zzz")) == SIZE_MAX);
    assert_true(bytes_same_nocase(hay, BYTES_LIT("content-LENGTH")));
    assert_false(bytes_same_nocase(hay, BYTES_LIT("content-LENGT")));
    assert_true(bytes_is(bytes_trim(BYTES_LIT(" \ta b\t ")), "a b"));
    assert_true(bytes_trim(BYTES_LIT("  ")).len == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(searching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
