#include "specimen.h"

#include <math.h>

#include "base/clock.h"
#include "check.h"

#define NONE ((double)NAN)
/* BYTES_LIT is no constant; this is. */
#define LIT(s)                                                                                     \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

/* ---- the plan ---- */

static struct bytes names[] = {LIT("GET /jobs"), LIT("GET /stats"), LIT("POST /jobs"), LIT("poll")};

static struct stage stage_of(const char *name, const char *group, double rate, uint32_t users,
                             uint64_t length_s, bool judged)
{
    return (struct stage){.name = bytes_of(name),
                          .group = bytes_of(group),
                          .model = users > 0 ? MODEL_CLOSED : MODEL_OPEN,
                          .rate_from = rate,
                          .rate_to = rate,
                          .users_from = users,
                          .users_to = users,
                          .length_ns = length_s * NS_PER_S,
                          .judged = judged};
}

static struct stage stages[9];
static struct scenario scenarios[2];
static struct target targets[1];

static void make_plan(struct specimen *s)
{
    stages[0] = stage_of("warm-up", "warm-up", 50, 0, 5, false);
    stages[0].warmup = true;
    stages[1] = stage_of("climb@200/s", "climb", 200, 0, 8, true);
    stages[2] = stage_of("climb@600/s", "climb", 600, 0, 8, true);
    stages[3] = stage_of("climb@1000/s", "climb", 1000, 0, 8, true);
    stages[4] = stage_of("climb@1200/s", "climb", 1200, 0, 8, true);
    stages[5] = stage_of("spike", "spike", 3000, 0, 4, false);
    stages[6] = stage_of("rest", "rest", 200, 0, 8, true);
    stages[7] = stage_of("crowd", "crowd", 0, 550, 8, true);
    stages[8] = stage_of("jobs", "jobs", 0, 1100, 10, true);
    scenarios[0] = (struct scenario){.name = BYTES_LIT("read"), .weight = 8};
    scenarios[1] = (struct scenario){.name = BYTES_LIT("job"), .weight = 2};
    targets[0] = (struct target){.text = BYTES_LIT("http://127.0.0.1:40123")};
    s->plan = (struct plan){.name = BYTES_LIT("jobs"),
                            .targets = targets,
                            .target_count = 1,
                            .scenarios = scenarios,
                            .scenario_count = 2,
                            .names = names,
                            .name_count = COUNT_OF(names),
                            .stages = stages,
                            .stage_count = COUNT_OF(stages),
                            .max_in_flight = 5000,
                            .seed = 7};
    s->header = (struct run_header){.id = "1f2e3d4c",
                                    .wall_start_ns = UINT64_C(1763836800250000000),
                                    .tick_ns = NS_PER_S,
                                    .plan = &s->plan,
                                    .version = BYTES_LIT("0.1.0"),
                                    .threads = 1,
                                    .cores = 2};
}

/* ---- figures ---- */

static struct latency latency_of(uint64_t n, double median_ms, double tail)
{
    static const double shape[FIGURE_COUNT] = {0.15, 0, 0.35, 0.5, 0.8, 1.2, 1.6};
    struct latency l = {.n = n};
    for (int i = 0; i < FIGURE_COUNT; i++) {
        l.ns[i] = n > 0 ? median_ms * 1e6 * exp(shape[i] * tail) : NONE;
    }
    return l;
}

struct shape {
    double rate, seconds, median_ms, tail;
    uint64_t failed;
    double users;
};

static struct figures figures_of(struct shape shape)
{
    uint64_t n = (uint64_t)(shape.rate * shape.seconds);
    struct figures f = {.offered = n,
                        .done = n - shape.failed,
                        .offered_per_s = shape.users > 0 ? NONE : shape.rate,
                        .seconds = shape.seconds,
                        .users = shape.users,
                        .planned = n,
                        .iterations_done = n - shape.failed,
                        .iterations_failed = shape.failed};
    f.done_per_s = (double)f.done / shape.seconds;
    f.in_flight = shape.rate * shape.median_ms / 1e3;
    f.response = latency_of(n - shape.failed, shape.median_ms, shape.tail);
    f.service = latency_of(n - shape.failed, shape.median_ms * 0.97, shape.tail);
    f.ttfb = latency_of(n - shape.failed, shape.median_ms * 0.95, shape.tail);
    f.lag = latency_of(n, 0.021, shape.tail / 2);
    f.wait = latency_of(n, 0.002, 3);
    f.connect = latency_of(n / 100, 0.11, 1);
    f.outcomes[OUTCOME_OK] = n - shape.failed;
    f.outcomes[OUTCOME_STATUS] = shape.failed;
    return f;
}

