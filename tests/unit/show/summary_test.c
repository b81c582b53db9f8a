#include "show/objective_row.h"
#include "show/summary.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "check.h"
#include "specimen.h"

enum { STAGES_MOST = 16 }; /* of a sample, the drain included */

/* The expected texts; PRONY_UPDATE_GOLDEN=1 writes them anew. */
static const char *folder;

static const struct {
    const char *name, *sample;
    struct show_style style;
    bool verbose;
} rows[] = {
    {"holds-100", "holds", {.width = 100}, false},
    {"holds-80", "holds", {.width = 80}, false},
    {"holds-140", "holds", {.width = 140}, false},
    {"holds-verbose-100", "holds", {.width = 100}, true},
    {"missed-100", "missed", {.width = 100}, false},
    {"missed-80", "missed", {.width = 80}, false},
    {"missed-100-color", "missed", {.width = 100, .color = true, .colors_256 = true}, false},
    {"missed-100-color16", "missed", {.width = 100, .color = true}, false},
    {"missed-80-ascii", "missed", {.width = 80, .ascii = true}, false},
    {"inconclusive-100", "inconclusive", {.width = 100}, false},
    {"inconclusive-80", "inconclusive", {.width = 80}, false},
    {"invalid-100", "invalid", {.width = 100}, false},
    {"not-judged-100", "not_judged", {.width = 100}, false},
    {"not-judged-100-color",
     "not_judged",
     {.width = 100, .color = true, .colors_256 = true},
     false},
    {"not-judged-80", "not_judged", {.width = 80}, false},
    {"interrupted-100", "interrupted", {.width = 100}, false},
    {"preflight-80", "preflight", {.width = 80}, false},
    {"service-died-100", "service_died", {.width = 100}, false},
    {"narrow-20", "missed", {.width = 20}, false},
};

static void write_summary(struct text *out, size_t row)
{
    struct specimen sample;
    sample_open(&sample, rows[row].sample);
    sample.extra.verbose = rows[row].verbose;
    summary_write(out, &sample.result, &rows[row].style, &sample.extra);
    assert_false(out->cut);
    sample_close(&sample);
}

static void goldens(void **state)
{
    (void)state;
    static char array[65536];
    struct arena arena;
    struct err err;
    assert_true(arena_open(&arena, (size_t)8 << 20, &err));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text out = text_in(array, sizeof array);
        write_summary(&out, i);
        char path[4096];
        struct text file = text_in(path, sizeof path);
        text_addf(&file, "%s/%s.txt", folder, rows[i].name);
        struct bytes want;
        if (getenv("PRONY_UPDATE_GOLDEN")) assert_true(file_write(path, text_bytes(&out), &err));
        if (!file_read(&want, &arena, path, sizeof array, &err)) fail_msg("%s", err.msg);
        CHECK_STR(rows[i].name, array, want.at);
    }
    arena_close(&arena);
}

/* Columns that a line takes, escape sequences left out. */
static size_t columns_of(struct bytes line)
{
    size_t columns = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] == '\033') {
            while (i < line.len && line.at[i] != 'm') i++;
            continue;
        }
        columns += ((unsigned char)line.at[i] & 0xc0) != 0x80;
    }
    return columns;
}

/* No line is wider than the terminal, at any width from the least one on. */
static void widths(void **state)
{
    (void)state;
    static char array[65536];
    static const char *const names[] = {"holds",     "missed",      "inconclusive",
                                        "invalid",   "not_judged",  "interrupted",
                                        "preflight", "service_died"};
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        for (uint32_t width = 72; width <= 200; width += 3) {
            struct specimen sample;
            sample_open(&sample, names[n]);
            struct show_style style = {.width = width};
            struct text out = text_in(array, sizeof array);
            summary_write(&out, &sample.result, &style, &sample.extra);
            for (struct bytes left = text_bytes(&out); left.len > 0;) {
                size_t end = bytes_find(left, BYTES_LIT("\n"));
                struct bytes line = {left.at, end < left.len ? end : left.len};
                if (columns_of(line) > width) {
                    fail_msg("%s at %u: %.*s", names[n], width, BYTES_ARG(line));
                }
                if (line.len > 0) CHECK(names[n], line.at[line.len - 1] != ' ');
                left = bytes_from(left, line.len + 1);
            }
            sample_close(&sample);
        }
    }
}

