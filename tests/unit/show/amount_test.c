#include "show/amount.h"

#include <math.h>

#include "check.h"

struct row {
    double value;
    const char *want;
};

static void check_rows(void (*write)(struct text *out, double value), const struct row *rows,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char array[64];
        struct text out = text_in(array, sizeof array);
        write(&out, rows[i].value);
        CHECK_STR(rows[i].want, array, rows[i].want);
    }
}

#define NONE ((double)NAN)

static void times(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0, "0 ms"},      {420, "0.000 ms"},    {42e3, "0.042 ms"},  {999e3, "0.999 ms"},
        {1e6, "1.00 ms"}, {31.23e6, "31.2 ms"}, {391e6, "391 ms"},   {9.999e9, "9,999 ms"},
        {10e9, "10.0 s"}, {12.34e9, "12.3 s"},  {3600e9, "3,600 s"}, {NONE, AMOUNT_NONE},
    };
    check_rows(amount_time, rows, COUNT_OF(rows));
}

static void lengths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0, "0.0 s"},      {0.5e9, "0.5 s"},    {9.94e9, "9.9 s"}, {9.96e9, "10 s"},
        {59.6e9, "1 min"}, {62e9, "1 min 2 s"}, {3600e9, "1 h"},   {3661e9, "1 h 1 min"},
        {90000e9, "25 h"}, {NONE, AMOUNT_NONE},
    };
    check_rows(amount_length, rows, COUNT_OF(rows));
}

/* What is not quite nothing, or not quite all, never looks as if. */
static void shares(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0, "0 %"},       {1, "100 %"},        {0.5, "50 %"},           {0.001, "0.10 %"},
        {0.123, "12 %"},  {0.0123, "1.2 %"},   {0.999, "99.90 %"},      {0.99988, "99.988 %"},
        {0.98, "98.0 %"}, {1e-9, "<0.0001 %"}, {1 - 1e-9, "99.9999 %"}, {NONE, AMOUNT_NONE},
        {1.02, "102 %"},
    };
    check_rows(amount_share, rows, COUNT_OF(rows));
}

static void rates_and_counts(void **state)
{
    (void)state;
    static const struct row rates[] = {
        {0, "0/s"},          {0.25, "0.25/s"},    {49.94, "49.9/s"},
        {999.94, "999.9/s"}, {1204.4, "1,204/s"}, {NONE, AMOUNT_NONE},
    };
    static const struct row counts[] = {
        {0, "0"},
        {12, "12"},
        {12.34, "12.3"},
        {61204, "61,204"},
        {123.6, "124"},
        {1e9, "1,000,000,000"},
        {NONE, AMOUNT_NONE},
    };
    static const struct row sizes[] = {
        {1048576, "1.0 MiB"}, {39845888, "38 MiB"}, {21474836480.0, "20 GiB"}};
    check_rows(amount_rate, rates, COUNT_OF(rates));
    check_rows(amount_count, counts, COUNT_OF(counts));
    check_rows(amount_bytes, sizes, COUNT_OF(sizes));
}

/* The column decides: enough digits of the smallest, not too many of the largest. */
static void columns(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double least_ms, most_ms;
        uint32_t want;
    } rows[] = {
        {"nothing", 0, 0, 0},          {"fractions", 0.021, 0.3, 3},
        {"units", 1.2, 8.9, 2},        {"units and tens", 1.2, 57, 2},
        {"and hundreds", 1.2, 570, 1}, {"and thousands", 1.2, 5700, 1},
        {"thousands", 1200, 5700, 0},  {"wide", 0.3, 10020, 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_U64(rows[i].name, amount_ms_decimals(rows[i].least_ms * 1e6, rows[i].most_ms * 1e6),
                  rows[i].want);
    }
}

static void by_objective(void **state)
{
    (void)state;
    static const struct {
        enum metric metric;
        bool of_offered;
        double value;
        const char *want;
    } rows[] = {
        {METRIC_QUANTILE, false, 12e6, "12.0 ms"},
        {METRIC_AVG, false, 12e6, "12.0 ms"},
        {METRIC_MAX, false, 12e9, "12.0 s"},
        {METRIC_ERRORS, false, 0.001, "0.10 %"},
        {METRIC_AVAILABILITY, false, 1, "100 %"},
        {METRIC_AVAILABILITY_BY_TIME, false, 0.75, "75 %"},
        {METRIC_THROUGHPUT, false, 1204.4, "1,204/s"},
        {METRIC_THROUGHPUT, true, 0.983, "98.3 %"},
        {METRIC_USERS, false, 550, "550"},
        {METRIC_IN_FLIGHT, false, 12.34, "12.3"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct objective o = {.metric = rows[i].metric, .of_offered = rows[i].of_offered};
        char array[64];
        struct text out = text_in(array, sizeof array);
        amount_of(&out, &o, rows[i].value);
        CHECK_STR(rows[i].want, array, rows[i].want);
    }
}

static void by_series(void **state)
{
    (void)state;
    static const struct {
        enum metric metric;
        enum series_unit series_unit;
        double value;
        const char *want;
    } rows[] = {
        {METRIC_MEMORY, SERIES_NUMBER, 412 * 1048576.0, "412 MiB"},
        {METRIC_MEMORY, SERIES_NUMBER, 20.6 * 1048576, "20.6 MiB"},
        {METRIC_MEMORY, SERIES_NUMBER, 512, "512 B"},
        {METRIC_MEMORY, SERIES_NUMBER, 0, "0 B"},
        {METRIC_CPU, SERIES_NUMBER, 0.73, "73 %"},
        {METRIC_SERIES, SERIES_BYTES_PER_S, 1310720, "1.25 MiB/s"},
        {METRIC_SERIES, SERIES_WAITING, 1.84, "1.84"},
        {METRIC_SERIES, SERIES_CORES, 0.0021, "0.0021"},
        {METRIC_SERIES, SERIES_NUMBER, -12000, "-12,000"},
        {METRIC_SERIES, SERIES_PER_S, 90107.2, "90,107/s"},
        {METRIC_SERIES, SERIES_SHARE, 0.05, "5.0 %"},
        {METRIC_SERIES, SERIES_SECONDS, 12e6, "12.0 ms"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct objective o = {.metric = rows[i].metric, .series_unit = rows[i].series_unit};
        char array[64];
        struct text out = text_in(array, sizeof array);
        amount_of(&out, &o, rows[i].value);
        CHECK_STR(rows[i].want, array, rows[i].want);
    }
    static const struct {
        const char *unit;
        double value;
        const char *want;
    } of_json[] = {{"B", 1048576, "1.00 MiB"}, {"B/s", 2048, "2.00 KiB/s"}, {"cores", 1.5, "1.50"},
                   {"waiting", 12, "12"},      {"", 0.25, "0.25"},          {"users", 55, "55"}};
    for (size_t i = 0; i < COUNT_OF(of_json); i++) {
        char array[64];
        struct text out = text_in(array, sizeof array);
        amount_in_unit(&out, bytes_of(of_json[i].unit), of_json[i].value);
        CHECK_STR(of_json[i].unit, array, of_json[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),
        cmocka_unit_test(lengths),
        cmocka_unit_test(shares),
        cmocka_unit_test(columns),
        cmocka_unit_test(rates_and_counts),
        cmocka_unit_test(by_objective),
        cmocka_unit_test(by_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