static const struct shape by_stage[] = {
    {50, 5, 1.1, 2.5, 0, 0},    {201.1, 8, 1.15, 2.6, 0, 0}, {598.8, 8, 1.4, 2.9, 0, 0},
    {1004, 8, 2.1, 3.6, 0, 0},  {1197.5, 8, 6.4, 4.4, 3, 0}, {2990, 4, 212, 1.6, 911, 0},
    {198.4, 8, 1.2, 2.6, 0, 0}, {541, 8, 1.5, 2.8, 0, 550},  {1071.3, 10, 2.3, 3.3, 2, 1100},
    {0, 0.6, 0, 0, 0, 0},
};

static struct stage_result stage_results[COUNT_OF(by_stage)];
static struct figures requests[COUNT_OF(names)], by_scenario[2];

static void make_figures(struct specimen *s)
{
    double start_s = 0;
    for (uint32_t i = 0; i < COUNT_OF(by_stage); i++) {
        stage_results[i] = (struct stage_result){.stage = i,
                                                 .start_s = start_s,
                                                 .seconds = by_stage[i].seconds,
                                                 .reached = true,
                                                 .figures = figures_of(by_stage[i])};
        start_s += by_stage[i].seconds;
    }
    requests[0] = figures_of((struct shape){420, 50, 1.6, 3.1, 0, 0});
    requests[1] = figures_of((struct shape){210, 50, 1.2, 2.9, 0, 0});
    requests[2] = figures_of((struct shape){150, 50, 3.8, 3.2, 5, 0});
    requests[3] = figures_of((struct shape){12, 5, 1.4, 2.1, 0, 0});
    by_scenario[0] = figures_of((struct shape){310, 50, 2.9, 3.0, 0, 0});
    by_scenario[1] = figures_of((struct shape){150, 50, 1105, 0.5, 5, 0});
    for (size_t i = 0; i < 2; i++) {
        by_scenario[i].service = by_scenario[i].ttfb = by_scenario[i].lag = (struct latency){0};
    }
    struct result *r = &s->result;
    *r = (struct result){.header = &s->header,
                         .final = true,
                         .end = {.ended = RUN_COMPLETE,
                                 .at_ns = 67600000000,
                                 .generator_cpu_ns = 11250000000,
                                 .max_rss_bytes = 39845888},
                         .stages = stage_results,
                         .stage_count = COUNT_OF(stage_results),
                         .requests = requests,
                         .scenarios = by_scenario,
                         .totals = figures_of((struct shape){741, 58, 1.7, 3.3, 5, 0})};
}

/* ---- objectives ---- */

static struct objective objectives[24];
static struct objective_result results[24];
static struct finding findings[24][COUNT_OF(by_stage)];

static struct objective_result *add_objective(struct specimen *s, const char *text,
                                              enum metric metric, enum verdict verdict,
                                              double value, double margin)
{
    struct result *r = &s->result;
    uint32_t i = r->objective_count++;
    assert_true(i < COUNT_OF(results));
    objectives[i] = (struct objective){.text = bytes_of(text), .metric = metric};
    for (uint32_t k = 0; k < COUNT_OF(by_stage); k++) {
        findings[i][k] =
            (struct finding){.verdict = verdict == VERDICT_MISSED ? VERDICT_HOLDS : verdict,
                             .value = value * 0.9,
                             .lo = value * 0.85,
                             .hi = value * 0.97,
                             .n = 8000};
    }
    results[i] = (struct objective_result){.objective = &objectives[i],
                                           .each_index = PLAN_NO_INDEX,
                                           .verdict = verdict,
                                           .value = value,
                                           .lo = value * 0.93,
                                           .hi = value * 1.06,
                                           .margin = margin,
                                           .n = 9580,
                                           .stage = 4,
                                           .judged_stages = 7,
                                           .needed_s = NONE,
                                           .stages = findings[i]};
    r->objectives = results;
    s->plan.objectives = objectives;
    s->plan.objective_count = r->objective_count;
    return &results[i];
}

