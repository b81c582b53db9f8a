#include "plan/unit_hint.h"

#include "base/attr.h"
#include "check.h"
#include "plan/diag.h"
#include "plan/units.h"
#include "plan_fixture.h"

static bool reads(const char *text, enum objective_unit unit)
{
    const char *why = "";
    uint64_t whole = 0;
    double number = 0;
    struct bytes in = bytes_of(text);
    switch (unit) {
    case UNIT_TIME:
        return units_duration(in, &whole, &why);
    case UNIT_SHARE:
        return units_share(in, &number, &why);
    case UNIT_RATE:
        return units_rate(in, &number, &why);
    case UNIT_COUNT:
        return units_count(in, &whole, &why);
    case UNIT_BYTES:
        return units_bytes(in, &number, &why);
    case UNIT_BYTES_RATE:
        return units_bytes_rate(in, &number, &why);
    case UNIT_NUMBER:
        return units_number(in, &number, &why);
    }
    return false;
}

static void meant(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum objective_unit unit;
        const char *want; /* empty: nothing is offered */
    } rows[] = {
        {"100", UNIT_TIME, "100ms"},
        {"100 ms", UNIT_TIME, "100ms"},
        {"100\xc2\xb5s", UNIT_TIME, "100us"},
        {"100 \xce\xbcs", UNIT_TIME, "100us"},
        {"1 second", UNIT_TIME, "1s"},
        {"100MSEC", UNIT_TIME, "100ms"},
        {"0,5s", UNIT_TIME, "0.5s"},
        {"0,500s", UNIT_TIME, "0.500s"},
        {"1,000ms", UNIT_TIME, "1000ms"},
        {"-5ms", UNIT_TIME, ""},
        {"soon", UNIT_TIME, ""},
        {"", UNIT_TIME, ""},
        {"1,000/s", UNIT_RATE, "1000/s"},
        {"1,000,000/s", UNIT_RATE, "1000000/s"},
        {"1,000.5/s", UNIT_RATE, "1000.5/s"},
        {"1,5/s", UNIT_RATE, "1.5/s"},
        {"1,000,00/s", UNIT_RATE, ""},
        {"1k/s", UNIT_RATE, "1000/s"},
        {"1.5k/s", UNIT_RATE, ""},
        {"100 rps", UNIT_RATE, "100/s"},
        {"100 requests per second", UNIT_RATE, "100/s"},
        {"98 %", UNIT_SHARE, "98%"},
        {"1 percent", UNIT_SHARE, "1%"},
        {"0,1%", UNIT_SHARE, "0.1%"},
        {"150%", UNIT_SHARE, ""},
        {"150", UNIT_SHARE, ""},
        {"1,000", UNIT_COUNT, "1000"},
        {"10k", UNIT_COUNT, "10000"},
        {"1.5", UNIT_COUNT, ""},
        {"512", UNIT_BYTES, "512MiB"},
        {"512 mb", UNIT_BYTES, "512MB"},
        {"1.5g", UNIT_BYTES, "1.5GiB"},
        {"512kb/s", UNIT_BYTES, "512kB"},
        {"10MiB", UNIT_BYTES_RATE, "10MiB/s"},
        {"ten", UNIT_BYTES, ""},
        {"5 apples", UNIT_BYTES, ""},
        {"1,5", UNIT_NUMBER, "1.5"},
        {"many", UNIT_COUNT, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[80];
        struct text out = text_in(array, sizeof array);
        bool found = unit_hint_find(&out, bytes_of(rows[i].in), rows[i].unit);
        CHECK_STR(rows[i].in, array, rows[i].want);
        CHECK(rows[i].in, found == (strlen(rows[i].want) > 0));
        CHECK(rows[i].in, !found || reads(array, rows[i].unit));
    }
}

/* What stands behind `write ` in the cure of the only diagnostic, up to `or` or a comma. */
static void cure_of(const char *name, const struct fixture *f, struct text *out)
{
    CHECK_U64(name, f->diags.count, 1);
    const char *hint = f->diags.items[0].hint;
    struct bytes cure = bytes_of(strncmp(hint, "write ", 6) == 0 ? hint + 6 : "");
    size_t end = bytes_find(cure, BYTES_LIT(" or "));
    if (end < cure.len) cure.len = end;
    text_add(out, bytes_trim(cure));
}