/* Colour adds nothing but colour. */
static void color_is_an_addition(void **state)
{
    (void)state;
    static char plain[65536], colored[65536], stripped[65536];
    struct specimen sample;
    sample_open(&sample, "missed");
    struct show_style style = {.width = 100};
    struct text a = text_in(plain, sizeof plain), b = text_in(colored, sizeof colored);
    summary_write(&a, &sample.result, &style, &sample.extra);
    style.color = style.colors_256 = true;
    summary_write(&b, &sample.result, &style, &sample.extra);
    struct text c = text_in(stripped, sizeof stripped);
    for (size_t i = 0; i < b.len; i++) {
        if (b.at[i] == '\033') {
            while (b.at[i] != 'm') i++;
        } else {
            text_addc(&c, b.at[i], 1);
        }
    }
    assert_string_equal(stripped, plain);
    assert_true(b.len > a.len);
    sample_close(&sample);
}

/* Nothing of the plan or the target can drive the terminal. */
static void hostile_text(void **state)
{
    (void)state;
    static char array[65536];
    struct specimen sample;
    sample_open(&sample, "service_died");
    struct show_style style = {.width = 100};
    struct text out = text_in(array, sizeof array);
    summary_write(&out, &sample.result, &style, &sample.extra);
    assert_null(strchr(array, '\033'));
    assert_non_null(strstr(array, "\\x1b[31m"));
    assert_non_null(strstr(array, "\\x1b[2J"));
    sample_close(&sample);
}

