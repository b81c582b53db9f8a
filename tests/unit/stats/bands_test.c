#include "stats/bands.h"

#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"
#include "stats/batches.h"

#define MS UINT64_C(1000000)

/* A tick's times, at rest. */
struct times {
    struct hist seen;
    struct hist_pair pairs[2000];
    struct hist_sparse sparse;
};

static struct times *rest(struct times *t)
{
    t->sparse = (struct hist_sparse){t->seen.count, t->seen.sum_ns, t->seen.max_ns, t->pairs, 0};
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        if (t->seen.buckets[b] == 0) continue;
        assert_true(t->sparse.pair_count < COUNT_OF(t->pairs));
        t->pairs[t->sparse.pair_count++] = (struct hist_pair){b, (uint32_t)t->seen.buckets[b]};
    }
    return t;
}

static void put(struct bands *b, uint32_t fast, uint32_t slow, uint32_t over)
{
    static struct times t;
    hist_init(&t.seen);
    for (uint32_t i = 0; i < fast; i++) hist_record(&t.seen, 10 * MS);
    for (uint32_t i = 0; i < slow; i++) hist_record(&t.seen, 400 * MS);
    bands_add(b, &rest(&t)->sparse, over, 0);
    bands_close(b);
}

static void shares_beyond_a_limit(void **state)
{
    (void)state;
    static struct bands b;
    static const struct {
        const char *name;
        uint64_t limit_ns;
        double hits;
    } cases[] = {{"below all", 9 * MS, 160},
                 {"between", 100 * MS, 60},
                 {"at the slow ones", 400 * MS, 10},
                 {"beyond what is seen", 60000 * MS, 10},
                 {"over every limit", UINT64_MAX, 10}};
    for (uint32_t t = 0; t < 10; t++) put(&b, 10, 5, 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bands_share share = bands_above(&b, BANDS_ALL, cases[i].limit_ns);
        CHECK_U64(cases[i].name, (uint64_t)share.hits, (uint64_t)cases[i].hits);
        CHECK_U64(cases[i].name, (uint64_t)share.count, 160);
        CHECK(cases[i].name, share.design_effect == 1); /* the same in each tick */
    }
}

/* One second in five is slow as a whole, by a part of a share that is asked for. */
static void effect_at_a_share(void **state)
{
    (void)state;
    static struct bands b;
    for (uint32_t t = 0; t < 60; t++)
        put(&b, t % 5 == t / 25 ? 10 : 50, t % 5 == t / 25 ? 40 : 0, 0);
    double at_slow = bands_above(&b, BANDS_ALL, 100 * MS).design_effect;
    CHECK("slow seconds are no witnesses each", at_slow > 20);
    CHECK("between the two times", bands_effect_at(&b, BANDS_ALL, 0.16) == at_slow);
    CHECK("among the slow ones", bands_effect_at(&b, BANDS_ALL, 0.05) == at_slow);
    CHECK("among the fast ones", bands_effect_at(&b, BANDS_ALL, 0.5) == at_slow);
    static struct bands none;
    CHECK("nothing came", bands_effect_at(&none, BANDS_ALL, 0.5) == 1);
}

/* As many ticks as there are batches for, and fewer values than bands: as if all were kept. */
static void few_are_kept_as_they_are(void **state)
{
    (void)state;
    static struct bands b;
    struct batches slow = {0}, over = {0};
    struct rng_stream s = rng_stream_at((struct rng_key){1, 1, RNG_THINK}, 0);
    for (uint32_t t = 0; t < BANDS_BATCHES - 1; t++) {
        uint32_t parts[3];
        for (uint32_t i = 0; i < 3; i++) parts[i] = (uint32_t)rng_between(rng_next(&s), 0, 30);
        put(&b, parts[0], parts[1], parts[2]);
        double n = (double)parts[0] + parts[1] + parts[2];
        batches_add(&slow, (double)parts[1] + parts[2], n);
        batches_add(&over, parts[2], n);
        double want = batches_design_effect(&slow);
        CHECK("slow", bands_above(&b, BANDS_ALL, 20 * MS).design_effect == want);
        CHECK("over",
              bands_above(&b, BANDS_ALL, UINT64_MAX).design_effect == batches_design_effect(&over));
    }
    CHECK("more than chance", batches_design_effect(&slow) > 3);
}