static void add_usual(struct specimen *s)
{
    struct objective_result *o;
    add_objective(s, "avg < 50ms", METRIC_AVG, VERDICT_HOLDS, 14.4e6, 0.712);
    o = add_objective(s, "p95 < 100ms", METRIC_QUANTILE, VERDICT_HOLDS, 57.7e6, 0.423);
    o = add_objective(s, "p99 of poll < 200ms", METRIC_QUANTILE, VERDICT_HOLDS, 92.1e6, 0.539);
    o->stage = 8;
    o = add_objective(s, "p95 of job < 4s", METRIC_QUANTILE, VERDICT_HOLDS, 3.71e9, 0.0725);
    o->stage = 8;
    o = add_objective(s, "errors < 0.1%", METRIC_ERRORS, VERDICT_HOLDS, 0.000117, 0.883);
    o->stage = PLAN_NO_INDEX;
    o->lo = 0.00004;
    o->hi = 0.00027;
    o = add_objective(s, "availability > 99.9%", METRIC_AVAILABILITY, VERDICT_HOLDS, 0.999883,
                      NONE);
    o->stage = PLAN_NO_INDEX;
    o->lo = 0.99973;
    o->hi = 0.99996;
    o = add_objective(s, "throughput > 1000/s", METRIC_THROUGHPUT, VERDICT_HOLDS, 1197.1, 0.197);
    o->lo = o->hi = o->value;
    o = add_objective(s, "in_flight of job > 1000", METRIC_IN_FLIGHT, VERDICT_HOLDS, 1098.4, 0.098);
    o->stage = 8;
    o->lo = o->hi = o->value;
    objectives[s->result.objective_count - 1].scope = SCOPE_SCENARIO;
}

static void miss_p99(struct specimen *s)
{
    struct objective_result *o =
        add_objective(s, "p99 < 150ms", METRIC_QUANTILE, VERDICT_MISSED, 216.2e6, -0.4413);
    objectives[s->result.objective_count - 1].per_million = 990000;
    o->missed_stages = 1;
    findings[s->result.objective_count - 1][4].verdict = VERDICT_MISSED;
}

/* ---- the samples ---- */

static void holds(struct specimen *s)
{
    s->result.verdict = VERDICT_HOLDS;
    add_usual(s);
}

static float quiet_then(uint32_t at, float usual, float later)
{
    bool then = at >= 31 && at < 52;
    return (then ? later : usual) * (1 + 0.02F * (float)(at * 7 % 5));
}

/* What waits, what a database says with a statement for a label, a share that falls, and a level
 * that did not leave its usual range. */
static void add_signals(struct specimen *s)
{
    static float points[6][60];
    static struct signals signals;
    static const struct signal_row rows[] = {
        {.series = {4, LIT("api"), LIT("waiting"), LIT("lock of worker-#"), SERIES_WAITING},
         .rho = 0.87,
         .usual = 0.125,
         .lo = 0,
         .hi = 0.5,
         .at_worst = 12.4,
         .left_s = 31,
         .above = true},
        {.series = {9, LIT("orders"), LIT("db.statement.running"),
                    LIT("SELECT * FROM jobs\nWHERE owner = $1 ORDER BY id"), SERIES_WAITING},
         .rho = 0.81,
         .usual = 0.5,
         .lo = 0,
         .hi = 1,
         .at_worst = 3.75,
         .left_s = 32,
         .above = true},
        {.series = {7, LIT("redis"), LIT("cache.hit.share"), LIT(""), SERIES_SHARE},
         .rho = -0.74,
         .usual = 0.97,
         .lo = 0.95,
         .hi = 0.99,
         .at_worst = 0.41,
         .left_s = 33},
        {.series = {2, LIT("host"), LIT("host.cpu"), LIT("user"), SERIES_CORES},
         .rho = 0.62,
         .usual = 1.5,
         .lo = 0.5,
         .hi = 2.5,
         .at_worst = 2.25,
         .left_s = NONE},
    };
    for (uint32_t i = 0; i < 60; i++) {
        points[0][i] = i < 5 ? NAN : quiet_then(i, 70e6F, 200e6F);
        points[1][i] = quiet_then(i, 0.125F, 12.4F);
        points[2][i] = quiet_then(i, 0.5F, 3.75F);
        points[3][i] = quiet_then(i, 0.9F, 0.4F);
        points[4][i] = quiet_then(i, 1.5F, 2.1F);
        points[5][i] = 0.0425F;
    }
    signals = (struct signals){.with = &results[s->result.objective_count - 1],
                               .figure = points[0],
                               .point_count = 60,
                               .point_s = 1,
                               .count = COUNT_OF(rows)};
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        signals.rows[i] = rows[i];
        signals.rows[i].points = points[i + 1];
    }
    signals.own =
        (struct signal_row){.series = {SERIES_MAX, LIT("prony"), LIT("cpu"), LIT(""), SERIES_CORES},
                            .rho = NONE,
                            .usual = 0.0425,
                            .lo = 0.03,
                            .hi = 0.05,
                            .at_worst = 0.0425,
                            .left_s = NONE,
                            .points = points[5]};
    s->result.signals = &signals;
}

