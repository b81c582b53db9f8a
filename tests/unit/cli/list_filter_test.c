#include "cli/list_filter.h"

#include "base/attr.h"
#include "base/clock.h"
#include "check.h"

static bool parse(struct flags *out, const char *line)
{
    static char copy[256]; /* flags borrow it */
    static char *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "prony list %s", line);
    for (char *word = strtok_r(copy, " ", &argv[31]); word; word = strtok_r(NULL, " ", &argv[31])) {
        argv[argc++] = word;
    }
    return flags_parse(out, argc, argv, NULL);
}

/* One started in the second 1793491200: 2026-11-01 UTC, and one that cannot be read. */
static const struct run_entry shop = {.id = "gkjjtr00",
                                      .plan = {"shop", 4},
                                      .verdict = {"not judged", 10},
                                      .wall_start_ns = UINT64_C(1793491200) * NS_PER_S};
static const struct run_entry url = {.id = "gkjjtr00",
                                     .plan = {"http://[::1]:80/a?b", 19},
                                     .verdict = {"missed", 6},
                                     .wall_start_ns = UINT64_C(1793491200) * NS_PER_S};
static const struct run_entry broken = {.id = "gkjjtr00", .trouble = {"damaged", 7}};

static void taken(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const struct run_entry *entry;
        bool want;
    } cases[] = {
        {"", &shop, true},
        {"", &broken, true},
        {"--plan shop", &shop, true},
        {"--plan shop", &broken, false},
        {"--plan sho", &shop, false},
        {"--plan sho*", &shop, true},
        {"--plan s[gh]op", &shop, true},
        {"--plan *", &url, true},
        {"--plan http://*", &url, true},
        {"--plan http://[::1]:80/a?b", &url, true},
        {"--plan jobs --plan s*", &shop, true},
        {"--plan jobs --plan url", &shop, false},
        {"--verdict not-judged", &shop, true},
        {"--verdict holds,not-judged", &shop, true},
        {"--verdict holds --verdict not-judged", &shop, true},
        {"--verdict holds,missed", &shop, false},
        {"--verdict missed", &broken, false},
        {"--verdict missed --plan shop", &url, false},
        {"--since 2026-11-01T00:00:00Z", &shop, true},
        {"--since 2026-11-01T00:00:01Z", &shop, false},
        {"--until 2026-11-01T00:00:00Z", &shop, false},
        {"--until 2026-11-01T00:00:01Z", &shop, true},
        {"--since 2026-10-31 --until 2026-11-02", &shop, true},
        {"--since 2010-01-01", &broken, true}, /* by its id */
        {"--until 2010-01-01", &broken, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flags flags;
        CHECK(cases[i].line, parse(&flags, cases[i].line));
        struct list_filter filter = list_filter_of(&flags);
        CHECK(cases[i].line, list_filter_takes(&filter, cases[i].entry) == cases[i].want);
    }
}

static void by_id(void **state)
{
    (void)state;
    struct flags flags;
    assert_true(parse(&flags, "--since 2026-11-01T00:00:00Z --until 2026-11-02T00:00:00Z"));
    struct list_filter f = list_filter_of(&flags);
    uint64_t since_ns = UINT64_C(1793491200) * NS_PER_S;
    uint64_t day_ns = 24 * 3600 * NS_PER_S;
    assert_true(list_filter_too_new(&f, since_ns + day_ns));
    assert_false(list_filter_too_new(&f, since_ns + day_ns - 1));
    /* Its services may have taken long: the id is earlier than the start. */
    assert_false(list_filter_too_old(&f, since_ns - 3600 * NS_PER_S));
    assert_true(list_filter_too_old(&f, since_ns - day_ns - 1));
    assert_true(parse(&flags, ""));
    f = list_filter_of(&flags);
    assert_false(list_filter_too_new(&f, UINT64_MAX - 1) || list_filter_too_old(&f, 0));
    assert_int_equal(f.last, 1000);
    assert_true(parse(&flags, "--last 5"));
    assert_int_equal(list_filter_of(&flags).last, 5);
}

static void which_plan_was_meant(void **state)
{
    (void)state;
    const struct run_entry entries[] = {shop, url, broken, shop};
    static const struct {
        const char *line, *want; /* empty: nothing to say */
    } cases[] = {
        {"--plan shp", "did you mean 'shop'?"},
        {"--plan zzzzzz", "plans here: shop"},
        {"--plan shop --verdict missed", ""}, /* there is such a plan */
        {"--plan shp --since 2d", ""},        /* these are not all plans */
        {"--verdict holds", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flags flags;
        char array[256];
        struct text out = text_in(array, sizeof array);
        CHECK(cases[i].line, parse(&flags, cases[i].line));
        struct list_filter filter = list_filter_of(&flags);
        list_filter_hint(&filter, entries, COUNT_OF(entries), &out);
        if (cases[i].want[0] && !strstr(array, cases[i].want)) {
            fail_msg("%s: %s", cases[i].line, array);
        }
        CHECK(cases[i].line, (out.len > 0) == (cases[i].want[0] != '\0'));
        text_clear(&out);
        list_filter_words(&filter, &out);
        CHECK_STR(cases[i].line, array + 1, cases[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken),
        cmocka_unit_test(by_id),
        cmocka_unit_test(which_plan_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
