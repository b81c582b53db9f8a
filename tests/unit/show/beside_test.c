#include "show/beside.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "looks.h"
#include "play.h"
#include "show/beside_forms.h"
#include "show/beside_text.h"
#include "show/spread.h"
#include "show/spread_text.h"
#include "specimen.h"

/* The expected texts. */
static const char *folder;

#define RUNS_MAX 24
#define OUT_BYTES ((size_t)1 << 20)

static struct arena arena;
static struct beside_run runs[RUNS_MAX];

static int enter(void **state)
{
    (void)state;
    struct err err;
    return arena_open(&arena, (size_t)64 << 20, &err) ? 0 : 1;
}

static int leave(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* Runs of these samples, each closed before the next is opened; `hostile`: with hostile names. */
static struct beside join(const char *const *names, uint32_t count, bool hostile)
{
    for (uint32_t i = 0; i < count; i++) {
        struct specimen sample;
        sample_open(&sample, names[i]);
        if (hostile) play_hostile(&sample);
        sample.header.id[RUN_ID_LEN - 1] = (char)('a' + i);
        assert_true(beside_take(&runs[i], &sample.result, &arena));
        sample_close(&sample);
    }
    struct beside b = {.runs = runs, .run_count = count, .exit_code = 3};
    assert_true(beside_join(&b, &arena));
    return b;
}

static const char *const three[] = {"holds", "missed", "inconclusive"};
static const char *const all[] = {"holds",      "missed",      "inconclusive", "invalid",
                                  "not_judged", "interrupted", "preflight",    "service_died"};

static struct text new_text(void)
{
    char *array = arena_alloc(&arena, OUT_BYTES);
    assert_non_null(array);
    return text_in(array, OUT_BYTES);
}

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct show_style style;
        bool verbose;
        uint32_t count; /* of all; 0: three */
    } cases[] = {
        {"beside-60", {.width = 60}, false, 0},
        {"beside-80", {.width = 80}, false, 0},
        {"beside-80-ascii", {.width = 80, .ascii = true}, false, 0},
        {"beside-100", {.width = 100}, false, 0},
        {"beside-100-color", {.width = 100, .color = true, .colors_256 = true}, false, 0},
        {"beside-verbose-100", {.width = 100}, true, 0},
        {"beside-all-80", {.width = 80}, false, COUNT_OF(all)},
        {"beside-all-140", {.width = 140}, false, COUNT_OF(all)},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool many = cases[i].count > 0;
        struct beside b = join(many ? all : three, many ? cases[i].count : COUNT_OF(three), false);
        struct text out = new_text();
        beside_text_write(&out, &b, 3600, cases[i].verbose, &cases[i].style);
        looks_as_expected(folder, cases[i].name, &out);
    }
}

static void verdicts(void **state)
{
    (void)state;
    struct beside b = join(all, COUNT_OF(all), false);
    struct show_style style = {.width = 80};
    struct text out = new_text();
    beside_text_verdicts(&out, &b, &style);
    looks_as_expected(folder, "beside-verdicts-80", &out);
}

static void widths(void **state)
{
    (void)state;
    for (uint32_t width = 60; width <= 200; width += 3) {
        arena_reset(&arena);
        struct beside b = join(all, COUNT_OF(all), width % 2 == 0);
        struct show_style style = {.width = width, .ascii = width % 2 == 0};
        struct text out = new_text();
        beside_text_write(&out, &b, 0, width % 4 == 0, &style);
        looks_fitting("beside", &out, width);
        if (style.ascii) looks_plain("beside", &out);
        for (uint32_t i = 0; i < b.run_count; i++) CHECK("id", strstr(out.at, runs[i].entry.id));
    }
}

