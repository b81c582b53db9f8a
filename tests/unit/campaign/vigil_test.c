/* Samples of ten seconds as one: means over time, the last of what holds at an instant. */
#include "campaign/vigil.h"

#include "base/ns.h"
#include "check.h"

static struct arena arena;
static const struct plan plan = {.name_count = 1, .stage_count = 1};
static struct vigil *vigil;
static struct tick tick;

static void open_vigil(uint64_t window_s)
{
    static struct vigil_options options;
    options = (struct vigil_options){.window_ns = window_s * NS_PER_S, .probes = true};
    arena_reset(&arena);
    vigil = vigil_open(&options, &plan, &arena);
    assert_non_null(vigil);
}

static void take(uint32_t second, const struct sample *samples, uint32_t count, bool last)
{
    tick = (struct tick){.index = second,
                         .start_ns = second * NS_PER_S,
                         .end_ns = (second + 1) * NS_PER_S,
                         .last = last,
                         .samples = samples,
                         .sample_count = count};
    vigil_take(vigil, NULL, &tick);
}

/* Series 3 is a mean and comes each second, 5 is a level, 9 comes once. */
static void a_second(uint32_t second, bool last)
{
    const uint64_t from = second * NS_PER_S;
    const struct sample samples[] = {{3, from, from + NS_PER_S, second},
                                     {5, from + NS_PER_S, from + NS_PER_S, 100 + second},
                                     {9, from, from + NS_PER_S / 2, 8}};
    take(second, samples, second == 4 ? 3 : 2, last);
}

static void ten_seconds_are_one(void **state)
{
    (void)state;
    open_vigil(300);
    for (uint32_t s = 0; s < 9; s++) {
        a_second(s, false);
        assert_int_equal(tick.sample_count, 0);
    }
    a_second(9, false);
    assert_int_equal(tick.sample_count, 3);
    const struct sample *s = tick.samples;
    assert_true(s[0].series == 3 && s[0].from_ns == 0 && s[0].to_ns == 10 * NS_PER_S);
    assert_true(s[0].value == 4.5);
    assert_true(s[1].series == 5 && s[1].from_ns == s[1].to_ns && s[1].value == 109);
    assert_true(s[2].series == 9 && s[2].value == 8);
    assert_true(s[2].to_ns - s[2].from_ns == NS_PER_S / 2);
    a_second(10, false);
    assert_int_equal(tick.sample_count, 0);
    a_second(11, true); /* the end waits for nobody */
    assert_int_equal(tick.sample_count, 2);
    assert_true(tick.samples[0].value == 10.5 && tick.samples[0].from_ns == 10 * NS_PER_S);
}

static void no_coarser_than_its_windows(void **state)
{
    (void)state;
    open_vigil(5);
    a_second(0, false);
    assert_int_equal(tick.sample_count, 2);
    open_vigil(90);
    a_second(0, false);
    a_second(1, false);
    assert_int_equal(tick.sample_count, 0);
    a_second(2, false);
    assert_int_equal(tick.sample_count, 2);
}

static void nonsense(void **state)
{
    const struct sample samples[] = {{SERIES_MAX, 0, 1, 1}, {1, 2, 1, 1}};
    (void)state;
    open_vigil(5);
    take(0, samples, 2, true);
    assert_int_equal(tick.sample_count, 0);
}

static int start(void **state)
{
    (void)state;
    return arena_open(&arena, (size_t)16 << 20, NULL) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_seconds_are_one),
                                       cmocka_unit_test(no_coarser_than_its_windows),
                                       cmocka_unit_test(nonsense)};
    return cmocka_run_group_tests_name("vigil", tests, start, end);
}
