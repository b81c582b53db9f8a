/* Each series stands in docs/observing.md with its unit and meaning, and nothing else does. */
#include "plan/series.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/text.h"
#include "check.h"

#define PAGE_BYTES 262144

static char page[PAGE_BYTES];

/* All pages, one behind the other; a page that is absent is empty. */
static struct bytes read_pages(void)
{
    static const char *const names[] = {"", "-databases", "-logs", "-metrics"};
    const char *root = getenv("PRONY_ROOT");
    size_t len = 0;
    assert_non_null(root);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[1024];
        struct text text = text_in(path, sizeof path);
        text_addf(&text, "%s/docs/observing%s.md", root, names[i]);
        FILE *file = fopen(path, "rbe");
        if (!file) continue;
        len += fread(page + len, 1, sizeof page - len, file);
        assert_int_equal(fclose(file), 0);
    }
    assert_true(len > 0 && len < sizeof page);
    return (struct bytes){page, len};
}

static void each_has_a_line(void **state)
{
    (void)state;
    struct bytes pages = read_pages();
    for (unsigned row = 0; row < SERIES_ROWS; row++) {
        char array[400];
        struct text line = text_in(array, sizeof array);
        const struct series_kind *kind = series_row((enum series_row)row);
        const char *unit = series_unit_name(kind->unit);
        text_addf(&line, "\n| `%s` | %s | %s |\n", kind->name, unit[0] ? unit : "number",
                  kind->meaning);
        CHECK(array, bytes_find(pages, text_bytes(&line)) != SIZE_MAX);
    }
}

static void each_line_is_one(void **state)
{
    (void)state;
    uint32_t count = 0;
    struct bytes start = BYTES_LIT("\n| `");
    struct bytes rest = read_pages();
    for (size_t at = bytes_find(rest, start); at != SIZE_MAX; at = bytes_find(rest, start)) {
        rest = bytes_from(rest, at + start.len);
        struct bytes name = {rest.at, bytes_find(rest, BYTES_LIT("`"))};
        char array[100];
        struct text text = text_in(array, sizeof array);
        text_add(&text, name);
        CHECK(array, series_find(name) != NULL);
        count++;
    }
    assert_int_equal(count, SERIES_ROWS);
}

/* Of somebody's own: what the name says. */
static void own(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum series_unit unit;
        bool typical;
    } cases[] = {
        {"metrics.depth", SERIES_NUMBER, false},
        {"metrics.requests_total", SERIES_PER_S, false},
        {"metrics.requests_total.now", SERIES_NUMBER, false},
        {"metrics.sent_bytes_total", SERIES_BYTES_PER_S, false},
        {"metrics.cpu_seconds_total", SERIES_NUMBER, false},
        {"metrics.heap_bytes", SERIES_BYTES, false},
        {"metrics.hit_ratio", SERIES_SHARE, false},
        {"metrics.age_seconds", SERIES_SECONDS, false},
        {"metrics.time_seconds.rate", SERIES_PER_S, false},
        {"metrics.time_seconds.p95", SERIES_SECONDS, true},
        {"metrics.size_bytes.mean", SERIES_BYTES, true},
        {"metrics.batch.p99", SERIES_NUMBER, true},
        {"metrics..p99", SERIES_NUMBER, true},
        {"_total", SERIES_NUMBER, false},
        {"", SERIES_NUMBER, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_U64(cases[i].name, series_own_unit(bytes_of(cases[i].name)), cases[i].unit);
        CHECK(cases[i].name, series_is_typical(bytes_of(cases[i].name)) == cases[i].typical);
    }
}

static void names(void **state)
{
    (void)state;
    for (unsigned row = 0; row < SERIES_ROWS; row++) {
        const struct series_kind *kind = series_row((enum series_row)row);
        CHECK(kind->name, series_find(bytes_of(kind->name)) == kind); /* none twice */
        CHECK(kind->name, kind->meaning[0] != '\0');
    }
    assert_null(series_find(BYTES_LIT("cpu.")));
    assert_null(series_find(BYTES_LIT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_has_a_line),
                                       cmocka_unit_test(each_line_is_one), cmocka_unit_test(own),
                                       cmocka_unit_test(names)};
    return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
