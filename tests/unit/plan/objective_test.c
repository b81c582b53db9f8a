#include "plan/objective.h"

#include "base/attr.h"
#include "check.h"
#include "plan/diag.h"

static const struct bytes requests[] = {{"GET /jobs", 9}, {"poll", 4}};
static const struct bytes scenarios[] = {{"read", 4}, {"job", 3}};
static const struct bytes stages[] = {
    {"warmup", 6}, {"climb@10/s", 10}, {"climb@20/s", 10}, {"rest", 4}};
static const struct bytes groups[] = {{"warmup", 6}, {"climb", 5}, {"climb", 5}, {"rest", 4}};
static const struct objective_names names = {.requests = requests,
                                             .scenarios = scenarios,
                                             .stage_names = stages,
                                             .stage_groups = groups,
                                             .request_count = 2,
                                             .scenario_count = 2,
                                             .stage_count = 4};

static bool parse(const char *text, bool abort, struct objective *out, struct diags *diags)
{
    struct arena arena;
    assert_true(arena_open(&arena, 65536, NULL));
    struct span at = {1, 1, (uint32_t)strlen(text), 0};
    bool good = objective_parse(out, &arena, bytes_of(text), at, abort, &names, diags);
    arena_close(&arena);
    return good;
}

static const struct {
    const char *in;
    bool abort;
    struct objective want;
} sentence_rows[] = {
    {"avg < 50ms", false, {.metric = METRIC_AVG, .op = OP_LT, .value = 50e6}},
    {"p95<100ms",
     false,
     {.metric = METRIC_QUANTILE, .per_million = 950000, .op = OP_LT, .value = 100e6}},
    {"p99.9 <= 1s",
     false,
     {.metric = METRIC_QUANTILE, .per_million = 999000, .op = OP_LE, .value = 1e9}},
    {"p50 \xe2\x89\xa4 1s",
     false,
     {.metric = METRIC_QUANTILE, .per_million = 500000, .op = OP_LE, .value = 1e9}},
    {"warn: max < 1s", false, {.metric = METRIC_MAX, .warn = true, .op = OP_LT, .value = 1e9}},
    {"errors < 0.1%", false, {.metric = METRIC_ERRORS, .op = OP_LT, .value = 0.001}},
    {"availability by time >= 99.9%",
     false,
     {.metric = METRIC_AVAILABILITY_BY_TIME, .op = OP_GE, .value = 0.999}},
    {"throughput > 30/m", false, {.metric = METRIC_THROUGHPUT, .op = OP_GT, .value = 0.5}},
    {"throughput >= 98% of offered",
     false,
     {.metric = METRIC_THROUGHPUT, .op = OP_GE, .value = 0.98, .of_offered = true}},
    {"users >= 1000", false, {.metric = METRIC_USERS, .op = OP_GE, .value = 1000}},
    {"in_flight of job > 10",
     false,
     {.metric = METRIC_IN_FLIGHT,
      .scope = SCOPE_SCENARIO,
      .scope_index = 1,
      .op = OP_GT,
      .value = 10}},
    {"max of \"GET /jobs\" < 1s",
     false,
     {.metric = METRIC_MAX, .scope = SCOPE_REQUEST, .op = OP_LT, .value = 1e9}},
    {"max of each in rest < 1s",
     false,
     {.metric = METRIC_MAX,
      .scope = SCOPE_EACH,
      .has_in = true,
      .stage_first = 3,
      .stage_count = 1,
      .op = OP_LT,
      .value = 1e9}},
    {"max in climb of poll < 1s",
     false,
     {.metric = METRIC_MAX,
      .scope = SCOPE_REQUEST,
      .scope_index = 1,
      .has_in = true,
      .stage_first = 1,
      .stage_count = 2,
      .op = OP_LT,
      .value = 1e9}},
    {"max in 'climb@20/s' < 1s",
     false,
     {.metric = METRIC_MAX,
      .has_in = true,
      .stage_first = 2,
      .stage_count = 1,
      .op = OP_LT,
      .value = 1e9}},
    {"errors > 20% for 10s",
     true,
     {.metric = METRIC_ERRORS, .op = OP_GT, .value = 0.2, .for_ns = 10000000000}},
    {"availability < 50% for 1m",
     true,
     {.metric = METRIC_AVAILABILITY, .op = OP_LT, .value = 0.5, .for_ns = 60000000000}},
};

