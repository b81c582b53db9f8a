/* Spans come in any order, twice, without their parents: what is shown is a tree all the same. */
#include "show/request_spans.h"

#include "base/attr.h"
#include "check.h"

static void put(struct text *out, uint64_t id, uint64_t parent, uint64_t start_ns,
                uint64_t duration_ns)
{
    struct trace_span span = {.id = id,
                              .parent = parent,
                              .start_ns = start_ns,
                              .duration_ns = duration_ns,
                              .service = BYTES_LIT("s"),
                              .name = BYTES_LIT("n")};
    trace_span_add(out, &span);
}

/* "id@depth:self" of each row. */
static void print(struct bytes text, char *array, size_t size)
{
    struct request_span rows[REQUEST_SPANS_MAX];
    struct text out = text_in(array, size);
    uint32_t count = request_spans_order(text, rows);
    for (uint32_t i = 0; i < count; i++) {
        text_addf(&out, "%s%llu@%u:%llu", i > 0 ? " " : "", (unsigned long long)rows[i].span.id,
                  rows[i].depth, (unsigned long long)rows[i].self_ns);
    }
}

static void children_stand_behind_their_parents(void **state)
{
    (void)state;
    static const struct {
        const char *name, *want;
        uint64_t of[6][4]; /* id, parent, start, duration */
    } cases[] = {
        {"one", "1@0:10", {{1, 99, 0, 10}}},
        {"from the inside out", "1@0:4 2@1:2 3@2:4", {{3, 2, 2, 4}, {2, 1, 1, 6}, {1, 99, 0, 10}}},
        {"by start", "1@0:3 3@1:2 2@1:5", {{1, 0, 0, 10}, {2, 1, 5, 5}, {3, 1, 1, 2}}},
        {"two at once", "1@0:4 2@1:4 3@1:4", {{1, 0, 0, 10}, {2, 1, 2, 4}, {3, 1, 4, 4}}},
        {"longer than its parent", "1@0:2 2@1:50", {{1, 0, 0, 10}, {2, 1, 2, 50}}},
        {"told twice", "1@0:10", {{1, 0, 0, 10}, {1, 0, 0, 10}}},
        {"an orphan", "1@0:10 5@0:3", {{1, 0, 0, 10}, {5, 77, 2, 3}}},
        {"its own parent", "1@0:10", {{1, 1, 0, 10}}},
        {"a circle", "1@0:10", {{1, 0, 0, 10}, {2, 3, 0, 1}, {3, 2, 0, 1}}},
        {"beyond all times", "1@0:18446744073709551615", {{1, 0, UINT64_MAX, UINT64_MAX}}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[2048];
        char got[512];
        struct text text = text_in(array, sizeof array);
        for (size_t k = 0; k < 6 && cases[i].of[k][0]; k++) {
            const uint64_t *s = cases[i].of[k];
            put(&text, s[0], s[1], s[2], s[3]);
        }
        print(text_bytes(&text), got, sizeof got);
        CHECK_STR(cases[i].name, got, cases[i].want);
    }
}

/* A file may hold anything: lines of nonsense are none, and a deep tree is walked, not dug into. */
static void nonsense_is_passed_over(void **state)
{
    (void)state;
    static char array[200 * 80];
    char got[4096];
    struct text text = text_in(array, sizeof array);
    text_adds(&text, "\n\n0 0 0\nxyz\n0000000000000001 0000000000000000 1 2 99 0\ts\tn\n");
    put(&text, 7, 0, 1, 1000);
    text_adds(&text, "0000000000000001 0000000000000000 1 2 2");
    print(text_bytes(&text), got, sizeof got);
    CHECK_STR("one is left", got, "7@0:1000");
    text_clear(&text);
    for (uint64_t i = 1; i <= 100; i++) put(&text, i, i - 1, i, 1000 - i);
    print(text_bytes(&text), got, sizeof got);
    CHECK("as many as are shown", strstr(got, " 64@63:") != NULL && strstr(got, "65@") == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_stand_behind_their_parents),
        cmocka_unit_test(nonsense_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
