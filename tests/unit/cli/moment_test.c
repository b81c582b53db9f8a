#include "cli/moment.h"

#include <stdlib.h>
#include <time.h>

#include "base/attr.h"
#include "base/clock.h"
#include "check.h"

#define NOW (UINT64_C(1795823999) * NS_PER_S) /* 2026-11-27 23:59:59 UTC */
#define HOUR_S 3600

/* In a zone where midnight is not UTC's, and in November no hour is left out. */
static int in_zone(void **state)
{
    (void)state;
    if (setenv("TZ", "XYZ-2", 1) != 0) return 1; /* two hours ahead */
    tzset();
    return 0;
}

static void read_ones(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t want_s;
    } cases[] = {
        {"2d", 1795823999 - 48 * HOUR_S},
        {"1h30m", 1795823999 - 5400},
        {"0s", 1795823999},
        {"2026-11-01", 1793484000},
        {"2026-11-01T00:00", 1793484000},
        {"2026-11-01 14:30", 1793484000 + 14 * HOUR_S + 1800},
        {"2026-11-01 14:30:05", 1793484000 + 14 * HOUR_S + 1805},
        {"2026-11-01T00:00:00Z", 1793484000 + 2 * HOUR_S},
        {"2026-11-01T00:00:00.250Z", 1793484000 + 2 * HOUR_S},
        {"2026-11-01Z", 1793484000 + 2 * HOUR_S},
        {"2024-02-29", 1709157600},
        {"today", 1795816800}, /* it is the 28th there */
        {"yesterday", 1795816800 - 24 * HOUR_S},
        {"99999d", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t ns = 7;
        const char *why = "";
        bool read = moment_read(bytes_of(cases[i].text), NOW, &ns, &why);
        if (!read) fail_msg("%s: %s", cases[i].text, why);
        CHECK_U64(cases[i].text, ns / NS_PER_S, cases[i].want_s);
    }
}

static void refused_ones(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2",
        "2 d",
        "-2d",
        "tomorrow",
        "2026-11",
        "2026-1-1",
        "2026-11-1",
        "26-11-01",
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-11-00",
        "2026-11-01 ",
        "2026-11-01 14",
        "2026-11-01 24:00",
        "2026-11-01 12:60",
        "2026-11-01 12:00:60",
        "2026-11-01 12:00:00.",
        "2026-11-01x",
        "1969-12-31",
        "Today",
        "2d ago",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t ns;
        const char *why = "";
        CHECK(cases[i], !moment_read(bytes_of(cases[i]), NOW, &ns, &why));
        CHECK(cases[i], why[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(read_ones, in_zone),
        cmocka_unit_test_setup(refused_ones, in_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
