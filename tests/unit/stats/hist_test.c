#include "stats/hist.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/rng.h"
#include "check.h"

enum { SEEDS = 40, VALUES = 3000 };

/* Values over many powers of two, now and then over the range. */
static uint64_t draw(struct rng_stream *s)
{
    uint64_t bits = rng_next(s);
    return rng_next(s) >> (20 + bits % 44);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void buckets_cover_the_range(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t value;
        uint32_t bucket;
    } cases[] = {
        {"zero", 0, 0},
        {"the last exact one", 127, 127},
        {"still exact", 255, 255},
        {"the first of two", 256, 256},
        {"the second of two", 257, 256},
        {"the next pair", 258, 257},
        {"the largest in range", (UINT64_C(1) << 42) - 1, HIST_BUCKETS - 1},
        {"over the range", UINT64_C(1) << 42, HIST_OVER},
        {"far over the range", UINT64_MAX, HIST_OVER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_U64(cases[i].name, hist_bucket(cases[i].value), cases[i].bucket);
    }
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        uint64_t top = hist_bucket_top(b);
        CHECK_U64("top belongs to its bucket", hist_bucket(top), b);
        CHECK_U64("the next value does not", hist_bucket(top + 1), b + 1);
    }
}

static void quantiles_match_a_sorted_array(void **state)
{
    (void)state;
    static const uint32_t asked[] = {1, 500000, 900000, 950000, 990000, 999000, 1000000};
    static struct hist h;
    uint64_t values[VALUES];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct rng_stream s = rng_stream_at((struct rng_key){seed, 0, RNG_DATA}, 0);
        uint32_t count = 1 + (uint32_t)(rng_next(&s) % VALUES);
        hist_init(&h);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < count; i++) {
            values[i] = draw(&s);
            sum += values[i];
            hist_record(&h, values[i]);
        }
        qsort(values, count, sizeof values[0], by_value);
        CHECK_U64("count", h.count, count);
        CHECK_U64("sum", h.sum_ns, sum);
        CHECK_U64("max", h.max_ns, values[count - 1]);
        for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
            uint64_t rank = hist_rank(count, asked[i]), got;
            assert_true(hist_quantile(&h, asked[i], &got));
            uint64_t exact = values[rank - 1];
            CHECK("never below the true one", got >= exact);
            bool in_range = exact >> HIST_MAX_BITS == 0;
            CHECK("at most 1/128 above", !in_range || got - exact <= exact / 128);
            CHECK("over the range: the largest", in_range || got == h.max_ns);
            CHECK("the floor is not above", hist_floor_at_rank(&h, rank) <= exact);
        }
    }
}

static void ranks_round_up(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t count;
        uint32_t per_million;
        uint64_t rank;
    } cases[] = {
        {"p99 of ten is the tenth", 10, 990000, 10},
        {"p90 of ten is the ninth", 10, 900000, 9},
        {"the median of one", 1, 500000, 1},
        {"p99.9 of 1000", 1000, 999000, 999},
        {"p99.9 of 1001", 1001, 999000, 1000},
        {"no overflow", UINT64_C(1) << 60, 500000, UINT64_C(1) << 59},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_U64(cases[i].name, hist_rank(cases[i].count, cases[i].per_million), cases[i].rank);
    }
}

static void several_ranks_in_one_walk(void **state)
{
    (void)state;
    static struct hist h;
    hist_init(&h);
    struct rng_stream s = rng_stream_at((struct rng_key){5, 0, RNG_DATA}, 0);
    for (int i = 0; i < VALUES; i++) hist_record(&h, draw(&s));
    uint64_t ranks[] = {1, 1, 7, VALUES / 2, VALUES - 1, VALUES}, values[6];
    hist_at_ranks(&h, ranks, 6, values);
    for (int i = 0; i < 6; i++) CHECK_U64("same as alone", values[i], hist_at_rank(&h, ranks[i]));
}

static void merges_commute_and_associate(void **state)
{
    (void)state;
    static struct hist part[3], left, right;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct rng_stream s = rng_stream_at((struct rng_key){seed, 1, RNG_DATA}, 0);
        for (int p = 0; p < 3; p++) {
            hist_init(&part[p]);
            for (uint64_t i = rng_next(&s) % 500; i > 0; i--) hist_record(&part[p], draw(&s));
        }
        hist_init(&left);
        hist_merge(&left, &part[0]);
        hist_merge(&left, &part[1]);
        hist_merge(&left, &part[2]);
        hist_init(&right);
        hist_merge(&right, &part[2]);
        hist_merge(&right, &part[1]);
        hist_merge(&part[0], &right); /* part[0] + (part[2] + part[1]) */
        assert_memory_equal(&left, &part[0], sizeof left);
    }
}

/* What a tick carries: the same histogram at rest. */
static struct hist_sparse at_rest(const struct hist *h, struct hist_pair *pairs)
{
    struct hist_sparse sparse = {h->count, h->sum_ns, h->max_ns, pairs, 0};
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        if (h->buckets[b] == 0) continue;
        pairs[sparse.pair_count++] = (struct hist_pair){b, (uint32_t)h->buckets[b]};
    }
    if (h->over > 0) pairs[sparse.pair_count++] = (struct hist_pair){HIST_OVER, (uint32_t)h->over};
    return sparse;
}

static void sparse_is_the_same(void **state)
{
    (void)state;
    static struct hist h, back;
    static struct hist_pair pairs[HIST_BUCKETS + 1];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct rng_stream s = rng_stream_at((struct rng_key){seed, 2, RNG_DATA}, 0);
        hist_init(&h);
        for (int i = 0; i < VALUES; i++) hist_record(&h, draw(&s));
        struct hist_sparse sparse = at_rest(&h, pairs);
        hist_init(&back);
        hist_merge_sparse(&back, &sparse);
        assert_memory_equal(&h, &back, sizeof h);
        for (int i = 0; i < 20; i++) {
            uint64_t limit = draw(&s), above = 0;
            for (uint32_t p = 0; p < sparse.pair_count; p++) {
                bool over =
                    pairs[p].bucket == HIST_OVER || hist_bucket_top(pairs[p].bucket) > limit;
                if (over) above += pairs[p].count;
            }
            CHECK_U64("above, full", hist_count_above(&h, limit), above);
            CHECK_U64("above, sparse", hist_sparse_count_above(&sparse, limit), above);
        }
    }
}

static void empty_has_no_quantile(void **state)
{
    (void)state;
    static struct hist h;
    hist_init(&h);
    uint64_t untouched = 42;
    assert_false(hist_quantile(&h, 500000, &untouched));
    assert_int_equal(untouched, 42);
    assert_int_equal(hist_count_above(&h, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_cover_the_range),
        cmocka_unit_test(ranks_round_up),
        cmocka_unit_test(several_ranks_in_one_walk),
        cmocka_unit_test(quantiles_match_a_sorted_array),
        cmocka_unit_test(sparse_is_the_same),
        cmocka_unit_test(merges_commute_and_associate),
        cmocka_unit_test(empty_has_no_quantile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
