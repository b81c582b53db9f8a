#include "plan/units.h"

#include "base/attr.h"
#include "base/text.h"
#include "check.h"

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint64_t ns; /* UINT64_MAX: refused */
    } rows[] = {
        {"1ns", 1},
        {"100ms", 100000000},
        {"0.5s", 500000000},
        {".5s", 500000000},
        {"1m30s", UINT64_C(90000000000)},
        {"2h", UINT64_C(7200000000000)},
        {"1d", UINT64_C(86400000000000)},
        {"1.5us", 1500},
        {"0s", 0},
        {"0.0000000001s", 0},
        {"100", UINT64_MAX},
        {"", UINT64_MAX},
        {"s", UINT64_MAX},
        {"5 s", UINT64_MAX},
        {"-1s", UINT64_MAX},
        {"1sec", UINT64_MAX},
        {"30s1m", UINT64_MAX},
        {"1s1s", UINT64_MAX},
        {"1.s", UINT64_MAX},
        {"1e3s", UINT64_MAX},
        {"293y", UINT64_MAX},
        {"106752d", UINT64_MAX},
        {"99999999999999999999s", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t ns = 0;
        const char *why = NULL;
        bool good = units_duration(bytes_of(rows[i].in), &ns, &why);
        CHECK(rows[i].in, good == (rows[i].ns != UINT64_MAX));
        if (good) CHECK_U64(rows[i].in, ns, rows[i].ns);
        else CHECK(rows[i].in, why != NULL);
    }
}

static void bytes_and_numbers(void **state)
{
    (void)state;
    typedef bool reads(struct bytes, double *, const char **);
    static const struct {
        const char *in;
        reads *how;
        double want; /* below 0: refused */
    } rows[] = {
        {"512MiB", units_bytes, 536870912},
        {"512MB", units_bytes, 512e6},
        {"1.5KiB", units_bytes, 1536},
        {"2kB", units_bytes, 2000},
        {"0B", units_bytes, 0},
        {"3TiB", units_bytes, 3298534883328},
        {"1152921504606846976B", units_bytes, 1152921504606846976},
        {"1152921504606846977B", units_bytes, -1},
        {"512", units_bytes, -1},
        {"512mib", units_bytes, -1},
        {"512 MiB", units_bytes, -1},
        {"-1MiB", units_bytes, -1},
        {"MiB", units_bytes, -1},
        {"", units_bytes, -1},
        {"1MiB/s", units_bytes, -1},
        {"10MiB/s", units_bytes_rate, 10485760},
        {"10MiB", units_bytes_rate, -1},
        {"/s", units_bytes_rate, -1},
        {"10/s", units_bytes_rate, -1},
        {"2", units_number, 2},
        {"0.25", units_number, 0.25},
        {"2x", units_number, -1},
        {"x", units_number, -1},
        {"", units_number, -1},
        {"+2", units_number, -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double got = -1;
        const char *why = NULL;
        bool good = rows[i].how(bytes_of(rows[i].in), &got, &why);
        CHECK(rows[i].in, good == (rows[i].want >= 0));
        if (good) CHECK(rows[i].in, got >= rows[i].want && got <= rows[i].want);
        else CHECK(rows[i].in, why != NULL);
    }
    double below = 0;
    const char *why = NULL;
    assert_true(units_number(bytes_of("-3"), &below, &why));
    assert_true(below >= -3 && below <= -3);
}

static void rates_and_shares(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool share, good;
        double want;
    } rows[] = {
        {"500/s", false, true, 500}, {"30/m", false, true, 0.5}, {"3600/h", false, true, 1},
        {"0.5/s", false, true, 0.5}, {"500", false, false, 0},   {"/s", false, false, 0},
        {"-1/s", false, false, 0},   {"1/x", false, false, 0},   {"1/s ", false, false, 0},
        {"0.1%", true, true, 0.001}, {"100%", true, true, 1},    {"0%", true, true, 0},
        {"101%", true, false, 0},    {"0.1", true, false, 0},    {"%", true, false, 0},
        {"-1%", true, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double got = -1;
        const char *why = NULL;
        struct bytes in = bytes_of(rows[i].in);
        bool good = rows[i].share ? units_share(in, &got, &why) : units_rate(in, &got, &why);
        CHECK(rows[i].in, good == rows[i].good);
        if (good) CHECK(rows[i].in, got > rows[i].want - 1e-12 && got < rows[i].want + 1e-12);
        else CHECK(rows[i].in, why != NULL);
    }
}

static void counts(void **state)
{
    (void)state;
    uint64_t out = 0;
    const char *why = NULL;
    assert_true(units_count(BYTES_LIT("18446744073709551615"), &out, &why));
    assert_true(out == UINT64_MAX);
    assert_false(units_count(BYTES_LIT("18446744073709551616"), &out, &why));
    assert_false(units_count(BYTES_LIT("1.0"), &out, &why));
}

static void written(void **state)
{
    (void)state;
    static const struct {
        const char *want;
        uint64_t ns;
    } times[] = {{"0s", 0},
                 {"1ns", 1},
                 {"1500ms", 1500000000},
                 {"90s", 90000000000},
                 {"1h", 3600000000000},
                 {"2000000001ns", 2000000001}};
    static const struct {
        const char *want;
        double per_s;
    } rates[] = {{"0/s", 0},          {"500/s", 500},
                 {"0.5/s", 0.5},      {"0.1/s", 0.1},
                 {"1/h", 1.0 / 3600}, {"1/m", 1.0 / 60},
                 {"10000000/s", 1e7}, {"1234567.125/s", 1234567.125}};
    char array[64];
    struct text t = text_in(array, sizeof array);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        text_clear(&t);
        units_add_duration(&t, times[i].ns);
        CHECK_STR(times[i].want, array, times[i].want);
    }
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        double back = -1;
        const char *why = "";
        text_clear(&t);
        units_add_rate(&t, rates[i].per_s);
        CHECK_STR(rates[i].want, array, rates[i].want);
        CHECK(array, units_rate(text_bytes(&t), &back, &why));
        CHECK(array, !(back < rates[i].per_s) && !(back > rates[i].per_s));
    }
}

static void negative_ones(void **state)
{
    (void)state;
    const char *why = NULL;
    uint64_t whole = 0;
    double rate = 0;
    assert_false(units_count(BYTES_LIT("-5"), &whole, &why));
    assert_string_equal(why, "a count cannot be negative");
    assert_false(units_duration(BYTES_LIT("-5s"), &whole, &why));
    assert_string_equal(why, "a duration cannot be negative");
    assert_false(units_rate(BYTES_LIT("-5/s"), &rate, &why));
    assert_string_equal(why, "a rate cannot be negative");
    assert_false(units_count(BYTES_LIT("-"), &whole, &why));
    assert_string_equal(why, "a count is a whole number without a unit: 100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),        cmocka_unit_test(bytes_and_numbers),
        cmocka_unit_test(rates_and_shares), cmocka_unit_test(counts),
        cmocka_unit_test(written),          cmocka_unit_test(negative_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
