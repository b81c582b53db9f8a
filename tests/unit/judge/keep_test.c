#include "judge/keep.h"

#include "check.h"

static struct arena arena;

static void first_errors_and_slowest(void **state)
{
    (void)state;
    struct keep k;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    keep_open(&k, &arena);
    char text[16];
    for (uint32_t i = 0; i < 40; i++) { /* 0, 7, 14, ... 273 ms in some order, borrowed texts */
        uint32_t ms = i * 21 % 40 * 7;
        int len = snprintf(text, sizeof text, "%u", ms);
        struct exemplar e = {.kind = EXEMPLAR_SLOW,
                             .response_ns = ms,
                             .detail = {text, (size_t)len},
                             .sample = {text, (size_t)len}};
        keep_take(&k, &e);
    }
    struct exemplar error = {.kind = EXEMPLAR_FIRST_ERROR, .outcome = OUTCOME_RESET};
    for (int i = 0; i < 3; i++) {
        error.status = (uint32_t)i;
        keep_take(&k, &error); /* only the first of its kind and place */
    }
    error.name = 1;
    keep_take(&k, &error);
    struct exemplar chance = {.kind = EXEMPLAR_RANDOM};
    keep_take(&k, &chance);
    memset(text, '!', sizeof text);

    assert_int_equal(keep_show(&k), KEEP_SLOWEST + 2);
    for (uint32_t i = 0; i < KEEP_SLOWEST; i++) {
        char want[16];
        snprintf(want, sizeof want, "%u", (39 - i) * 7);
        assert_int_equal(k.shown[i].response_ns, (39 - i) * 7);
        CHECK("its own detail", bytes_is(k.shown[i].detail, want));
        CHECK("its own sample", bytes_is(k.shown[i].sample, want));
    }
    assert_int_equal(k.shown[KEEP_SLOWEST].name, 0);
    assert_int_equal(k.shown[KEEP_SLOWEST].status, 0);
    assert_int_equal(k.shown[KEEP_SLOWEST + 1].name, 1);
    arena_close(&arena);
}

static void texts_and_errors_are_bounded(void **state)
{
    (void)state;
    struct keep k;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    keep_open(&k, &arena);
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_errors_and_slowest),
                                       cmocka_unit_test(texts_and_errors_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
