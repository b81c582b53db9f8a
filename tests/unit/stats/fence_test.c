#include "stats/fence.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"

#define COUNT 20

/* Bad from 14 on. */
static const float badness[COUNT] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 9, 8, 9, 8, 9, 9};

static const struct {
    const char *name;
    float values[COUNT];
    uint32_t left;
    bool above;
    double middle, at_worst;
} cases[] = {
    {"it leaves upwards",
     {4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 20, 21, 20, 21, 20, 20},
     14,
     true,
     4.5,
     20},
    {"and downwards",
     {4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 1, 0, 1, 0, 1, 1},
     14,
     false,
     4.5,
     1},
    {"sooner than things went bad",
     {4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 19, 18, 20, 21, 20, 21, 20, 20},
     12,
     true,
     5,
     20},
    {"one value is no row",
     {4, 5, 4, 99, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 20, 21, 20, 21, 20, 20},
     14,
     true,
     4.5,
     20},
    {"nor is it the usual when it is over by then",
     {4, 5, 4, 99, 99, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5},
     COUNT,
     false,
     5,
     4},
    {"it stays",
     {4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5},
     COUNT,
     false,
     4.5,
     4},
    {"a trifle is not marked",
     {100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
      100, 100, 100, 100, 100, 100, 100, 100, 100, 100.1F},
     COUNT,
     false,
     100,
     100},
    {"nothing, and then something",
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3},
     14,
     true,
     0,
     3},
    {"what is not known breaks no row",
     {4, 5, 4, 5, NAN, 5, 4, 5, 4, 5, 4, 5, 4, 5, 20, NAN, 20, 21, 20, 20},
     14,
     true,
     5,
     20},
};

static void fences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fence f;
        CHECK(cases[i].name, fence_find(cases[i].values, badness, COUNT, (double)NAN, &f));
        CHECK_U64(cases[i].name, f.left, cases[i].left);
        if (f.left < COUNT) CHECK(cases[i].name, f.above == cases[i].above);
        if (f.middle != cases[i].middle || f.at_worst != cases[i].at_worst)
            print_error("%g, at worst %g\n", f.middle, f.at_worst);
        CHECK(cases[i].name, f.middle == cases[i].middle && f.at_worst == cases[i].at_worst);
    }
}

static void too_little_is_known(void **state)
{
    (void)state;
    float values[COUNT];
    struct fence f;
    for (uint32_t i = 0; i < COUNT; i++) values[i] = NAN;
    assert_false(fence_find(values, badness, COUNT, (double)NAN, &f));
    for (uint32_t i = 0; i < FENCE_USUAL; i++) values[i] = 1;
    assert_false(fence_find(values, badness, COUNT, (double)NAN, &f)); /* half of them are good */
    float same[COUNT] = {0};
    for (uint32_t i = 0; i < COUNT; i++) values[i] = (float)i;
    assert_true(
        fence_find(values, same, COUNT, (double)NAN, &f)); /* it was never worse than usual */
    assert_true(f.at_worst == f.middle && f.left == COUNT);
}

/* Half of the time things were worse than they may be, though not at their worst. */
static void usual_is_what_kept_the_limit(void **state)
{
    (void)state;
    float values[COUNT];
    float bad[COUNT];
    struct fence f;
    for (uint32_t i = 0; i < COUNT; i++) {
        values[i] = i < 7 ? (float)(4 + i % 2) : (float)(10 + i);
        bad[i] = values[i] * 2;
    }
    assert_true(fence_find(values, bad, COUNT, 12, &f));
    assert_true(f.middle == 4 && f.left == 7 && f.above);
    assert_true(fence_find(values, bad, COUNT, (double)NAN, &f));
    assert_true(f.middle > 4 && f.left == COUNT);
    /* It hardly ever did: then the better half is the best there is. */
    assert_true(fence_find(values, bad, COUNT, 1, &f));
    assert_true(f.middle > 4 && f.left == COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fences),
                                       cmocka_unit_test(too_little_is_known),
                                       cmocka_unit_test(usual_is_what_kept_the_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
