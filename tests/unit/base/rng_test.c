#include "base/rng.h"

#include <math.h>
#include <stdbool.h>

#include "check.h"

/* Known answers of the authors' Random123 kat_vectors for philox4x32-10. */
static void known_answers(void **state)
{
    (void)state;
    struct rng_pair zero = rng_at((struct rng_key){0, 0, 0}, 0, 0);
    CHECK_U64("zero, words 1 and 0", zero.a, UINT64_C(0xe169c58d6627e8d5));
    CHECK_U64("zero, words 3 and 2", zero.b, UINT64_C(0x9b00dbd8bc57ac4c));
    struct rng_key key = {UINT64_MAX, 0xffffff, 0xff};
    struct rng_pair ones = rng_at(key, UINT64_MAX, UINT32_MAX);
    CHECK_U64("ones, words 1 and 0", ones.a, UINT64_C(0x41c83b0e408f276d));
    CHECK_U64("ones, words 3 and 2", ones.b, UINT64_C(0x6d5451fda20bc7c6));
}

static void uniform(void **state)
{
    (void)state;
    enum { DRAWS = 100000, BINS = 64 };
    uint32_t bins[BINS] = {0};
    double sum = 0;
    struct rng_stream s = rng_stream_at((struct rng_key){7, 3, RNG_BLOCK}, 11);
    for (int i = 0; i < DRAWS; i++) {
        double u = rng_unit(rng_next(&s));
        assert_true(u > 0 && u < 1);
        sum += u;
        bins[(int)(u * BINS)]++;
    }
    assert_true(fabs(sum / DRAWS - 0.5) < 0.005);
    double chi2 = 0, expect = (double)DRAWS / BINS;
    for (int b = 0; b < BINS; b++) chi2 += (bins[b] - expect) * (bins[b] - expect) / expect;
    assert_true(chi2 < 103.4); /* chi-square, 63 degrees, 0.999 */
}

static void between(void **state)
{
    (void)state;
    bool low = false, high = false;
    struct rng_stream s = rng_stream_at((struct rng_key){1, 0, RNG_VARIABLE}, 0);
    for (int i = 0; i < 1000; i++) {
        int64_t v = rng_between(rng_next(&s), -2, 2);
        assert_true(v >= -2 && v <= 2);
        low |= v == -2;
        high |= v == 2;
    }
    assert_true(low && high);
    assert_int_equal(rng_between(UINT64_MAX, 5, 5), 5);
    assert_true(rng_between(0, INT64_MIN, INT64_MAX) == 0);
}

static void place_decides(void **state)
{
    (void)state;
    struct rng_key key = {42, 1, RNG_SCENARIO};
    struct rng_key other = {42, 2, RNG_SCENARIO};
    assert_true(rng_at(key, 9, 0).a == rng_at(key, 9, 0).a);
    assert_true(rng_at(key, 9, 0).a != rng_at(key, 10, 0).a);
    assert_true(rng_at(key, 9, 0).a != rng_at(key, 9, 1).a);
    assert_true(rng_at(key, 9, 0).a != rng_at(other, 9, 0).a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(uniform),
        cmocka_unit_test(between),
        cmocka_unit_test(place_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
