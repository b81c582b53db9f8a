/* What a source writes down and who collects it: whole passes, in order, with what did not fit. */
#include "observe/sheet.h"

#include <math.h>

#include "base/arena.h"
#include "check.h"

static struct arena arena;
static struct sheet sheet;
static struct sample samples[SHEET_SAMPLES];

static int start(void **state)
{
    (void)state;
    assert_true(arena_open(&arena, (size_t)16 << 20, NULL));
    assert_true(sheet_open(&sheet, &arena));
    return 0;
}

static int end(void **state)
{
    (void)state;
    sheet_close(&sheet);
    arena_close(&arena);
    return 0;
}

static const struct bytes none = {0};
#define API BYTES_LIT("api")

static void declares_once(void **state)
{
    (void)state;
    uint32_t cpu = sheet_series(&sheet, API, SERIES_OF_CPU, none);
    assert_int_equal(cpu, sheet_series(&sheet, API, SERIES_OF_CPU, none));
    assert_int_not_equal(cpu, sheet_series(&sheet, BYTES_LIT("db"), SERIES_OF_CPU, none));
    assert_int_not_equal(cpu, sheet_series(&sheet, API, SERIES_OF_MEMORY, none));
    assert_int_not_equal(cpu, sheet_series(&sheet, API, SERIES_OF_CPU, BYTES_LIT("x")));
    uint32_t own = sheet_own(&sheet, API, BYTES_LIT("cpu"), none); /* somebody's own metric */
    assert_int_not_equal(cpu, own);
    assert_int_equal(own, sheet_own(&sheet, API, BYTES_LIT("cpu"), none));
    uint32_t odd = sheet_series(&sheet, API, SERIES_OF_WAITING, BYTES_LIT("a\033[2Jb"));
    assert_int_equal(odd, sheet_series(&sheet, API, SERIES_OF_WAITING, BYTES_LIT("a\033[2Jb")));
    assert_true(bytes_is(sheet.series[odd].label, "a\\x1b[2Jb"));
    assert_int_equal(sheet.series_count, 6);
}

static void hands_over_whole_passes(void **state)
{
    (void)state;
    uint32_t known = 0;
    uint32_t cpu = sheet_series(&sheet, API, SERIES_OF_CPU, none);
    uint32_t memory = sheet_series(&sheet, API, SERIES_OF_MEMORY, none);
    sheet_begin(&sheet, 1000, 2000);
    sheet_put(&sheet, cpu, 0.1);
    sheet_put(&sheet, cpu, (double)NAN); /* gaps */
    sheet_put(&sheet, cpu, HUGE_VAL);
    sheet_put(&sheet, cpu, 1e300); /* beyond a float */
    sheet_put(&sheet, SHEET_FULL, 1);
    sheet_put_level(&sheet, memory, 5);
    assert_int_equal(sheet_take_samples(&sheet, samples, SHEET_SAMPLES, &known), 0);
    assert_int_equal(known, 0); /* the pass is not over */
    sheet_end(&sheet);
    sheet_begin(&sheet, 2000, 3000);
    sheet_put(&sheet, cpu, 0.2);
    sheet_begin(&sheet, 2000, 4000); /* a look that failed leaves nothing */
    sheet_end(&sheet);
    assert_int_equal(sheet_take_samples(&sheet, samples, SHEET_SAMPLES, &known), 2);
    assert_int_equal(known, 2);
    assert_true(samples[0].from_ns == 1000 && samples[0].to_ns == 2000);
    assert_true(samples[0].value == (double)0.1f); /* what the run file keeps */
    assert_true(samples[1].from_ns == 2000 && samples[1].to_ns == 2000);
    assert_int_equal(sheet_take_samples(&sheet, samples, SHEET_SAMPLES, &known), 0);
}

static void takes_in_parts(void **state)
{
    (void)state;
    uint32_t known;
    uint32_t cpu = sheet_series(&sheet, API, SERIES_OF_CPU, none);
    for (uint64_t i = 0; i < 5; i++) {
        sheet_begin(&sheet, i, i + 1);
        sheet_put(&sheet, cpu, (double)i);
        sheet_end(&sheet);
    }
    double next = 0;
    for (uint32_t got = 1; got > 0;) {
        got = sheet_take_samples(&sheet, samples, 2, &known);
        for (uint32_t i = 0; i < got; i++) assert_true(samples[i].value == next++);
    }
    assert_true(next == 5);
}

static void has_an_end(void **state)
{
    (void)state;
    uint32_t known;
    char array[32];
    for (uint32_t i = 0; i < SHEET_SERIES + 7; i++) {
        struct text label = text_in(array, sizeof array);
        text_addf(&label, "%u", i);
        uint32_t id = sheet_series(&sheet, API, SERIES_OF_WAITING, text_bytes(&label));
        assert_int_equal(id, i < SHEET_SERIES ? i : SHEET_FULL);
    }
    assert_int_equal(sheet.refused, 7);
    assert_int_equal(sheet_series(&sheet, API, SERIES_OF_WAITING, BYTES_LIT("3")), 3);
    uint32_t passes = SHEET_SAMPLES / SHEET_SERIES + 2;
    for (uint32_t pass = 0; pass < passes; pass++) {
        sheet_begin(&sheet, pass, pass + 1);
        for (uint32_t i = 0; i < SHEET_SERIES; i++) sheet_put(&sheet, i, 1);
        sheet_end(&sheet);
    }
    assert_int_equal(sheet.lost, 2 * SHEET_SERIES);
    assert_int_equal(sheet_take_samples(&sheet, samples, SHEET_SAMPLES, &known), SHEET_SAMPLES);
}

static void long_labels(void **state)
{
    (void)state;
    static char longest[SERIES_TEXT_BYTES];
    memset(longest, '\001', sizeof longest);
    struct bytes label = {longest, sizeof longest};
    assert_int_equal(sheet_series(&sheet, API, SERIES_OF_WAITING, label), SHEET_FULL);
    label.len = 60; /* each byte becomes four */
    uint32_t id = sheet_series(&sheet, API, SERIES_OF_WAITING, label);
    assert_int_not_equal(id, SHEET_FULL);
    assert_int_equal(id, sheet_series(&sheet, API, SERIES_OF_WAITING, label));
    assert_int_equal(sheet.series[id].label.len, 240);
}

static void news(void **state)
{
    (void)state;
    char array[SHEET_NEWS_BYTES];
    struct text text = text_in(array, sizeof array);
    assert_false(sheet_take_news(&sheet, &text));
    for (int i = 0; i < SHEET_NEWS + 3; i++) sheet_say(&sheet, "number %d\n", i);
    for (int i = 0; i < SHEET_NEWS; i++) {
        char want[32];
        struct text w = text_in(want, sizeof want);
        text_addf(&w, "number %d\\x0a", i);
        text_clear(&text);
        assert_true(sheet_take_news(&sheet, &text));
        assert_string_equal(array, want);
    }
    assert_false(sheet_take_news(&sheet, &text));
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
    return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