/* What may be left out can be, whatever it came with: the rest is as if it had come alone. */
static void without_the_excused(void **state)
{
    (void)state;
    static struct bands both;
    static struct bands rest_alone;
    static const struct hist_sparse no_time;
    struct rng_stream s = rng_stream_at((struct rng_key){1, 3, RNG_THINK}, 0);
    for (uint32_t t = 0; t < 3 * BANDS_BATCHES; t++) {
        uint64_t excused = t % 10 == 3 ? 100 : 0;
        uint32_t over = (uint32_t)rng_between(rng_next(&s), 0, 5);
        bands_add(&both, &no_time, excused, excused);
        put(&both, 40, t % 4, over);
        put(&rest_alone, 40, t % 4, over);
    }
    for (uint64_t limit_ns = 20 * MS; limit_ns != 0;
         limit_ns = limit_ns == 20 * MS ? UINT64_MAX : 0) {
        struct bands_share all = bands_above(&both, BANDS_ALL, limit_ns);
        struct bands_share less = bands_above(&both, BANDS_LESS_EXCUSED, limit_ns);
        struct bands_share want = bands_above(&rest_alone, BANDS_ALL, limit_ns);
        CHECK_U64("hits", (uint64_t)less.hits, (uint64_t)want.hits);
        CHECK_U64("count", (uint64_t)less.count, (uint64_t)want.count);
        CHECK("effect", less.design_effect == want.design_effect);
        CHECK_U64("all", (uint64_t)all.hits, (uint64_t)want.hits + 1900);
        CHECK("in bursts", all.design_effect > 5 * want.design_effect);
    }
    CHECK("at a share", bands_effect_at(&both, BANDS_LESS_EXCUSED, 0.02)
                            == bands_effect_at(&rest_alone, BANDS_ALL, 0.02));
}

/* Ticks that come in fours, however many: where one of these is one trial, that is found. */
static void ticks_without_end(void **state)
{
    (void)state;
    static struct bands b;
    for (uint32_t t = 0; t < 5000; t++) {
        bool bad = rng_unit(rng_at((struct rng_key){1, 4, RNG_THINK}, t / 4, 0).a) < 0.3;
        put(&b, bad ? 0 : 50, bad ? 50 : 0, 0);
        CHECK("room", b.batch < BANDS_BATCHES);
    }
    struct bands_share share = bands_above(&b, BANDS_ALL, 100 * MS);
    CHECK_U64("none is lost", (uint64_t)share.count, 250000);
    CHECK("batches are full of ticks", b.length * (uint64_t)b.batch + b.ticks == 5000);
    CHECK("four seconds stand and fall together",
          share.design_effect > 170 && share.design_effect < 320);
}

/* Values of 1 us to 1 h, far more than there are bands for: counts stay whole, and shares of the
 * tail are told to a tenth or so. */
static void values_without_end(void **state)
{
    (void)state;
    static struct bands b;
    static struct times t;
    static struct hist all;
    struct rng_stream s = rng_stream_at((struct rng_key){2, 1, RNG_THINK}, 0);
    for (uint32_t tick = 0; tick < 200; tick++) {
        hist_init(&t.seen);
        for (uint32_t i = 0; i < 500; i++) {
            double ns = exp(8 + 20 * pow(rng_unit(rng_next(&s)), 2));
            hist_record(&t.seen, (uint64_t)ns);
        }
        bands_add(&b, &rest(&t)->sparse, 0, 0);
        bands_close(&b);
        hist_merge(&all, &t.seen);
    }
    uint64_t kept = 0;
    for (uint32_t i = 0; i < b.band_count; i++) {
        uint64_t in_row = 0;
        for (uint32_t k = 0; k < BANDS_BATCHES; k++) in_row += b.counts[b.bands[i].row][k];
        CHECK_U64("a band has what its row has", in_row, b.bands[i].total);
        CHECK("bands do not meet", i == 0 || b.bands[i - 1].last < b.bands[i].first);
        kept += in_row;
    }
    CHECK_U64("none is lost", kept, all.count);
    CHECK_U64("in all bands", b.band_count, BANDS_MAX);
    static const uint32_t quantiles[] = {500000, 900000, 950000, 990000, 999000};
    for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
        uint64_t value = 0;
        assert_true(hist_quantile(&all, quantiles[i], &value));
        double got = bands_above(&b, BANDS_ALL, value).hits,
               want = (double)hist_count_above(&all, value);
        CHECK("never too few", got >= want);
        CHECK("nor many more", got <= want * 1.3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_beyond_a_limit),    cmocka_unit_test(effect_at_a_share),
        cmocka_unit_test(few_are_kept_as_they_are), cmocka_unit_test(ticks_without_end),
        cmocka_unit_test(values_without_end),       cmocka_unit_test(without_the_excused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