/* Many runs in blocks that are alike. */
static void blocks(void **state)
{
    (void)state;
    static const struct {
        uint32_t runs, width, blocks, first; /* runs in the first */
    } cases[] = {{1, 80, 1, 1},  {2, 80, 1, 2},  {3, 80, 2, 2},   {4, 80, 2, 2},  {4, 100, 2, 2},
                 {5, 120, 2, 3}, {9, 120, 3, 3}, {24, 140, 5, 5}, {24, 60, 24, 1}};
    static const char *const names[RUNS_MAX] = {
        "holds", "holds", "holds", "holds", "holds", "holds", "holds", "holds",
        "holds", "holds", "holds", "holds", "holds", "holds", "holds", "holds",
        "holds", "holds", "holds", "holds", "holds", "holds", "holds", "holds"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct beside b = join(names, cases[i].runs, false);
        struct show_style style = {.width = cases[i].width};
        struct text out = new_text();
        beside_text_write(&out, &b, 0, false, &style);
        uint32_t found = 0;
        for (const char *at = out.at; (at = strstr(at, "\n plan ")); at++) found++;
        /* The first line of all is that of the first block's ids. */
        uint32_t first = 0;
        for (uint32_t k = 0; k < b.run_count; k++) {
            const char *at = strstr(out.at, runs[k].entry.id);
            first += at && at < strchr(out.at, '\n');
        }
        char name[32];
        snprintf(name, sizeof name, "%u at %u", cases[i].runs, cases[i].width);
        CHECK_U64(name, found, cases[i].blocks);
        CHECK_U64(name, first, cases[i].first);
    }
}

static void rows(void **state)
{
    (void)state;
    struct beside b = join(three, COUNT_OF(three), false);
    /* Each sentence once; what one run was not asked is there all the same. */
    for (uint32_t i = 0; i < b.row_count; i++) {
        uint32_t have = 0;
        for (uint32_t k = 0; k < b.run_count; k++)
            have += beside_goal(&runs[k], &b.rows[i]) != NULL;
        CHECK("a row without a run", have > 0);
        for (uint32_t k = 0; k < i; k++) {
            CHECK("twice", !bytes_equal(b.rows[i].text, b.rows[k].text)
                               || !bytes_equal(b.rows[i].of, b.rows[k].of));
        }
    }
    const struct run_goal *first = beside_goal(&runs[0], &b.rows[0]);
    assert_non_null(first);
    struct run_trend trend;
    beside_compare(&trend, &b, 0, first);
    assert_true(trend.change == CHANGE_UNKNOWN); /* not with itself */
    /* The order is that of the first run. */
    for (uint32_t i = 0; i < runs[0].entry.goal_count; i++) {
        assert_true(bytes_equal(b.rows[i].text, runs[0].entry.goals[i].text));
    }
}

static void forms(void **state)
{
    (void)state;
    struct beside b = join(three, COUNT_OF(three), false);
    struct text csv = new_text();
    struct text page = new_text();
    struct text json = new_text();
    beside_forms_csv(&csv, &b);
    beside_forms_markdown(&page, &b);
    text_add(&json, beside_forms_json(&arena, &b));
    looks_as_expected(folder, "beside-csv", &csv);
    looks_as_expected(folder, "beside-markdown", &page);
    looks_as_expected(folder, "beside-json", &json);
}

/* Runs of one plan that were made up: `ms` of each, and whether it went to its end. */
static struct beside series_of(const double *ms, const bool *sound, const bool *at_least,
                               uint32_t count)
{
    static struct run_goal goals[RUNS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        goals[i] = (struct run_goal){.text = BYTES_LIT("p95 < 9ms"),
                                     .unit = BYTES_LIT("ms"),
                                     .at = {.value = ms[i], .at_least = at_least && at_least[i]}};
        runs[i] = (struct beside_run){.mark = "✓", .word = "HOLDS", .ended = "complete"};
        runs[i].done_per_s = 100;
        for (int k = 0; k < FIGURE_COUNT; k++) runs[i].response.ns[k] = ms[i] * 1e6;
        runs[i].response.n = 5000;
        runs[i].entry = (struct run_entry){.plan = BYTES_LIT("shop"),
                                           .sound = !sound || sound[i],
                                           .goals = &goals[i],
                                           .goal_count = 1};
        memcpy(runs[i].entry.id, "gq800000", RUN_ID_LEN + 1);
        runs[i].entry.id[RUN_ID_LEN - 1] = (char)('a' + i);
    }
    struct beside b = {
        .runs = runs, .run_count = count, .series = runs[0].entry.id, .asked = count};
    assert_true(beside_join(&b, &arena));
    return b;
}

