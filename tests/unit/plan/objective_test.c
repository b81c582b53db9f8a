#include "plan/objective.h"

#include "base/attr.h"
#include "check.h"
#include "plan/diag.h"

static const struct bytes requests[] = {{"GET /jobs", 9}, {"poll", 4}};
static const struct bytes scenarios[] = {{"read", 4}, {"job", 3}};
static const struct bytes stages[] = {
    {"warmup", 6}, {"climb@10/s", 10}, {"climb@20/s", 10}, {"rest", 4}};
static const struct bytes groups[] = {{"warmup", 6}, {"climb", 5}, {"climb", 5}, {"rest", 4}};
static const struct bytes services[] = {{"api", 3}, {"db", 2}};
static const struct objective_names names = {.services = services,
                                             .service_count = 2,
                                             .requests = requests,
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
    {"leak of api < 3600KiB/h",
     false,
     {.metric = METRIC_LEAK, .scope = SCOPE_SERVICE, .op = OP_LT, .value = 1024}},
    {"leak of api in rest <= 1MiB/min",
     false,
     {.metric = METRIC_LEAK,
      .scope = SCOPE_SERVICE,
      .has_in = true,
      .stage_first = 3,
      .stage_count = 1,
      .op = OP_LE,
      .value = 1048576.0 / 60}},
    {"warn: recovery after climb < 30s", /* the last of its rungs */
     false,
     {.metric = METRIC_RECOVERY, .after_stage = 2, .warn = true, .op = OP_LT, .value = 30e9}},
    {"recovery after rest <= 0s",
     false,
     {.metric = METRIC_RECOVERY, .after_stage = 3, .op = OP_LE, .value = 0}},
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
        CHECK(sentence_rows[i].in, got.after_stage == want->after_stage);
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
        {"memory of apj < 1MiB", false, DIAG_UNKNOWN_NAME, 11},
        {"memory of read < 1MiB", false, DIAG_UNKNOWN_NAME, 11},
        {"memory of each < 1MiB", false, DIAG_UNKNOWN_NAME, 11},
        {"memory < 1MiB", false, DIAG_OBJECTIVE, 8},
        {"memory of api < 512", false, DIAG_UNIT, 17},
        {"memory of api < 0B", false, DIAG_OBJECTIVE, 17},
        {"memory \"x\" of api < 1MiB", false, DIAG_OBJECTIVE, 8},
        {"p95 of api < 1s", false, DIAG_UNKNOWN_NAME, 8},
        {"cpu of api < 2", false, DIAG_UNIT, 14},
        {"cpu of api < 80% of offered", false, DIAG_OBJECTIVE, 18},
        {"series of api < 2", false, DIAG_METRIC, 1},
        {"run_queu of api < 2", false, DIAG_METRIC, 1},
        {"metrics. of api < 2", false, DIAG_METRIC, 1},
        {"waiting disk of api < 2", false, DIAG_OBJECTIVE, 9},
        {"host.pressure cpu < 5%", false, DIAG_OBJECTIVE, 15},
        {"host.pressure of api < 5%", false, DIAG_OBJECTIVE, 15},
        {"io.read of api < 10MiB", false, DIAG_UNIT, 18},
        {"faults.major of api < 5% of offered", false, DIAG_UNIT, 23},
        {"memory of api > 1GiB for 5s", true, DIAG_OBJECTIVE, 1},
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

static const struct {
    const char *in;
    struct objective want;
    enum objective_unit unit;
    const char *name;
} service_rows[] = {
    {"memory of api < 512MiB",
     {.metric = METRIC_MEMORY, .scope = SCOPE_SERVICE, .value = 536870912},
     UNIT_BYTES,
     "memory"},
    {"cpu of db in rest <= 80%",
     {.metric = METRIC_CPU,
      .scope = SCOPE_SERVICE,
      .scope_index = 1,
      .has_in = true,
      .op = OP_LE,
      .value = 0.8},
     UNIT_SHARE,
     "cpu"},
    {"run_queue of api < 1.5",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .value = 1.5},
     UNIT_NUMBER,
     "run_queue"},
    {"waiting 'postgres \"main\"' of api < 2",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .value = 2},
     UNIT_NUMBER,
     "waiting 'postgres \"main\"'"},
    {"io.write of db < 10MB/s",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .scope_index = 1, .value = 10e6},
     UNIT_BYTES_RATE,
     "io.write"},
    {"faults.major of api <= 0/s",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .op = OP_LE},
     UNIT_RATE,
     "faults.major"},
    {"host.pressure \"cpu\" < 5%",
     {.metric = METRIC_SERIES, .value = 0.05},
     UNIT_SHARE,
     "host.pressure \"cpu\""},
    {"host.disk.read.time > 1ms",
     {.metric = METRIC_SERIES, .op = OP_GT, .value = 1e6},
     UNIT_TIME,
     "host.disk.read.time"},
    {"observe.cpu < 0.01", {.metric = METRIC_SERIES, .value = 0.01}, UNIT_NUMBER, "observe.cpu"},
    {"metrics.depth of api >= -3",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .op = OP_GE, .value = -3},
     UNIT_NUMBER,
     "metrics.depth"},
    {"metrics.http_requests_total of api > 10/s",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .op = OP_GT, .value = 10},
     UNIT_RATE,
     "metrics.http_requests_total"},
    {"metrics.job:time_seconds.p95 'a=\"b\"' of api < 20ms",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .value = 2e7},
     UNIT_TIME,
     "metrics.job:time_seconds.p95 'a=\"b\"'"},
    {"metrics.in_bytes of api < 1MiB",
     {.metric = METRIC_SERIES, .scope = SCOPE_SERVICE, .value = 1 << 20},
     UNIT_BYTES,
     "metrics.in_bytes"},
};

static void of_services(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(service_rows); i++) {
        struct arena arena;
        struct objective got;
        struct diags diags = {0};
        const struct objective *want = &service_rows[i].want;
        assert_true(arena_open(&arena, 65536, NULL));
        struct span at = {0};
        CHECK(service_rows[i].in, objective_parse(&got, &arena, bytes_of(service_rows[i].in), at,
                                                  false, &names, &diags));
        CHECK_U64(service_rows[i].in, got.metric, want->metric);
        CHECK_U64(service_rows[i].in, got.scope, want->scope);
        CHECK_U64(service_rows[i].in, got.scope_index, want->scope_index);
        CHECK_U64(service_rows[i].in, got.op, want->op);
        CHECK(service_rows[i].in, got.has_in == want->has_in && !got.of_offered);
        CHECK_U64(service_rows[i].in, objective_unit(&got), service_rows[i].unit);
        double far = got.value - want->value;
        CHECK(service_rows[i].in, far < 1e-9 && far > -1e-9);
        CHECK(service_rows[i].in, objective_is_observed(&got) && !objective_is_capacity(&got));
        CHECK(service_rows[i].in,
              objective_small_is_good(&got) == (got.op == OP_LT || got.op == OP_LE));
        char array[64];
        struct text t = text_in(array, sizeof array);
        objective_metric_name(&t, &got);
        CHECK_STR(service_rows[i].in, array, service_rows[i].name);
        arena_close(&arena);
    }
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
        cmocka_unit_test(of_services),
        cmocka_unit_test(metric_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
