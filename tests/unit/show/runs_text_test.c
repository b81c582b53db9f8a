#include "show/runs_text.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "looks.h"

/* The expected texts. */
static const char *folder;

#define NONE ((double)NAN)
#define STARTED(s) (UINT64_C(1763836800250000000) + (uint64_t)(s)*1000000000)

/* One of each kind that a list can hold. */
struct past {
    struct run_goal p95, users, long_one, errors;
    struct run_place is, was;
    struct run_entry entries[8];
    struct runs_row rows[8];
};

static void past_open(struct past *p)
{
    const struct run_goal p95 = {.text = BYTES_LIT("p95 < 100ms"),
                                 .unit = BYTES_LIT("ms"),
                                 .margin = 42.9,
                                 .at = {.value = 57.1}};
    *p = (struct past){.p95 = p95, .users = p95, .long_one = p95, .errors = p95};
    p->users = (struct run_goal){.text = BYTES_LIT("throughput >= 98% of offered"),
                                 .unit = BYTES_LIT("% of offered"),
                                 .margin = NONE,
                                 .at = {.value = 99.96}};
    p->long_one.text = BYTES_LIT("p99.9 of each in climb < 1500ms");
    p->long_one.of = BYTES_LIT("GET /a/long/path\x1b[2J");
    p->long_one.at = (struct run_place){.value = 12000, .at_least = true};
    p->long_one.margin = -9900;
    p->errors = (struct run_goal){.text = BYTES_LIT("errors <= 50%"), .unit = BYTES_LIT("%")};
    const struct run_entry entries[] = {
        {.id = "1f2e3d4h", .plan = BYTES_LIT("jobs"), .verdict = BYTES_LIT("running")},
        {.id = "1f2e3d4g",
         .plan = BYTES_LIT("jobs"),
         .verdict = BYTES_LIT("missed"),
         .has_exit = true,
         .exit_code = 1},
        {.id = "1f2e3d4f",
         .plan = BYTES_LIT("jobs"),
         .verdict = BYTES_LIT("holds"),
         .has_exit = true},
        {.id = "1f2e3d4e",
         .plan = BYTES_LIT("http://localhost:8080/products/of/a/shop"),
         .verdict = BYTES_LIT("inconclusive"),
         .has_exit = true,
         .exit_code = 3},
        {.id = "1f2e3d4d",
         .plan = BYTES_LIT("jobs"),
         .verdict = BYTES_LIT("holds"),
         .has_exit = true},
        {.id = "1f2e3d4c",
         .plan = BYTES_LIT("jobs"),
         .verdict = BYTES_LIT("holds"),
         .has_exit = true},
        {.id = "1f2e3d4b", .plan = BYTES_LIT("jobs\x1b[2J"), .verdict = BYTES_LIT("no verdict")},
        {.id = "1f2e3d4a", .trouble = BYTES_LIT("it is damaged")},
    };
    const struct run_trend trends[] = {
        {0},
        {.goal = &p->long_one, .change = CHANGE_UP, .sure = true},
        {.goal = &p->p95, .change = CHANGE_DOWN, .better = true, .sure = true},
        {.goal = &p->p95, .change = CHANGE_UP},
        {.goal = &p->users, .change = CHANGE_UP, .better = true},
        {.goal = &p->errors, .change = CHANGE_NONE},
        {0},
        {0},
    };
    memcpy(p->entries, entries, sizeof entries);
    for (uint32_t i = 0; i < COUNT_OF(p->rows); i++) {
        p->entries[i].wall_start_ns = i < 7 ? STARTED(-(int)i * 3600) : 0;
        p->entries[i].length_ns = i * UINT64_C(67600000000);
        p->rows[i] = (struct runs_row){&p->entries[i], trends[i]};
    }
}

static void goldens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct show_style style;
        uint32_t from, count;
    } cases[] = {
        {"list-60", {.width = 60}, 0, 8},
        {"list-80", {.width = 80}, 0, 8},
        {"list-80-ascii", {.width = 80, .ascii = true}, 0, 8},
        {"list-100", {.width = 100}, 0, 8},
        {"list-100-color", {.width = 100, .color = true, .colors_256 = true}, 0, 8},
        {"list-140", {.width = 140}, 0, 8},
        {"list-sure-80", {.width = 80}, 1, 2}, /* the legend says what is there */
        {"list-same-80", {.width = 80}, 5, 3}, /* and nothing else */
        {"list-bare-80", {.width = 80}, 6, 2},
    };
    static char array[65536];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct past p;
        past_open(&p);
        struct text out = text_in(array, sizeof array);
        runs_text_write(&out, p.rows + cases[i].from, cases[i].count, 3600, &cases[i].style);
        looks_as_expected(folder, cases[i].name, &out);
    }
}

static void widths(void **state)
{
    (void)state;
    static char array[65536];
    for (uint32_t width = 60; width <= 200; width++) {
        struct past p;
        past_open(&p);
        struct show_style style = {.width = width, .ascii = width % 2 == 0};
        struct text out = text_in(array, sizeof array);
        runs_text_write(&out, p.rows, COUNT_OF(p.rows), 0, &style);
        looks_fitting("list", &out, width);
        if (style.ascii) looks_plain("list", &out);
        /* Of a terminal of the usual width nothing that a mark is about is left out. */
        if (width >= 80) CHECK("list", strstr(array, "TIGHTEST") && strstr(array, "MEASURED"));
    }
}

/* Each says another thing, and none of them by colour. */
static void marks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct run_trend trend;
        const char *want;
    } cases[] = {
        {"nothing to compare", {.change = CHANGE_UNKNOWN}, ""},
        {"the same", {.change = CHANGE_NONE}, "="},
        {"more, better", {.change = CHANGE_UP, .better = true, .sure = true}, "▲"},
        {"less, better", {.change = CHANGE_DOWN, .better = true, .sure = true}, "▲"},
        {"more, worse", {.change = CHANGE_UP, .sure = true}, "▼"},
        {"better, not sure", {.change = CHANGE_DOWN, .better = true}, "▲?"},
        {"worse, not sure", {.change = CHANGE_DOWN}, "▼?"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[16];
        struct text out = text_in(array, sizeof array);
        runs_text_mark(&out, &cases[i].trend);
        CHECK_STR(cases[i].name, array, cases[i].want);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    folder = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(widths),
        cmocka_unit_test(marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