/* Who stopped it is told as it was: a key is no Ctrl-C. */
static void stopped(void **state)
{
    (void)state;
    static char array[65536];
    static const struct {
        const char *name;
        int signal;
        const char *reason, *want;
    } cases[] = {
        {"Ctrl-C", 2, "", "jobs · interrupted at 12 s (Ctrl-C) · "},
        {"SIGTERM", 15, "", "jobs · interrupted at 12 s (SIGTERM) · "},
        {"Ctrl-C later", 2, "api died", "jobs · interrupted at 12 s (Ctrl-C): api died · "},
        {"key", 2, RUN_BY_KEY, "jobs · stopped by q at 12 s · "},
        {"key later", 2, RUN_BY_KEY ": api died", "jobs · stopped by q at 12 s: api died · "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct specimen sample;
        sample_open(&sample, "interrupted");
        sample.result.end.signal = cases[i].signal;
        struct text reason = text_in(sample.result.end.reason, sizeof sample.result.end.reason);
        text_adds(&reason, cases[i].reason);
        struct show_style style = {.width = 140};
        struct text out = text_in(array, sizeof array);
        summary_write(&out, &sample.result, &style, &sample.extra);
        CHECK(cases[i].name, strstr(array, cases[i].want) != NULL);
        sample_close(&sample);
    }
}

/* A mean of what changed is called one; of what stayed it need not. */
static void users_of_a_ramp(void **state)
{
    (void)state;
    static char array[65536];
    static const struct {
        const char *name;
        uint32_t from, to;
        double seen;
        bool mean;
    } cases[] = {
        {"as many all the time", 10, 10, 10.0, false},
        {"but for a moment", 10, 10, 9.8, false},
        {"a ramp", 0, 20, 10.0, true},
        {"some left early", 10, 10, 7.2, true},
        {"nobody came", 0, 20, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct specimen sample;
        sample_open(&sample, "not_judged");
        sample.plan.stages[0].users_from = cases[i].from;
        sample.plan.stages[0].users_to = cases[i].to;
        struct stage_result stages[STAGES_MOST];
        assert_true(sample.result.stage_count <= STAGES_MOST);
        memcpy(stages, sample.result.stages, sample.result.stage_count * sizeof stages[0]);
        stages[0].figures.users = cases[i].seen;
        sample.result.stages = stages;
        struct show_style style = {.width = 140};
        struct text out = text_in(array, sizeof array);
        summary_write(&out, &sample.result, &style, &sample.extra);
        bool said = strstr(array, "USERS is their mean over the stage.") != NULL;
        CHECK(cases[i].name, said == cases[i].mean);
        sample_close(&sample);
    }
}

static void suggestions(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct suggestion limits;
        uint64_t failed;
        enum trust_level trust;
        bool own, steered, going_on;
        const char *want;
    } cases[] = {
        {.name = "usual",
         .limits = {{20e6, 50e6, 0.001}},
         .want = "--p95 20ms --p99 50ms --errors 0.1%"},
        {.name = "fast",
         .limits = {{500e3, 1.5e6, 0.001}},
         .want = "--p95 500us --p99 1.5ms --errors 0.1%"},
        {.name = "slow",
         .limits = {{8e9, 15e9, 0.03}},
         .want = "--p95 8000ms --p99 15s --errors 3%"},
        {.name = "no p99", .limits = {{20e6, 0, 0.015}}, .want = "--p95 20ms --errors 1.5%"},
        {.name = "no errors", .limits = {{20e6, 0, 0}}, .want = "--p95 20ms"},
        {.name = "errors alone", .limits = {{0, 0, 0.01}}, .want = ""},
        {.name = "failed", .limits = {{20e6, 0, 0}}, .failed = 900, .want = ""},
        {.name = "no trust", .limits = {{20e6, 0, 0}}, .trust = TRUST_INVALID, .want = ""},
        {.name = "steered", .limits = {{20e6, 0, 0}}, .steered = true, .want = ""},
        {.name = "its own", .limits = {{20e6, 0, 0}}, .own = true, .want = ""},
        {.name = "not over", .limits = {{20e6, 0, 0}}, .going_on = true, .want = ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct objective own = {.value = 1};
        struct plan plan = {.objectives = &own, .objective_count = cases[i].own ? 1 : 0};
        struct run_header header = {.plan = &plan};
        struct result r = {.header = &header,
                           .final = !cases[i].going_on,
                           .trust = cases[i].trust,
                           .steered = cases[i].steered,
                           .suggestion = cases[i].limits};
        r.totals.offered = 1000;
        r.totals.outcomes[OUTCOME_OK] = 1000 - cases[i].failed;
        char array[200] = "";
        struct text out = text_in(array, sizeof array);
        CHECK(cases[i].name, summary_suggest(&out, &r) == (cases[i].want[0] != '\0'));
        CHECK_STR(cases[i].name, array, cases[i].want);
    }
}

/* A note about several rows stands once; a miss by far is told in multiples. */
static void notes_and_misses(void **state)
{
    (void)state;
    static char array[65536];
    static struct objective_result results[24];
    struct specimen sample;
    sample_open(&sample, "missed");
    struct result *r = &sample.result;
    memcpy(results, r->objectives, r->objective_count * sizeof *results);
    r->objectives = results;
    for (uint32_t i = 0; i < r->objective_count; i++) {
        struct text note = text_in(results[i].note, sizeof results[i].note);
        if (results[i].verdict == VERDICT_MISSED) text_adds(&note, "a note");
        results[i].judged_stages = 1;
    }
    struct show_style style = {.width = 100};
    struct text out = text_in(array, sizeof array);
    summary_write(&out, r, &style, &sample.extra);
    assert_non_null(strstr(array, "\n    p99, max, p50 – a note\n"));
    const char *first = strstr(array, "a note");
    assert_true(first && !strstr(first + 1, "a note"));
    assert_non_null(strstr(array, "missed   45 % over\n"));
    assert_non_null(strstr(array, "missed   ≥ 20 × limit\n"));
    sample_close(&sample);
}

/* How many times its limit: whole where it is but for the last bit. */
static void times_of_a_limit(void **state)
{
    (void)state;
    static const struct {
        double value, limit;
        const char *want;
    } cases[] = {{1, 0.05, "20 ×"}, {0.998, 0.05, "19 ×"}, {1, 0.01, "100 ×"}, {0.3, 0.05, ""}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[40] = "";
        struct text out = text_in(array, sizeof array);
        double margin = (cases[i].limit - cases[i].value) / cases[i].limit;
        objective_row_far_beyond(&out, margin);
        CHECK_STR(cases[i].want, array, cases[i].want);
        text_clear(&out);
        array[0] = '\0';
        objective_row_far_beyond(&out, 1 - nextafter(1 - margin, 0));
        CHECK_STR(cases[i].want, array, cases[i].want);
    }
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : "tests/unit/show/golden";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),          cmocka_unit_test(widths),
        cmocka_unit_test(hostile_text),     cmocka_unit_test(color_is_an_addition),
        cmocka_unit_test(stopped),          cmocka_unit_test(users_of_a_ramp),
        cmocka_unit_test(suggestions),      cmocka_unit_test(notes_and_misses),
        cmocka_unit_test(times_of_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
