#include "store/range_code.h"

#include <math.h>

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"

#define NUMBERS 20000

static struct range_model model;
static unsigned char array[NUMBERS * 12];
static uint64_t numbers[NUMBERS];
static uint32_t contexts[NUMBERS];

static size_t encode(size_t count, size_t room)
{
    struct range_encoder e;
    range_code_start(&e, &model, array, room);
    for (size_t i = 0; i < count; i++) range_code_put(&e, contexts[i], numbers[i]);
    range_code_finish(&e);
    return e.full ? 0 : (size_t)(e.at - array);
}

static void check_back(const char *name, size_t count, size_t len)
{
    struct range_decoder d;
    range_code_open(&d, &model, (struct bytes){(const char *)array, len});
    for (size_t i = 0; i < count; i++) {
        CHECK_U64(name, range_code_get(&d, contexts[i]), numbers[i]);
    }
    CHECK(name, range_code_done(&d));
}

static void nothing(void **state)
{
    (void)state;
    check_back("nothing", 0, encode(0, sizeof array));
}

static void any_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t bits; /* numbers are below 2^bits, of any size */
    } rows[] = {{"bits", 1}, {"small", 3}, {"bytes", 8}, {"words", 32}, {"largest", 63}};
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = 3}, 0);
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        for (size_t i = 0; i < NUMBERS; i++) {
            uint64_t shift = 64 - 1 - rng_next(&s) % rows[r].bits;
            numbers[i] = rng_next(&s) >> shift;
            contexts[i] = (uint32_t)(rng_next(&s) % RANGE_CONTEXTS);
        }
        size_t len = encode(NUMBERS, sizeof array);
        CHECK(rows[r].name, len > 0);
        check_back(rows[r].name, NUMBERS, len);
    }
}

/* Long runs of one number let carries run through many bytes. */
static void extremes(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < 3; value++) {
        for (size_t i = 0; i < NUMBERS; i++) {
            numbers[i] = i % 1000 == 999 ? (UINT64_C(1) << 63) - 1 : value;
            contexts[i] = 0;
        }
        check_back("extremes", NUMBERS, encode(NUMBERS, sizeof array));
    }
}

/* Geometric numbers take little more than their entropy, 2.0 bits at p = 1/2. */
static void near_entropy(void **state)
{
    (void)state;
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = 4}, 0);
    for (size_t i = 0; i < NUMBERS; i++) {
        numbers[i] = (uint64_t)floor(-log2(rng_unit(rng_next(&s))));
        contexts[i] = 7;
    }
    double bits = (double)encode(NUMBERS, sizeof array) * 8 / NUMBERS;
    assert_true(bits > 1.98 && bits < 2.12);
}

static void too_small(void **state)
{
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        numbers[i] = i * 977;
        contexts[i] = 1;
    }
    size_t len = encode(100, sizeof array);
    for (size_t room = 0; room < len; room++) assert_int_equal(encode(100, room), 0);
    assert_int_equal(encode(100, len), len);
    /* Cut short, the reader says so. */
    for (size_t cut = 0; cut < len; cut++) {
        struct range_decoder d;
        range_code_open(&d, &model, (struct bytes){(const char *)array, cut});
        for (size_t i = 0; i < 100; i++) {
            uint64_t got = range_code_get(&d, 1);
            assert_true(!d.bad || got == 0);
        }
        assert_false(range_code_done(&d));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing),      cmocka_unit_test(any_numbers), cmocka_unit_test(extremes),
        cmocka_unit_test(near_entropy), cmocka_unit_test(too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
