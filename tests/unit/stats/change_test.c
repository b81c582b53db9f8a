#include "stats/change.h"

#include <math.h>

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"

enum { SEEDS = 4000 };

#define NONE ((double)NAN)

static void intervals_apart(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct interval was, is;
        enum change want;
    } cases[] = {
        {"below", {5, 6}, {3, 4}, CHANGE_DOWN},
        {"above", {3, 4}, {5, 6}, CHANGE_UP},
        {"overlapping", {3, 5}, {4, 6}, CHANGE_NONE},
        {"within", {3, 6}, {4, 5}, CHANGE_NONE},
        {"touching: the same bucket's end", {3, 4}, {4, 5}, CHANGE_NONE},
        {"the same", {3, 4}, {3, 4}, CHANGE_NONE},
        {"a lower bound, above", {3, 4}, {5, NONE}, CHANGE_UP},
        {"a lower bound, below", {3, 4}, {2, NONE}, CHANGE_UNKNOWN},
        {"was a lower bound", {3, NONE}, {1, 2}, CHANGE_DOWN},
        {"an upper bound", {3, 4}, {NONE, 2}, CHANGE_DOWN},
        {"two lower bounds", {3, NONE}, {9, NONE}, CHANGE_UNKNOWN},
        {"a point: what was observed", {5, 5}, {3, 3}, CHANGE_UNKNOWN},
        {"one of them", {5, 6}, {3, 3}, CHANGE_UNKNOWN},
        {"no interval", {NONE, NONE}, {1, 2}, CHANGE_UNKNOWN},
        {"none now", {1, 2}, {NONE, NONE}, CHANGE_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(cases[i].name, change_between(cases[i].was, cases[i].is) == cases[i].want);
    }
}

static void what_is_usual(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double values[13];
        uint32_t count;
        bool want;
    } cases[] = {
        {"none", {0}, 0, false},
        {"five before are too few", {99, 1, 2, 1, 2, 1}, 6, false},
        {"six before", {99, 1, 2, 1, 2, 1, 2}, 7, true},
        {"five times the usual step", {6, 1, 2, 1, 2, 1, 2}, 7, false},
        {"just more", {6.1, 1, 2, 1, 2, 1, 2}, 7, true},
        {"downwards", {-4.1, 1, 2, 1, 2, 1, 2}, 7, true},
        {"one change among them is not usual", {99, 1, 2, 1, 2, 60, 61, 60}, 8, true},
        {"changes all along are", {99, 1, 40, 2, 50, 3, 60}, 7, false},
        {"they never differed", {1.1, 1, 1, 1, 1, 1, 1}, 7, true},
        {"nor does this", {1, 1, 1, 1, 1, 1, 1}, 7, false},
        {"an unknown one makes two steps unknown", {99, 1, 2, NONE, 2, 1, 2, 1, 2}, 9, true},
        {"and then too few are left", {99, 1, 2, NONE, 2, 1, 2, 1}, 8, false},
        {"this one is unknown", {NONE, 1, 2, 1, 2, 1, 2}, 7, false},
        {"what is long ago", {9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 90, 9}, 13, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(cases[i].name, change_is_unusual(cases[i].values, cases[i].count) == cases[i].want);
    }
}

/* Two values of the standard normal distribution (G. E. P. Box, M. E. Muller, 1958). */
static double normal(struct rng_stream *s)
{
    double radius = sqrt(-2 * log(rng_unit(rng_next(s))));
    return radius * cos(2 * 3.14159265358979 * rng_unit(rng_next(s)));
}

enum shape { NORMAL, LOGNORMAL, STUDENT_3, GOING_ON };

static double draw(struct rng_stream *s, enum shape shape, double before)
{
    switch (shape) {
    case NORMAL:
        return normal(s);
    case LOGNORMAL:
        return exp(0.5 * normal(s));
    case STUDENT_3: {
        double sum = 0;
        for (int i = 0; i < 3; i++) sum += pow(normal(s), 2);
        return normal(s) / sqrt(sum / 3);
    }
    case GOING_ON: /* correlation 0.5 with the run before */
        return 0.5 * before + sqrt(0.75) * normal(s);
    }
    return 0;
}

/* Runs that differ by themselves and did not change: how many are called unusual. */
static void seldom_unusual_by_itself(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum shape shape;
        uint32_t before;
        double most; /* share; docs/method.md says so */
    } cases[] = {
        {"normal, 6 before", NORMAL, 6, 0.045},        {"normal, 10 before", NORMAL, 10, 0.03},
        {"lognormal, 6 before", LOGNORMAL, 6, 0.065},  {"lognormal, 10", LOGNORMAL, 10, 0.05},
        {"long tails, 6 before", STUDENT_3, 6, 0.065}, {"long tails, 10", STUDENT_3, 10, 0.055},
        {"going on, 10 before", GOING_ON, 10, 0.03},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t wrong = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct rng_stream s = rng_stream_at((struct rng_key){.seed = seed}, i);
            double values[CHANGE_RUNS_MOST + 1] = {draw(&s, NORMAL, 0)};
            for (uint32_t k = 1; k <= cases[i].before; k++) {
                values[k] = draw(&s, cases[i].shape, values[k - 1]);
            }
            values[0] = draw(&s, cases[i].shape, values[1]);
            wrong += change_is_unusual(values, cases[i].before + 1);
        }
        double share = (double)wrong / SEEDS;
        if (share > cases[i].most) print_error("%s: %.3f\n", cases[i].name, share);
        CHECK(cases[i].name, share > 0 && share <= cases[i].most);
    }
}

/* A change by ten times the deviation of such runs is seen in 97 %. */
static void sees_what_changed(void **state)
{
    (void)state;
    uint32_t seen = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct rng_stream s = rng_stream_at((struct rng_key){.seed = seed}, 0);
        double values[CHANGE_RUNS_MOST + 1];
        for (int k = 0; k <= CHANGE_RUNS_MOST; k++) values[k] = normal(&s);
        values[0] += 10;
        seen += change_is_unusual(values, CHANGE_RUNS_MOST + 1);
    }
    double share = (double)seen / SEEDS;
    if (share < 0.9) print_error("%.3f\n", share);
    assert_true(share >= 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_apart),
        cmocka_unit_test(what_is_usual),
        cmocka_unit_test(seldom_unusual_by_itself),
        cmocka_unit_test(sees_what_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
