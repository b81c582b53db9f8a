#include "judge/keep.h"

#include "base/attr.h"
#include "check.h"

static struct arena arena;

static void open_keep(struct keep *k, uint32_t stage_count)
{
    assert_true(arena_open(&arena, 4 << 20, NULL));
    keep_open(k, stage_count, &arena);
}

/* Of each stage the slowest, in falling order, without texts that are only borrowed. */
static void the_slowest_by_stage(void **state)
{
    (void)state;
    struct keep k;
    open_keep(&k, 3);
    char text[] = "borrowed";
    for (uint32_t i = 0; i < 40; i++) { /* 0, 7, 14, ... 273 ms in some order */
        struct exemplar e = {.kind = EXEMPLAR_SLOW,
                             .stage = i % 2 * 2,
                             .response_ns = i * 21 % 40 * 7,
                             .detail = {text, sizeof text},
                             .sample = {text, sizeof text}};
        keep_take(&k, &e);
    }
    struct exemplar stray = {.kind = EXEMPLAR_SLOW, .stage = 3, .response_ns = 9999};
    keep_take(&k, &stray);
    static const struct {
        uint32_t stage, response_ns;
    } want[] = {{0, 266}, {0, 252}, {0, 238}, {2, 273}, {2, 259}, {2, 245}};
    assert_int_equal(keep_show(&k), COUNT_OF(want));
    for (uint32_t i = 0; i < COUNT_OF(want); i++) {
        assert_int_equal(k.shown[i].stage, want[i].stage);
        assert_int_equal(k.shown[i].response_ns, want[i].response_ns);
        assert_int_equal(k.shown[i].detail.len + k.shown[i].sample.len, 0);
    }
    arena_close(&arena);
}

/* One of each stage, any of those that came, whatever their order. */
static void one_by_chance(void **state)
{
    (void)state;
    uint32_t first = 0;
    for (uint32_t run = 0; run < 400; run++) {
        uint64_t kept[2];
        for (uint32_t backwards = 0; backwards < 2; backwards++) {
            struct keep k;
            open_keep(&k, 1);
            for (uint32_t i = 0; i < 4; i++) {
                uint32_t which = backwards ? 3 - i : i;
                struct exemplar e = {.kind = EXEMPLAR_RANDOM,
                                     .intended_ns = run * 1000 + which,
                                     .response_ns = which};
                keep_take(&k, &e);
            }
            assert_int_equal(keep_show(&k), 1);
            kept[backwards] = k.shown[0].response_ns;
            arena_close(&arena);
        }
        assert_int_equal(kept[0], kept[1]);
        first += kept[0] == 0;
    }
    assert_in_range(first, 60, 140); /* 100 wanted, sigma 8.7 */
}

/* A slow one that chance picked as well is shown once. */
static void none_is_shown_twice(void **state)
{
    (void)state;
    struct keep k;
    open_keep(&k, 1);
    struct exemplar e = {.kind = EXEMPLAR_SLOW, .intended_ns = 5, .response_ns = 7, .name = 1};
    keep_take(&k, &e);
    e.kind = EXEMPLAR_RANDOM;
    keep_take(&k, &e);
    assert_int_equal(keep_show(&k), 1);
    assert_int_equal(k.shown[0].kind, EXEMPLAR_SLOW);
    arena_close(&arena);
}

/* Only the first of its kind and place. */
static void first_errors(void **state)
{
    (void)state;
    struct keep k;
    open_keep(&k, 1);
    struct exemplar error = {.kind = EXEMPLAR_FIRST_ERROR, .outcome = OUTCOME_RESET};
    for (int i = 0; i < 3; i++) {
        error.status = (uint32_t)i;
        keep_take(&k, &error);
    }
    error.name = 1;
    keep_take(&k, &error);
    assert_int_equal(keep_show(&k), 2);
    assert_int_equal(k.shown[0].name, 0);
    assert_int_equal(k.shown[0].status, 0);
    assert_int_equal(k.shown[1].name, 1);
    arena_close(&arena);
}

static void texts_and_errors_are_bounded(void **state)
{
    (void)state;
    struct keep k;
    open_keep(&k, 1);
    char page[4096];
    memset(page, 'x', sizeof page);
    for (uint32_t i = 0; i < 2 * KEEP_ERRORS; i++) {
        struct exemplar e = {.kind = EXEMPLAR_FIRST_ERROR,
                             .name = i,
                             .outcome = OUTCOME_STATUS,
                             .detail = {page, sizeof page},
                             .sample = {page, sizeof page}};
        keep_take(&k, &e);
    }
    assert_int_equal(keep_show(&k), KEEP_ERRORS);
    assert_int_equal(k.shown[0].detail.len, KEEP_DETAIL_BYTES);
    assert_int_equal(k.shown[KEEP_ERRORS - 1].sample.len, KEEP_SAMPLE_BYTES);
    arena_close(&arena);
}

/* Of the requests that asked for spans those of whom something was told, the slowest of a stage
 * even where others were slower; what was told of others, or by nobody's id, is forgotten. */
static void spans_stay_with_their_request(void **state)
{
    (void)state;
    static const char line[] = "0000000000000001 0000000000000002 5 6 2 0\tapi\tGET\n";
    struct keep k;
    open_keep(&k, 2);
    for (uint32_t i = 0; i < 40; i++) {
        struct exemplar e = {.kind = i % 2 ? EXEMPLAR_SLOW : EXEMPLAR_TRACED,
                             .stage = 1,
                             .response_ns = 100 + i,
                             .sampled = i % 2 == 0,
                             .trace = {7, i + 1}};
        keep_take(&k, &e);
    }
    for (uint32_t i = 0; i < 40; i++) {
        struct exemplar told = {.kind = EXEMPLAR_SPANS,
                                .stage = 1,
                                .response_ns = 100 + i,
                                .trace = {7, i + 1},
                                .sample = {line, sizeof line - 1}};
        if (i != 38) keep_take(&k, &told); /* of the slowest nothing is told */
        if (i == 36) keep_take(&k, &told); /* by another service */
    }
    assert_int_equal(keep_show(&k), 5);
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(k.shown[i].kind, EXEMPLAR_SLOW);
    assert_int_equal(k.shown[3].kind, EXEMPLAR_TRACED);
    assert_int_equal(k.shown[3].response_ns, 136);
    assert_int_equal(k.shown[4].kind, EXEMPLAR_SPANS);
    assert_int_equal(k.shown[4].trace.low, 37);
    assert_int_equal(k.shown[4].sample.len, 2 * (sizeof line - 1));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_slowest_by_stage),
                                       cmocka_unit_test(one_by_chance),
                                       cmocka_unit_test(none_is_shown_twice),
                                       cmocka_unit_test(first_errors),
                                       cmocka_unit_test(texts_and_errors_are_bounded),
                                       cmocka_unit_test(spans_stay_with_their_request)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