static void missed(struct specimen *s)
{
    s->result.verdict = VERDICT_MISSED;
    s->result.exit_code = 1;
    add_usual(s);
    miss_p99(s);
    add_signals(s);
    struct objective_result *o =
        add_objective(s, "max < 500ms", METRIC_MAX, VERDICT_MISSED, 10.02e9, -19.04);
    o->at_least = true;
    o->missed_stages = 1;
    o->lo = o->hi = o->value;
    findings[s->result.objective_count - 1][4].verdict = VERDICT_MISSED;
    stage_results[4].figures.response.ns[FIGURE_MAX] = 10.02e9;
    stage_results[4].figures.response.at_least = 1u << FIGURE_MAX;
    o = add_objective(s, "p50 < 5ms", METRIC_QUANTILE, VERDICT_MISSED, 6.4e6, -0.28);
    objectives[s->result.objective_count - 1].warn = true;
    o->missed_stages = 1;
    static const struct exemplar first[] = {
        {.kind = EXEMPLAR_FIRST_ERROR,
         .stage = 4,
         .name = 2,
         .outcome = OUTCOME_STATUS,
         .status = 503,
         .intended_ns = 31240000000,
         .detail = LIT("wanted 2xx or 3xx (status 503)"),
         .sample = LIT("HTTP/1.1 503 Busy\\x0d\\x0aRetry-After: 1\\x0d\\x0a\\x0d\\x0a"
                       "queue full\x1b[2J\\x0a\\x0a  try later\\x0a")},
        {.kind = EXEMPLAR_SLOW, .stage = 4, .name = 0, .response_ns = 1},
        {.kind = EXEMPLAR_FIRST_ERROR,
         .stage = 8,
         .name = 3,
         .outcome = OUTCOME_CHECK,
         .status = 200,
         .intended_ns = 61000000000,
         .detail = LIT("within spent: json .state == done (status 200)"),
         .sample =
             LIT("{\"id\": 41, \"state\": \"running\", \"kind\": \"resize\", \"work\": \"20ms\","
                 " \"created\": \"2025-11-22T19:26:40Z\"}")},
    };
    s->result.exemplars = first;
    s->result.exemplar_count = COUNT_OF(first);
    s->result.totals.outcomes[OUTCOME_TIMEOUT] = 2;
    s->result.totals.outcomes[OUTCOME_OK] -= 2;
}

static void inconclusive(struct specimen *s)
{
    s->result.verdict = VERDICT_INCONCLUSIVE;
    s->result.exit_code = 3;
    add_usual(s);
    struct objective_result *o =
        add_objective(s, "p99.9 < 400ms", METRIC_QUANTILE, VERDICT_INCONCLUSIVE, 371e6, 0.0725);
    o->lo = 290e6;
    o->hi = (double)INFINITY;
    o->needed_s = 95;
    struct text note = text_in(o->note, sizeof o->note);
    text_adds(&note, "1,609 requests in the smallest stage; p99.9 needs 3,688");
    o = add_objective(s, "p99 of each < 90ms", METRIC_QUANTILE, VERDICT_INCONCLUSIVE, 88e6, 0.02);
    o->each_index = 2;
    objectives[s->result.objective_count - 1].scope = SCOPE_EACH;
    o->needed_s = 21;
    add_objective(s, "p99 <= baseline + 10%", METRIC_QUANTILE, VERDICT_NOT_JUDGED, NONE, NONE)
        ->stage = PLAN_NO_INDEX;
}

static void invalid(struct specimen *s)
{
    s->result.verdict = VERDICT_INVALID;
    s->result.exit_code = 3;
    add_usual(s);
    miss_p99(s);
    s->result.trust = TRUST_INVALID;
    s->result.reason_count = 2;
    s->result.reasons[0] = (struct trust_reason){
        .level = TRUST_INVALID,
        .code = "lag-decides",
        .value = 0.31,
        .text =
            "p99 < 150ms is missed in climb@1200/s, but with our own lag taken out it would "
            "hold: prony was too slow, not the service; give it more --threads or a lower rate"};
    s->result.reasons[1] = (struct trust_reason){
        .level = TRUST_SUSPECT,
        .code = "lag-high",
        .value = 0.31,
        .text = "lag p99.9 is 31 ms, over 10 % of the tightest limit (150 ms)"};
    s->result.totals.lag = latency_of(40000, 0.4, 5);
}

