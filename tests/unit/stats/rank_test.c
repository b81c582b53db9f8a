#include "stats/rank.h"

#include <math.h>

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"

#define SEEDS 2000
#define LENGTH 60

static double normal(struct rng_stream *s)
{
    double radius = sqrt(-2 * log(rng_unit(rng_next(s))));
    return radius * cos(2 * 3.14159265358979 * rng_unit(rng_next(s)));
}

static void by_hand(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float a[14], b[14];
        uint32_t count;
        bool told;
        double rho;
    } cases[] = {
        {"the same order",
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
         {1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 1e6F},
         12,
         true,
         1},
        {"turned round",
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
         {12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, -100},
         12,
         true,
         -1},
        /* Equal ones share the mean of their ranks: half and half against half and half. */
        {"two levels",
         {0, 0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5},
         {1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 1},
         12,
         true,
         2.0 / 3},
        {"infinite is the largest",
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, INFINITY},
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
         12,
         true,
         1},
        {"what is not known is left out",
         {1, 2, NAN, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1},
         {1, 2, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, NAN},
         14,
         true,
         1},
        {"too few are known",
         {1, 2, NAN, 3, 4, 5, 6, 7, 8, 9, 10, 11},
         {1, 2, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11},
         12,
         false,
         0},
        {"one never changes",
         {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
         12,
         false,
         0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rank_tie tie = {.rho = 77};
        bool told = rank_compare(cases[i].a, cases[i].b, cases[i].count, &tie);
        CHECK(cases[i].name, told == cases[i].told);
        CHECK(cases[i].name, told ? fabs(tie.rho - cases[i].rho) < 1e-12 : tie.rho == 77);
    }
}

/* Each value keeps `kept` of the one before; both that share `common` move together. */
static void fill(float *values, double kept, struct rng_stream *s)
{
    double last = normal(s);
    for (uint32_t i = 0; i < LENGTH; i++) {
        last = kept * last + sqrt(1 - kept * kept) * normal(s);
        values[i] = (float)last;
    }
}

/* Of series that have nothing to do with each other hardly any is told, however slowly they drift;
 * of those that do, nearly all. */
static void noise_is_not_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double kept, common; /* noise that both are made of, as a share of the variance */
        double least, most;
    } cases[] = {
        {"apart, no memory", 0, 0, 0, 0.002},     {"apart, some", 0.5, 0, 0, 0.01},
        {"apart, much", 0.9, 0, 0, 0.06},         {"apart, they only drift", 0.99, 0, 0, 0.1},
        {"together, no memory", 0, 0.8, 0.95, 1}, {"together, some", 0.5, 0.8, 0.95, 1},
    };
    uint32_t seeds = seeds_of(SEEDS);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t held = 0;
        for (uint64_t seed = 1; seed <= seeds; seed++) {
            struct rng_stream s = rng_stream_at((struct rng_key){.seed = seed}, i);
            float a[LENGTH], b[LENGTH], both[LENGTH];
            fill(a, cases[i].kept, &s);
            fill(b, cases[i].kept, &s);
            fill(both, cases[i].kept, &s);
            for (uint32_t k = 0; k < LENGTH; k++) {
                double shared = sqrt(cases[i].common) * (double)both[k];
                a[k] = (float)(shared + sqrt(1 - cases[i].common) * (double)a[k]);
                b[k] = (float)(shared + sqrt(1 - cases[i].common) * (double)b[k]);
            }
            struct rank_tie tie;
            held += rank_compare(a, b, LENGTH, &tie) && rank_holds(&tie);
        }
        double share = (double)held / seeds;
        if (share < cases[i].least || share > cases[i].most) print_error("%g\n", share);
        CHECK(cases[i].name, share >= cases[i].least && share <= cases[i].most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand),
                                       cmocka_unit_test(noise_is_not_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
