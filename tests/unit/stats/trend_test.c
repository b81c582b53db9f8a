#include "stats/trend.h"

#include <math.h>

#include "base/rng.h"
#include "check.h"

#define SEEDS 400

static struct trend_room room;

/* Two values of the standard normal distribution (G. E. P. Box, M. E. Muller, 1958). */
static double normal(struct rng_stream *s)
{
    double radius = sqrt(-2 * log(rng_unit(rng_next(s))));
    return radius * cos(2 * 3.14159265358979 * rng_unit(rng_next(s)));
}

static bool find(const struct floor_point *p, uint32_t count, struct trend *out)
{
    struct trend_memory memory;
    return trend_remember(p, count, &room, &memory) && trend_find(p, count, &memory, &room, out);
}

/* Sen's own example: the slopes of all pairs, and their median. */
static void a_line_is_found_whatever_lies_off_it(void **state)
{
    (void)state;
    struct floor_point p[20];
    for (uint32_t i = 0; i < 20; i++) p[i] = (struct floor_point){.at_s = i, .value = 3 + 2.0 * i};
    struct trend t;
    CHECK("found", find(p, 20, &t));
    CHECK("slope", fabs(t.slope - 2) < 1e-12);
    CHECK("no doubt", fabs(t.range.lo - 2) < 1e-12 && fabs(t.range.hi - 2) < 1e-12);
    p[4].value = 1e6;
    p[15].value = -1e6;
    CHECK("found", find(p, 20, &t));
    CHECK("outliers do not move it", fabs(t.slope - 2) < 1e-12);
    CHECK("but it is less sure", t.range.lo <= 2 && t.range.hi >= 2);
}

static void what_changes_between_windows_is_no_trend(void **state)
{
    (void)state;
    struct floor_point p[40];
    for (uint32_t i = 0; i < 40; i++) {
        p[i] =
            (struct floor_point){.at_s = i, .value = 1000.0 * (i / 10) + (i % 2), .window = i / 10};
    }
    struct trend t;
    CHECK("found", find(p, 40, &t));
    CHECK("flat", t.range.lo <= 0 && t.range.hi >= 0 && fabs(t.slope) < 0.2);
    CHECK("none of one point each", !find(p, 1, &t));
}

static void few_values_have_no_end(void **state)
{
    (void)state;
    struct floor_point p[3];
    for (uint32_t i = 0; i < 3; i++) p[i] = (struct floor_point){.at_s = i, .value = i * i};
    struct trend t;
    CHECK("found", find(p, 3, &t));
    CHECK("no end", isnan(t.range.lo) && isnan(t.range.hi));
}

/* How often the interval has the true slope in it: of values that know nothing of each other, and
 * of such that stay what they were for a while. Without the memory it would be half as often. */
static void intervals_keep_their_word(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double ar;
        uint32_t count, least;
    } cases[] = {
        {"independent, 20", 0, 20, 372},      {"independent, 100", 0, 100, 372},
        {"lasting, 100", 0.6, 100, 360},      {"lasting, 250", 0.6, 250, 364},
        {"lasting long, 250", 0.9, 250, 340},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint32_t inside = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct rng_stream s = rng_stream_at((struct rng_key){.seed = seed}, c);
            struct floor_point p[FLOORS_MOST];
            double carried = normal(&s);
            for (uint32_t i = 0; i < cases[c].count; i++) {
                double ar = cases[c].ar;
                carried = ar * carried + sqrt(1 - ar * ar) * normal(&s);
                p[i] = (struct floor_point){.at_s = i, .value = 0.1 * i + carried};
            }
            struct trend t;
            CHECK(cases[c].name, find(p, cases[c].count, &t));
            inside += !(t.range.lo > 0.1) && !(t.range.hi < 0.1);
        }
        print_message("# %s: %u of %d\n", cases[c].name, inside, SEEDS);
        CHECK(cases[c].name, inside >= cases[c].least);
        CHECK(cases[c].name, inside < SEEDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_found_whatever_lies_off_it),
        cmocka_unit_test(what_changes_between_windows_is_no_trend),
        cmocka_unit_test(few_values_have_no_end),
        cmocka_unit_test(intervals_keep_their_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
