/* Of those that pass by each is as likely to be the one that is kept. */
#include "load/lot.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"

enum { TRIALS = 20000, MOST = 100 };

static void each_is_as_likely(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 7, 10, 64, MOST};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint32_t kept[MOST] = {0};
        for (uint64_t trial = 0; trial < TRIALS; trial++) {
            struct lot lot = {0};
            uint32_t last = 0;
            for (uint32_t k = 0; k < sizes[i]; k++) {
                if (lot_falls(&lot, (struct rng_key){7, 0, RNG_EXEMPLAR}, trial)) last = k;
            }
            kept[last]++;
        }
        double mean = (double)TRIALS / sizes[i];
        double chi = 0;
        for (uint32_t k = 0; k < sizes[i]; k++) {
            chi += (kept[k] - mean) * (kept[k] - mean) / mean;
        }
        double degrees = sizes[i] - 1; /* four of its deviations */
        CHECK("chi square", chi <= degrees + 4 * sqrt(2 * degrees) + 1e-9);
    }
}

/* A tick of a million requests costs some fourteen draws and not a million. */
static void few_are_drawn_for(void **state)
{
    (void)state;
    uint32_t most = 0;
    for (uint64_t trial = 0; trial < 20; trial++) {
        struct lot lot = {0};
        uint32_t falls = 0;
        for (uint32_t k = 0; k < 1000000; k++) {
            falls += lot_falls(&lot, (struct rng_key){7, 1, RNG_EXEMPLAR}, trial);
        }
        if (falls > most) most = falls;
    }
    CHECK("a few", most > 5 && most < 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_as_likely),
        cmocka_unit_test(few_are_drawn_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