static void spreads(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double ms[5];
        bool sound[5], at_least[5];
        uint32_t count, counted;
        double mean, deviation, lo, hi; /* NAN: there is none */
    } cases[] = {
        {"three", {1, 2, 3}, {true, true, true}, {false}, 3, 3, 2, 1, 0, 4.484},
        {"one that was cut short",
         {10, 99, 12, 14},
         {true, false, true, true},
         {false},
         4,
         3,
         12,
         2,
         7.032,
         16.968},
        {"a lower bound", {4, 5, 6}, {true, true, true}, {false, true}, 3, 3, 5, 1, 2.516, NAN},
        {"one alone", {4, 5}, {true, false}, {false}, 2, 1, 4, NAN, NAN, NAN},
        {"none", {4, 5}, {false, false}, {false}, 2, 0, NAN, NAN, NAN, NAN},
        {"one that has no value",
         {4, NAN, 6},
         {true, true, true},
         {false},
         3,
         2,
         5,
         1.4142,
         0,
         17.706},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct beside b = series_of(cases[i].ms, cases[i].sound, cases[i].at_least, cases[i].count);
        struct spread s;
        spread_of_row(&s, &b, &b.rows[0]);
        const double got[] = {s.mean, s.deviation, s.range.lo, s.range.hi};
        const double want[] = {cases[i].mean, cases[i].deviation, cases[i].lo, cases[i].hi};
        CHECK_U64(cases[i].name, s.count, cases[i].counted);
        for (size_t k = 0; k < COUNT_OF(got); k++) {
            CHECK(cases[i].name, isnan(want[k]) ? isnan(got[k]) : fabs(got[k] - want[k]) < 0.01);
        }
        struct spread figure;
        spread_of_figure(&figure, &b, SPREAD_P95);
        CHECK(cases[i].name,
              isnan(s.mean) ? isnan(figure.mean) : fabs(s.mean - figure.mean) < 1e-9);
    }
}

static void a_series(void **state)
{
    (void)state;
    static const double ms[] = {4.2, 4.5, 3.9, 6.1, 4.0};
    static const bool sound[] = {true, true, true, false, true};
    struct beside b = series_of(ms, sound, NULL, COUNT_OF(ms));
    struct text out = new_text();
    struct text json = new_text();
    struct show_style style = {.width = 80};
    spread_text_write(&out, &b, &style);
    style.ascii = true;
    spread_text_write(&out, &b, &style);
    text_add(&json, beside_forms_json(&arena, &b));
    looks_as_expected(folder, "spread", &out);
    looks_as_expected(folder, "spread-json", &json);
    b.run_count = 1;
    size_t len = out.len;
    spread_text_write(&out, &b, &style);
    assert_int_equal(out.len, len); /* one run has no spread */
}

/* Nothing of a target's drives a terminal, a page or a spreadsheet. */
static void hostile_names(void **state)
{
    (void)state;
    struct beside b = join(all, COUNT_OF(all), true);
    struct text out = new_text();
    struct show_style style = {.width = 120};
    beside_text_write(&out, &b, 0, true, &style);
    beside_text_verdicts(&out, &b, &style);
    beside_forms_markdown(&out, &b);
    assert_false(out.cut);
    for (size_t i = 0; i < out.len; i++) {
        CHECK("control bytes", (unsigned char)out.at[i] >= ' ' || out.at[i] == '\n');
    }
    struct text csv = new_text();
    beside_forms_csv(&csv, &b);
    for (size_t i = 0; i < csv.len; i++) {
        CHECK("control bytes", (unsigned char)csv.at[i] >= ' ' || strchr("\r\n", csv.at[i]));
        bool starts = i == 0 || strchr(",\n", csv.at[i - 1]);
        CHECK("a formula", !starts || !strchr("=+@", csv.at[i]));
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    folder = argv[1];
#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    /* What is hostile comes last: names of the samples stay so. */
    const struct CMUnitTest tests[] = {CASE(texts),    CASE(verdicts), CASE(blocks),
                                       CASE(rows),     CASE(forms),    CASE(spreads),
                                       CASE(a_series), CASE(widths),   CASE(hostile_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
