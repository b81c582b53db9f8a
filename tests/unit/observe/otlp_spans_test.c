/* Spans go with the requests that are worth a look, whichever comes first, and once. */
#include "observe/otlp_spans.h"

#include "base/attr.h"
#include "check.h"

#define SERVICE BYTES_LIT("api")

static struct arena arena;
static struct otlp_spans spans;

static int begin(void **state)
{
    (void)state;
    static struct plan plan = {.stage_count = 2, .seed = 5, .telemetry.trace.share = 1};
    bool open = arena_open(&arena, (size_t)64 << 20, NULL);
    return open && otlp_spans_open(&spans, &plan, &arena) ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static struct trace_id trace_of(uint64_t low)
{
    return (struct trace_id){spans.trace.high, low};
}

static void keep(uint64_t low, uint64_t id, const char *name)
{
    struct trace_span span = {.id = id,
                              .start_ns = id * 10,
                              .duration_ns = 5,
                              .service = SERVICE,
                              .name = bytes_of(name)};
    otlp_spans_keep(&spans, trace_of(low), &span);
}

static struct exemplar request(enum exemplar_kind kind, uint32_t stage, uint64_t low,
                               uint64_t response_ns)
{
    return (struct exemplar){.kind = kind,
                             .stage = stage,
                             .trace = trace_of(low),
                             .sampled = true,
                             .response_ns = response_ns};
}

static uint32_t take(const struct exemplar *requests, uint32_t count)
{
    struct tick tick = {.exemplars = requests, .exemplar_count = count};
    return otlp_spans_take(&spans, &tick);
}

static void either_may_come_first(void **state)
{
    (void)state;
    struct exemplar two[] = {request(EXEMPLAR_TRACED, 0, 1, 100),
                             request(EXEMPLAR_FIRST_ERROR, 1, 2, 1)};
    struct trace_span got;
    keep(1, 11, "early");
    assert_int_equal(take(NULL, 0), 0);
    assert_int_equal(take(two, 2), 1);
    assert_int_equal(spans.told[0].kind, EXEMPLAR_SPANS);
    assert_int_equal(spans.told[0].response_ns, 100);
    struct bytes text = spans.told[0].sample;
    assert_true(trace_span_next(&text, &got) && bytes_is(got.name, "early") && got.id == 11);
    assert_int_equal(got.start_ns, 110);
    assert_int_equal(text.len, 0);
    keep(2, 21, "late");
    keep(1, 12, "of another service");
    keep(3, 31, "of nobody's");
    assert_int_equal(take(NULL, 0), 2);
    assert_true(trace_id_equal(spans.told[0].trace, trace_of(2)));
    assert_int_equal(take(NULL, 0), 0); /* each once */
}

/* Of a stage those that are among the slowest when their second is over; others' never. */
static void only_the_slowest_are_wanted(void **state)
{
    (void)state;
    struct exemplar many[OTLP_SPANS_SLOWEST + 2];
    for (uint32_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = request(EXEMPLAR_SLOW, 0, 100 + i, 1000 - i);
        keep(100 + i, 500 + i, "x");
    }
    many[0].sampled = false;
    assert_int_equal(take(many, COUNT_OF(many)), OTLP_SPANS_SLOWEST);
    struct exemplar elsewhere = request(EXEMPLAR_TRACED, 1, 100, 1);
    assert_int_equal(take(&elsewhere, 1), 1);
    assert_true(otlp_spans_own(&spans, trace_of(7)));
    assert_false(otlp_spans_own(&spans, (struct trace_id){spans.trace.high + 1, 7}));
}

/* A service may send without end: what is kept is what there was room for, and whole lines. */
static void a_flood_is_cut(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct exemplar one = request(EXEMPLAR_TRACED, 0, 9, 5000);
    for (uint64_t i = 1; i <= OTLP_SPANS_KEPT * 2; i++) keep(9, i, name);
    assert_int_equal(take(&one, 1), 1);
    struct bytes text = spans.told[0].sample;
    assert_in_range(text.len, TRACE_SPAN_TEXT_MAX - 300, TRACE_SPAN_TEXT_MAX);
    assert_int_equal(text.at[text.len - 1], '\n');
    struct trace_span got;
    uint64_t first = 0;
    uint32_t count = 0;
    for (; trace_span_next(&text, &got); count++) {
        if (first == 0) first = got.id;
        CHECK_U64("in order", got.id, first + count);
        CHECK("a name is cut", got.name.len < 120 && got.name.len > 80);
    }
    CHECK_U64("the newest that were kept", first, OTLP_SPANS_KEPT + 1);
    CHECK("all lines are read", count > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(either_may_come_first, begin, end),
        cmocka_unit_test_setup_teardown(only_the_slowest_are_wanted, begin, end),
        cmocka_unit_test_setup_teardown(a_flood_is_cut, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
