/* Counters and levels as series: rates, what began anew, what is not there. */
#include "observe/meters.h"

#include "base/ns.h"
#include "check.h"

#include <math.h>

static const struct meter rows[] = {
    {"hits", SERIES_OF_CACHE_HITS, METER_RATE, 1, NULL},
    {"misses", SERIES_OF_CACHE_MISSES, METER_RATE, 1, NULL},
    {"used", SERIES_OF_CACHE_MEMORY, METER_LEVEL, 1024, NULL},
    {"most", SERIES_OF_CACHE_MEMORY_LIMIT, METER_LIMIT, 1, NULL},
};

/* A look at hits and misses of so many, used and most; gives the series' values, NAN where none. */
static void look(struct slip *slip, struct meters *m, const struct look *when,
                 const char *const *values, double *out)
{
    struct sample samples[8];
    uint32_t known;
    meters_begin(m, when->first);
    for (uint32_t i = 0; i < 4; i++) {
        out[i] = (double)NAN;
        if (values[i]) meters_note_name(m, bytes_of(rows[i].name), bytes_of(values[i]));
    }
    meters_note_name(m, BYTES_LIT("unknown"), BYTES_LIT("1"));
    slip_begin(slip, when->since_ns, when->now_ns);
    meters_put(m, slip, BYTES_LIT("c"), when);
    slip_end(slip);
    uint32_t count = slip_take_samples(slip, samples, 8, &known);
    for (uint32_t i = 0; i < count; i++) {
        enum series_row row = slip->series[samples[i].series].row;
        for (uint32_t k = 0; k < 4; k++) {
            if (rows[k].row == row) out[k] = samples[i].value;
        }
    }
}

static void looks(void **state)
{
    (void)state;
    static const struct {
        const char *name, *values[4];
        double want[4], share; /* -1: none */
        uint64_t since_ns, now_ns;
        bool first;
    } cases[] = {
        {"first", {"100", "10", "2", "0"}, {-1, -1, 2048, -1}, -1, 0, NS_PER_S, true},
        {"second", {"160", "30", "3", "7"}, {30, 10, 3072, 7}, 0.75, NS_PER_S, 3 * NS_PER_S, false},
        {"nothing",
         {"160", "30", "3", "7"},
         {0, 0, 3072, 7},
         -1,
         3 * NS_PER_S,
         4 * NS_PER_S,
         false},
        {"reset", {"5", "0", "3", "7"}, {5, 0, 3072, 7}, 1, 4 * NS_PER_S, 5 * NS_PER_S, false},
        {"gone", {NULL, "1", "x", NULL}, {-1, 1, -1, -1}, -1, 5 * NS_PER_S, 6 * NS_PER_S, false},
        {"back",
         {"9", "1", "nan", "1e400"},
         {-1, 0, -1, -1},
         -1,
         6 * NS_PER_S,
         7 * NS_PER_S,
         false},
        {"anew", {"50", "60", "1", "1"}, {-1, -1, 1024, 1}, -1, 7 * NS_PER_S, 8 * NS_PER_S, true},
    };
    static struct arena arena;
    static struct slip slip;
    struct meters m = {.all = rows, .count = 4};
    assert_true(arena_open(&arena, (size_t)16 << 20, NULL));
    assert_true(slip_open(&slip, &arena));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct look when = {cases[i].since_ns, cases[i].now_ns, cases[i].first};
        double got[4];
        look(&slip, &m, &when, cases[i].values, got);
        for (uint32_t k = 0; k < 4; k++) {
            double seen = isnan(got[k]) ? -1 : got[k];
            CHECK(cases[i].name, fabs(seen - cases[i].want[k]) < 1e-6);
        }
        double share = meters_share(&m, 0, 1);
        CHECK(cases[i].name, fabs((isnan(share) ? -1 : share) - cases[i].share) < 1e-6);
    }
    slip_close(&slip);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(looks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