/* Each cure, put where the mistake was, makes a plan that is read. */
static void cures_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *key, *wrong, *want; /* `key` has a `%s` for the value */
    } rows[] = {
        {"rate: %s", "1,000/s", "1000/s"},
        {"rate: %s", "1,000", "1000/s"},
        {"rate: %s", "500 rps", "500/s"},
        {"rate: 5/s..%s", "2k/s", "2000/s"},
        {"rate: 5/s\n      settle: %s", "1 sec", "1s"},
        {"rate: 5/s\n      settle: %s", "100\xc2\xb5s", "100us"},
        {"rate: 5/s\n      settle: %s", "1", "1ms"},
        {"users: %s", "1,000", "1000"},
        {"rate: 5/s\nobjectives:\n  - p95 < %s", "100 ms", "100ms"},
        {"rate: 5/s\nobjectives:\n  - p95 < %s", "100", "100ms"},
        {"rate: 5/s\nobjectives:\n  - p95 < %s", "100 \xc2\xb5s", "100us"},
        {"rate: 5/s\nobjectives:\n  - p95 < %s", "0,5s", "0.5s"},
        {"rate: 5/s\nobjectives:\n  - errors < %s", "1 %", "1%"},
        {"rate: 5/s\nobjectives:\n  - errors < %s", "0.1", "0.1%"},
        {"rate: 5/s\nobjectives:\n  - throughput > %s", "1,000/s", "1000/s"},
        {"rate: 5/s\nobjectives:\n  - throughput > %s", "100 requests per second", "100/s"},
        {"rate: 5/s\nobjectives:\n  - throughput >= %s of offered", "98 %", "98%"},
        {"rate: 5/s\nobjectives:\n  - throughput >= %s of offered", "98", "98%"},
        {"rate: 5/s\nobjectives:\n  - in_flight > %s", "1,000", "1000"},
        {"rate: 5/s\nabort_when: errors > %s for 1s", "20 %", "20%"},
        {"rate: 5/s\nabort_when: errors > 20%% for %s", "10 sec", "10s"},
        {"rate: 5/s\nabort_when: errors > 20%% for %s", "10", "10ms"},
        {"rate: 5/s\nobjectives:\n  - %s", "p95: < 100ms", "a sentence:  - p95 < 100ms"},
        {"rate: 5/s\nobjectives:\n  - %s", "p95: 100ms", "a sentence:  - p95 < 100ms"},
        {"rate: 5/s\nobjectives:\n  - %s", "Warn: p95 < 1s", "a sentence:  - warn: p95 < 1s"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes key = bytes_of(rows[i].key);
        size_t hole = bytes_find(key, BYTES_LIT("%s"));
        const char *value = rows[i].wrong;
        char cure_array[120];
        struct text cure = text_in(cure_array, sizeof cure_array);
        for (int round = 0; round < 2; round++) {
            char array[600];
            struct text yaml = text_in(array, sizeof array);
            struct fixture f;
            text_adds(&yaml, "plan: 1\ntarget: http://a\nscenarios: { a: { steps: [ GET / ] } }\n"
                             "load:\n  stages:\n    - for: 100s\n      ");
            for (size_t k = 0; k < hole; k++) {
                text_addc(&yaml, key.at[k], 1);
                if (key.at[k] == '%') k++; /* doubled, as in a format */
            }
            text_adds(&yaml, value);
            text_add(&yaml, bytes_from(key, hole + 2));
            text_adds(&yaml, "\n");
            fixture_load(&f, array, NULL);
            CHECK(rows[i].wrong, f.good == (round == 1));
            if (round == 0) {
                cure_of(rows[i].wrong, &f, &cure);
                CHECK_STR(rows[i].wrong, cure_array, rows[i].want);
                const char *dash = strstr(cure_array, " - ");
                value = dash ? dash + 3 : cure_array;
            }
            fixture_close(&f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(meant), cmocka_unit_test(cures_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
