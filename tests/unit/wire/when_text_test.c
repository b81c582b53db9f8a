/* Moments as logs write them. */
#include "wire/when_text.h"

#include "base/ns.h"
#include "check.h"

static void moments(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint64_t s, ns, grain_ns;
        bool zoned;
    } cases[] = {
        {"10/Oct/2000:13:55:36 -0700", 971211336, 0, NS_PER_S, true},
        {"10/Oct/2000:20:55:36 +0000", 971211336, 0, NS_PER_S, true},
        {"06/Feb/2009:12:14:14.655", 1233922454, 655000000, NS_PER_MS, false},
        {"29/Feb/2024:00:00:00 +0000", 1709164800, 0, NS_PER_S, true},
        {"01/Jan/1970:00:00:00 +0000", 0, 0, NS_PER_S, true},
        {"31/Dec/2199:23:59:59 +0000", 7258118399, 0, NS_PER_S, true},
        {"2000-10-10T20:55:36Z", 971211336, 0, NS_PER_S, true},
        {"2000-10-10T22:55:36.123456+02:00", 971211336, 123456000, NS_PER_US, true},
        {"2000-10-10 20:55:36,5", 971211336, 500000000, 100000000, false},
        {"2000/10/10 20:55:36", 971211336, 0, NS_PER_S, false},
        {"2000-10-10T20:55:36.1234567891Z", 971211336, 123456789, 1, true},
        {"971211336", 971211336, 0, NS_PER_S, true},
        {"971211336.25", 971211336, 250000000, 10000000, true},
        {"971211336123", 971211336, 123000000, NS_PER_MS, true},
        {"971211336123456", 971211336, 123456000, NS_PER_US, true},
        {"971211336123456789", 971211336, 123456789, 1, true},
        {"971211336123.5", 971211336, 123500000, 100000, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct when got = {0};
        CHECK(cases[i].in, when_text_any(bytes_of(cases[i].in), &got));
        CHECK_U64(cases[i].in, got.ns, cases[i].s * NS_PER_S + cases[i].ns);
        CHECK_U64(cases[i].in, got.grain_ns, cases[i].grain_ns);
        CHECK(cases[i].in, got.zoned == cases[i].zoned);
    }
}

static void none(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "-",
        "x",
        "10/Okt/2000:13:55:36 -0700",
        "32/Oct/2000:13:55:36 -0700",
        "10/Oct/1969:13:55:36 +0000",
        "10/Oct/2200:13:55:36 +0000",
        "10/Oct/2000:24:00:00 +0000",
        "2000-13-10T20:55:36Z",
        "2000-00-10T20:55:36Z",
        "2000-10-10",
        "2000-10-10T20:55:3",
        "1970-01-01T00:00:00+01:00",
        "99999999999999999999999",
        "1.2.3",
        "-1",
        "971211336x",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct when got;
        CHECK(cases[i], !when_text_any(bytes_of(cases[i]), &got));
    }
}

static void lengths(void **state)
{
    (void)state;
    struct when got;
    struct bytes clf = bytes_of("10/Oct/2000:13:55:36] -0700");
    assert_int_equal(when_text_clf(clf, &got), 20);
    assert_false(got.zoned);
    assert_int_equal(when_text_iso(bytes_of("2000-10-10T20:55:36 x"), &got), 19);
    assert_int_equal(when_text_iso(bytes_of("2000-10-10T20:55:36. x"), &got), 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(moments), cmocka_unit_test(none),
                                       cmocka_unit_test(lengths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