static void not_judged(struct specimen *s)
{
    s->result.verdict = VERDICT_NOT_JUDGED;
    s->plan.name = BYTES_LIT("http://localhost:8080/");
    s->plan.name_count = 1;
    s->plan.scenario_count = 1;
    static struct stage only[1];
    only[0] = stage_of("load", "load", 50, 0, 30, true);
    s->plan.stages = only;
    s->plan.stage_count = 1;
    stage_results[0] =
        (struct stage_result){.stage = 0,
                              .seconds = 30,
                              .reached = true,
                              .figures = figures_of((struct shape){50.3, 30, 0.42, 2.6, 0, 0})};
    s->result.stage_count = 1;
    s->result.totals = stage_results[0].figures;
    s->result.suggestion = (struct suggestion){{2.5e6, 6e6, 0.001}};
    struct objective_result *o =
        add_objective(s, "errors <= 50%", METRIC_ERRORS, VERDICT_HOLDS, 0, 1);
    objectives[0].implicit = true;
    o->stage = PLAN_NO_INDEX;
    o->judged_stages = 1;
    o->lo = 0;
    o->hi = 0.0024;
    s->result.end.at_ns = 33100000000;
}

static void interrupted(struct specimen *s)
{
    s->result.verdict = VERDICT_INCONCLUSIVE;
    s->result.exit_code = 130;
    s->result.end = (struct run_end){.ended = RUN_INTERRUPTED, .signal = 2, .at_ns = 12300000000};
    for (uint32_t i = 3; i < COUNT_OF(by_stage); i++) stage_results[i].reached = false;
    stage_results[2].seconds = 2;
    stage_results[2].figures = figures_of((struct shape){90, 2, 1.4, 2.9, 0, 0});
    s->result.totals = figures_of((struct shape){180, 10, 1.2, 2.7, 0, 0});
    s->result.totals.outcomes[OUTCOME_CUT] = 3;
    s->result.totals.offered += 3;
    struct objective_result *o =
        add_objective(s, "p95 < 100ms", METRIC_QUANTILE, VERDICT_HOLDS, 4.1e6, 0.959);
    o->stage = 2;
    o->judged_stages = 2;
    o = add_objective(s, "throughput > 1000/s", METRIC_THROUGHPUT, VERDICT_INCONCLUSIVE, 201, -0.8);
    o->stage = 1;
    o->lo = o->hi = o->value;
}

static void preflight(struct specimen *s)
{
    s->result.verdict = VERDICT_NOT_JUDGED;
    s->result.exit_code = 4;
    s->result.end =
        (struct run_end){.ended = RUN_PREFLIGHT,
                         .reason = "http://127.0.0.1:40123 cannot be reached: connection refused"};
    s->result.stage_count = 0;
    s->result.totals = (struct figures){0};
}

static void service_died(struct specimen *s)
{
    missed(s);
    s->result.end = (struct run_end){.ended = RUN_ABORTED,
                                     .at_ns = 31000000000,
                                     .generator_cpu_ns = 5000000000,
                                     .reason = "service api died at 29.4 s (SIGSEGV)"};
    s->result.totals.iterations_dropped = 1204;
    s->result.totals.outcomes[OUTCOME_DROPPED] = 1204;
    s->result.totals.outcomes[OUTCOME_REFUSED] = 30211;
    s->result.totals.offered += 1204 + 30211;
    s->plan.name = BYTES_LIT("jobs \x1b[31m");
    static const struct bytes notes[] = {
        LIT("the run file is short from 12 s on: a replay will differ")};
    s->extra.notes = notes;
    s->extra.note_count = 1;
}

void sample_open(struct specimen *s, const char *name)
{
    static const struct {
        const char *name;
        void (*make)(struct specimen *s);
    } samples[] = {
        {"holds", holds},
        {"missed", missed},
        {"inconclusive", inconclusive},
        {"invalid", invalid},
        {"not_judged", not_judged},
        {"interrupted", interrupted},
        {"preflight", preflight},
        {"service_died", service_died},
    };
    *s = (struct specimen){0};
    struct err err;
    assert_true(arena_open(&s->arena, (size_t)16 << 20, &err));
    make_plan(s);
    make_figures(s);
    static const struct bytes files[] = {LIT("run.prony"), LIT("result.json"), LIT("api.log")};
    static const struct bytes next[] = {LIT("prony report last --p95 80ms")};
    s->extra = (struct summary_extra){.folder = BYTES_LIT(".prony/runs/1f2e3d4c"),
                                      .files = files,
                                      .file_count = COUNT_OF(files),
                                      .next = next,
                                      .next_count = 1};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        if (strcmp(samples[i].name, name) != 0) continue;
        samples[i].make(s);
        return;
    }
    fail_msg("no sample '%s'", name);
}

void sample_close(struct specimen *s)
{
    arena_close(&s->arena);
}
