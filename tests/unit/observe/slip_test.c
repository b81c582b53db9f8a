/* What a source writes down and who collects it: whole passes, in order, with what did not fit. */
#include "observe/slip.h"

#include <math.h>

#include "base/arena.h"
#include "check.h"

static struct arena arena;
static struct slip slip;
static struct sample samples[SLIP_SAMPLES];

static int start(void **state)
{
    (void)state;
    assert_true(arena_open(&arena, (size_t)16 << 20, NULL));
    assert_true(slip_open(&slip, &arena));
    return 0;
}

static int end(void **state)
{
    (void)state;
    slip_close(&slip);
    arena_close(&arena);
    return 0;
}

static const struct bytes none = {0};
#define API BYTES_LIT("api")

static void declares_once(void **state)
{
    (void)state;
    uint32_t cpu = slip_series(&slip, API, SERIES_OF_CPU, none);
    assert_int_equal(cpu, slip_series(&slip, API, SERIES_OF_CPU, none));
    assert_int_not_equal(cpu, slip_series(&slip, BYTES_LIT("db"), SERIES_OF_CPU, none));
    assert_int_not_equal(cpu, slip_series(&slip, API, SERIES_OF_MEMORY, none));
    assert_int_not_equal(cpu, slip_series(&slip, API, SERIES_OF_CPU, BYTES_LIT("x")));
    uint32_t own = slip_own(&slip, API, BYTES_LIT("cpu"), none); /* somebody's own metric */
    assert_int_not_equal(cpu, own);
    assert_int_equal(own, slip_own(&slip, API, BYTES_LIT("cpu"), none));
    uint32_t odd = slip_series(&slip, API, SERIES_OF_WAITING, BYTES_LIT("a\033[2Jb"));
    assert_int_equal(odd, slip_series(&slip, API, SERIES_OF_WAITING, BYTES_LIT("a\033[2Jb")));
    assert_true(bytes_is(slip.series[odd].label, "a\\x1b[2Jb"));
    assert_int_equal(slip.series_count, 6);
}

static void hands_over_whole_passes(void **state)
{
    (void)state;
    uint32_t known = 0;
    uint32_t cpu = slip_series(&slip, API, SERIES_OF_CPU, none);
    uint32_t memory = slip_series(&slip, API, SERIES_OF_MEMORY, none);
    slip_begin(&slip, 1000, 2000);
    slip_put(&slip, cpu, 0.1);
    slip_put(&slip, cpu, (double)NAN); /* gaps */
    slip_put(&slip, cpu, HUGE_VAL);
    slip_put(&slip, cpu, 1e300); /* beyond a float */
    slip_put(&slip, SLIP_FULL, 1);
    slip_put_level(&slip, memory, 5);
    assert_int_equal(slip_take_samples(&slip, samples, SLIP_SAMPLES, &known), 0);
    assert_int_equal(known, 0); /* the pass is not over */
    slip_end(&slip);
    slip_begin(&slip, 2000, 3000);
    slip_put(&slip, cpu, 0.2);
    slip_begin(&slip, 2000, 4000); /* a look that failed leaves nothing */
    slip_end(&slip);
    assert_int_equal(slip_take_samples(&slip, samples, SLIP_SAMPLES, &known), 2);
    assert_int_equal(known, 2);
    assert_true(samples[0].from_ns == 1000 && samples[0].to_ns == 2000);
    assert_true(samples[0].value == (double)0.1f); /* what the run file keeps */
    assert_true(samples[1].from_ns == 2000 && samples[1].to_ns == 2000);
    assert_int_equal(slip_take_samples(&slip, samples, SLIP_SAMPLES, &known), 0);
}

static void takes_in_parts(void **state)
{
    (void)state;
    uint32_t known;
    uint32_t cpu = slip_series(&slip, API, SERIES_OF_CPU, none);
    for (uint64_t i = 0; i < 5; i++) {
        slip_begin(&slip, i, i + 1);
        slip_put(&slip, cpu, (double)i);
        slip_end(&slip);
    }
    double next = 0;
    for (uint32_t got = 1; got > 0;) {
        got = slip_take_samples(&slip, samples, 2, &known);
        for (uint32_t i = 0; i < got; i++) assert_true(samples[i].value == next++);
    }
    assert_true(next == 5);
}

static void has_an_end(void **state)
{
    (void)state;
    uint32_t known;
    char array[32];
    for (uint32_t i = 0; i < SLIP_SERIES + 7; i++) {
        struct text label = text_in(array, sizeof array);
        text_addf(&label, "%u", i);
        uint32_t id = slip_series(&slip, API, SERIES_OF_WAITING, text_bytes(&label));
        assert_int_equal(id, i < SLIP_SERIES ? i : SLIP_FULL);
    }
    assert_int_equal(slip.refused, 7);
    assert_int_equal(slip_series(&slip, API, SERIES_OF_WAITING, BYTES_LIT("3")), 3);
    uint32_t passes = SLIP_SAMPLES / SLIP_SERIES + 2;
    for (uint32_t pass = 0; pass < passes; pass++) {
        slip_begin(&slip, pass, pass + 1);
        for (uint32_t i = 0; i < SLIP_SERIES; i++) slip_put(&slip, i, 1);
        slip_end(&slip);
    }
    assert_int_equal(slip.lost, 2 * SLIP_SERIES);
    assert_int_equal(slip_take_samples(&slip, samples, SLIP_SAMPLES, &known), SLIP_SAMPLES);
}

static void long_labels(void **state)
{
    (void)state;
    static char longest[SERIES_TEXT_BYTES];
    memset(longest, '\001', sizeof longest);
    struct bytes label = {longest, sizeof longest};
    assert_int_equal(slip_series(&slip, API, SERIES_OF_WAITING, label), SLIP_FULL);
    label.len = 60; /* each byte becomes four */
    uint32_t id = slip_series(&slip, API, SERIES_OF_WAITING, label);
    assert_int_not_equal(id, SLIP_FULL);
    assert_int_equal(id, slip_series(&slip, API, SERIES_OF_WAITING, label));
    assert_int_equal(slip.series[id].label.len, 240);
}

static void news(void **state)
{
    (void)state;
    char array[SLIP_NEWS_BYTES];
    struct text text = text_in(array, sizeof array);
    assert_false(slip_take_news(&slip, &text));
    for (int i = 0; i < SLIP_NEWS + 3; i++) slip_say(&slip, "number %d\n", i);
    for (int i = 0; i < SLIP_NEWS; i++) {
        char want[32];
        struct text w = text_in(want, sizeof want);
        text_addf(&w, "number %d\\x0a", i);
        text_clear(&text);
        assert_true(slip_take_news(&slip, &text));
        assert_string_equal(array, want);
    }
    assert_false(slip_take_news(&slip, &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(declares_once, start, end),
        cmocka_unit_test_setup_teardown(hands_over_whole_passes, start, end),
        cmocka_unit_test_setup_teardown(takes_in_parts, start, end),
        cmocka_unit_test_setup_teardown(has_an_end, start, end),
        cmocka_unit_test_setup_teardown(long_labels, start, end),
        cmocka_unit_test_setup_teardown(news, start, end),
    };
    return cmocka_run_group_tests_name("slip", tests, NULL, NULL);
}