static void sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sentence_rows); i++) {
        struct objective got;
        struct diags diags = {0};
        const struct objective *want = &sentence_rows[i].want;
        bool good = parse(sentence_rows[i].in, sentence_rows[i].abort, &got, &diags);
        if (!good) print_error("%s\n", diags.items[0].msg);
        CHECK(sentence_rows[i].in, good && diags.count == 0);
        CHECK_U64(sentence_rows[i].in, got.metric, want->metric);
        CHECK_U64(sentence_rows[i].in, got.per_million, want->per_million);
        CHECK_U64(sentence_rows[i].in, got.op, want->op);
        CHECK_U64(sentence_rows[i].in, got.scope, want->scope);
        CHECK_U64(sentence_rows[i].in, got.scope_index, want->scope_index);
        CHECK_U64(sentence_rows[i].in, got.stage_first, want->stage_first);
        CHECK_U64(sentence_rows[i].in, got.for_ns, want->for_ns);
        CHECK(sentence_rows[i].in, got.has_in == want->has_in && got.warn == want->warn);
        CHECK(sentence_rows[i].in, got.of_offered == want->of_offered);
        CHECK(sentence_rows[i].in, !got.has_in || got.stage_count == want->stage_count);
        double far = got.value - want->value;
        CHECK(sentence_rows[i].in, far < 1e-9 && far > -1e-9);
    }
}

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool abort;
        enum diag_code code;
        uint32_t col; /* where it must point */
    } rows[] = {
        {"", false, DIAG_OBJECTIVE, 1},
        {"p100 < 1s", false, DIAG_METRIC, 1},
        {"p0 < 1s", false, DIAG_METRIC, 1},
        {"memory of api < 1MiB", false, DIAG_METRIC, 1},
        {"p99 <= baseline + 10%", false, DIAG_UNIT, 8},
        {"p95 < 100", false, DIAG_UNIT, 7},
        {"p95 < 100ms extra", false, DIAG_OBJECTIVE, 13},
        {"p95 > 100ms", false, DIAG_OBJECTIVE, 5},
        {"p95 = 100ms", false, DIAG_OBJECTIVE, 5},
        {"p95 100ms", false, DIAG_OBJECTIVE, 5},
        {"p95 <", false, DIAG_OBJECTIVE, 6},
        {"p95 of", false, DIAG_OBJECTIVE, 7},
        {"p95 of nobody < 1s", false, DIAG_UNKNOWN_NAME, 8},
        {"p95 of GET /jobs < 1s", false, DIAG_UNKNOWN_NAME, 8},
        {"p95 of \"GET /jobs < 1s", false, DIAG_OBJECTIVE, 8},
        {"p95 of job of read < 1s", false, DIAG_OBJECTIVE, 12},
        {"p95 in peak < 1s", false, DIAG_UNKNOWN_NAME, 8},
        {"users of job > 5", false, DIAG_OBJECTIVE, 7},
        {"users > 5/s", false, DIAG_UNIT, 9},
        {"throughput > 98%", false, DIAG_OBJECTIVE, 17},
        {"throughput > 98% of users", false, DIAG_OBJECTIVE, 21},
        {"availability by day > 9%", false, DIAG_OBJECTIVE, 17},
        {"errors < 1% for 5s", false, DIAG_OBJECTIVE, 13},
        {"errors > 1%", true, DIAG_OBJECTIVE, 12},
        {"errors > 1% for 5", true, DIAG_UNIT, 17},
        {"warn: errors > 1% for 5s", true, DIAG_OBJECTIVE, 7},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct objective got;
        struct diags diags = {0};
        CHECK(rows[i].in, !parse(rows[i].in, rows[i].abort, &got, &diags));
        CHECK_U64(rows[i].in, diags.count, 1);
        CHECK_U64(rows[i].in, diags.items[0].code, rows[i].code);
        CHECK_U64(rows[i].in, diags.items[0].at.col, rows[i].col);
    }
}

static void units_and_capacities(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum objective_unit unit;
        bool capacity;
    } rows[] = {
        {"avg < 50ms", UNIT_TIME, false},
        {"p95 < 50ms", UNIT_TIME, false},
        {"max < 50ms", UNIT_TIME, false},
        {"errors < 1%", UNIT_SHARE, false},
        {"availability > 99%", UNIT_SHARE, false},
        {"availability by time > 99%", UNIT_SHARE, false},
        {"throughput > 10/s", UNIT_RATE, true},
        {"throughput >= 10/s", UNIT_RATE, true},
        {"throughput >= 98% of offered", UNIT_RATE, false},
        {"users >= 10", UNIT_COUNT, true},
        {"in_flight of job > 10", UNIT_COUNT, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct objective o;
        struct diags diags = {0};
        CHECK(rows[i].in, parse(rows[i].in, false, &o, &diags));
        CHECK_U64(rows[i].in, objective_unit(&o), rows[i].unit);
        CHECK(rows[i].in, objective_is_capacity(&o) == rows[i].capacity);
    }
    struct objective below;
    struct diags diags = {0};
    assert_true(parse("users < 10 for 5s", true, &below, &diags));
    assert_false(objective_is_capacity(&below));
    assert_false(parse("p < 10ms", false, &below, &diags)); /* a row of the table, but no word */
}

static void metric_names(void **state)
{
    (void)state;
    char array[40];
    struct text t = text_in(array, sizeof array);
    const struct objective o = {.metric = METRIC_QUANTILE, .per_million = 999000};
    objective_metric_name(&t, &o);
    assert_string_equal(array, "p99.9");
    assert_string_equal(objective_op_text(OP_LE), "<=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(units_and_capacities),
        cmocka_unit_test(metric_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
