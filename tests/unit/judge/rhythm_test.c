#include "judge/rhythm.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "check.h"
#include "scene.h"

/* Gap number `k` of a sample that follows its law. */
static uint32_t lawful(uint64_t seed, uint64_t k)
{
    struct rng_key key = {.seed = seed, .use = RNG_TAKEUP};
    return (uint32_t)(-1e6 * log(rng_unit(rng_at(key, k, 0).a)));
}

/* Lumps of four: three gaps of nothing, one that makes up for them. */
static uint32_t lumpy(uint64_t seed, uint64_t k)
{
    return k % 4 == 0 ? 4 * lawful(seed, k) : 0;
}

/* `count` gaps of stage 1, those from `from` on in lumps; each tick has ten, and one of stage 0. */
static void play(struct rhythm *r, struct arena *arena, uint64_t seed, uint32_t count,
                 uint32_t from)
{
    struct takeup_gap gaps[11] = {{.stage = 0, .millionths = 5}};
    *r = (struct rhythm){0};
    for (uint32_t k = 0; k < count; k += 10) {
        for (uint32_t i = 0; i < 10; i++) {
            uint32_t gap = k + i < from ? lawful(seed, k + i) : lumpy(seed, k + i);
            gaps[1 + i] = (struct takeup_gap){.stage = 1, .millionths = gap};
        }
        struct tick tick = {.gaps = gaps, .gap_count = 11};
        rhythm_take(r, &tick, 1, arena);
    }
}

static void lumps_are_found_wherever_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t count, from; /* of the lumps */
        bool enough, told;
    } cases[] = {
        {"too few to say", 40, 0, false, false},
        {"fifty", 50, 0, true, true},
        {"fifty, and kept", 50, 50, true, false},
        {"all in lumps", 400, 0, true, true},
        {"kept", 400, 400, true, false},
        {"the last third", 30000, 20000, true, true},
        {"many, and kept", 30000, 30000, true, false},
    };
    struct arena arena;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rhythm r;
        play(&r, &arena, i, cases[i].count, cases[i].from);
        CHECK(cases[i].name, rhythm_find(&r) == cases[i].enough);
        CHECK(cases[i].name, r.count <= RHYTHM_GAPS);
        CHECK(cases[i].name, r.count >= (cases[i].count < 250 ? cases[i].count : 250));
        if (cases[i].enough) CHECK(cases[i].name, (r.tail < 1e-4) == cases[i].told);
        arena_reset(&arena);
    }
    arena_close(&arena);
}

/* The chance that is found is one: of 2,000 samples that follow their law a hundredth is beyond a
 * hundredth, whatever was left out for room. */
static void chances_are_kept(void **state)
{
    (void)state;
    static const uint32_t counts[] = {60, 500, 510, 3000};
    struct arena arena;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        uint32_t beyond = 0;
        for (uint64_t seed = 0; seed < 2000; seed++) {
            struct rhythm r;
            play(&r, &arena, seed, counts[i], counts[i]);
            assert_true(rhythm_find(&r));
            beyond += r.tail < 0.01;
            arena_reset(&arena);
        }
        CHECK("a hundredth", beyond >= 6 && beyond <= 38);
    }
    arena_close(&arena);
}

/* Four judged stages, and none but the last in lumps: told by its name, once it is over. */
static void a_stage_in_lumps_is_named(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    static const char *const names[] = {"one", "two", "free", "last"};
    for (uint32_t i = 0; i < 4; i++) scene_stage(&s, names[i], MODEL_OPEN, i != 2);
    scene_objective(&s, "errors < 50%");
    scene_begin(&s);
    for (uint32_t t = 0; t < 40; t++) {
        scene_tick(&s, t / 10, 1000);
        scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
        struct takeup_gap gaps[20];
        for (uint32_t i = 0; i < 20; i++) {
            uint32_t k = t * 20 + i;
            gaps[i] = (struct takeup_gap){t / 10, t < 20 ? lawful(3, k) : lumpy(3, k)};
        }
        s.tick.gaps = gaps;
        s.tick.gap_count = 20;
        scene_put(&s);
        assert_int_equal(scene_result(&s)->reason_count, 0);
    }
    scene_end(&s, RUN_COMPLETE);
    const struct result *result = scene_result(&s);
    assert_int_equal(result->reason_count, 1);
    assert_string_equal(result->reasons[0].code, "pattern-off");
    assert_int_equal(result->trust, TRUST_SUSPECT);
    assert_true(result->reasons[0].value < 1e-4);
    CHECK(result->reasons[0].text,
          strstr(result->reasons[0].text, "in last (Anderson-Darling: ") != NULL);
    CHECK(result->reasons[0].text, strstr(result->reasons[0].text, " for 200 gaps)") != NULL);
    CHECK(result->reasons[0].text, strstr(result->reasons[0].text, "machine.") != NULL);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lumps_are_found_wherever_they_are),
        cmocka_unit_test(chances_are_kept),
        cmocka_unit_test(a_stage_in_lumps_is_named),
    };
    return cmocka_run_group_tests_name("rhythm", tests, NULL, NULL);
}
