/* What the judge trusts, told by the whole engine under virtual time: a generator that stands
 * still, is saturated or has its clock set is named; a service that does so is not taken for one.
 */
#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "judge/judge.h"
#include "run_sim.h"

#define START_NS (1000 * NS_PER_S + 20 * NS_PER_MS) /* world time of run time 0 */

/* Runs it before the judge; close that when the result has been read. */
static struct judge *judged(const char *name, const char *load, const char *objective,
                            struct run_setup setup)
{
    static char yaml[2048];
    struct text t = text_in(yaml, sizeof yaml);
    text_adds(&t, "plan: 1\nname: told\ntarget: http://127.0.0.1:1\n"
                  "scenarios:\n  s:\n    steps:\n      - get: /x\n        name: n0\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0 }\n"
                  "load:\n");
    if (!strstr(load, "seed:")) text_adds(&t, "  seed: 5\n");
    text_adds(&t, load);
    text_addf(&t, "objectives: [ \"%s\" ]\n", objective);
    assert_false(t.cut);
    struct judge *judge;
    struct bus quiet; /* nobody takes results: only the last one is made */
    bus_init(&quiet);
    assert_true(judge_open(&judge, &quiet, NULL));
    struct sink sink = judge_sink(judge);
    setup.yaml = yaml;
    setup.sink = &sink;
    if (setup.threads == 0) setup.threads = 1;
    world_name(name);
    run_sim(&setup);
    return judge;
}

static const struct trust_reason *reason(const struct judge *judge, const char *code)
{
    const struct result *result = judge_result(judge);
    for (uint32_t i = 0; i < result->reason_count; i++) {
        if (strcmp(result->reasons[i].code, code) == 0) return &result->reasons[i];
    }
    return NULL;
}

/* A service in trouble, seen by a generator that is well: every figure is the service's, and the
 * verdict stands. With few connections arrivals wait for one, which is no lag of ours. */
static void a_service_in_trouble_is_not_our_fault(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        struct target_law law;
    } cases[] = {
        {"it stands still, many connections",
         "  stages: [ { name: a, rate: 100/s, for: 20s } ]\n",
         {.service_ns = 5 * NS_PER_MS,
          .stall_at_ns = START_NS + 5 * NS_PER_S,
          .stall_ns = 3 * NS_PER_S}},
        {"it stands still, few connections",
         "  connections: 2\n  stages: [ { name: a, rate: 100/s, for: 20s } ]\n",
         {.service_ns = 5 * NS_PER_MS,
          .stall_at_ns = START_NS + 5 * NS_PER_S,
          .stall_ns = 3 * NS_PER_S}},
        {"it is overloaded, many connections",
         "  stages: [ { name: a, rate: 150/s, for: 20s } ]\n",
         {.law = SERVICE_EXPONENTIAL, .service_ns = 10 * NS_PER_MS, .servers = 1}},
        {"it is overloaded, few connections",
         "  connections: 2\n  stages: [ { name: a, rate: 150/s, for: 20s } ]\n",
         {.law = SERVICE_EXPONENTIAL, .service_ns = 10 * NS_PER_MS, .servers = 1}},
        {"it is well, and its connections are too few by far",
         "  connections: 1\n  stages: [ { name: a, rate: 150/s, for: 20s } ]\n",
         {.service_ns = 10 * NS_PER_MS}},
        {"it stands still before users",
         "  stages: [ { name: a, users: 30, think: 100ms, for: 20s } ]\n",
         {.service_ns = 5 * NS_PER_MS,
          .stall_at_ns = START_NS + 5 * NS_PER_S,
          .stall_ns = 3 * NS_PER_S}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint32_t threads = 1; threads <= 3; threads++) {
            struct run_setup setup = {
                .law = cases[i].law,
                .threads = threads,
                .costs = {.call_ns = 20 * NS_PER_US, .wake_ns = 100 * NS_PER_US}};
            struct judge *judge = judged(cases[i].name, cases[i].load, "max < 100ms", setup);
            const struct result *result = judge_result(judge);
            CHECK_STR(cases[i].name, result_trust_name(result->trust), "valid");
            CHECK_U64(cases[i].name, result->reason_count, 0);
            CHECK_STR(cases[i].name, result_verdict_name(result->verdict), "missed");
            CHECK_U64(cases[i].name, result->exit_code, 1);
            judge_close(judge);
        }
    }
}

/* Loads of the faults below. */
static const char steady[] = "  stages: [ { name: a, rate: 50/s, for: 20s } ]\n";
static const char new_ones[] = "  connections: 20\n"
                               "  stages: [ { name: a, rate: 50/s, for: 20s } ]\n";
static const char many[] = "  max_in_flight: 100\n"
                           "  stages: [ { name: a, rate: 500/s, for: 10s } ]\n";
static const char two[] = "  stages:\n    - { name: a, rate: 50/s, for: 10s }\n"
                          "    - { name: b, rate: 50/s, for: 10s }\n";

/* What prony does late or has not got, and what is told of it. */
static const struct {
    const char *name, *load, *objective;
    struct target_law law;
    struct world_costs costs;
    const char *code;
    bool decides; /* and so there is no verdict */
    const char *told;
} faults[] = {
    {"late once, and that is the miss",
     steady,
     "max < 100ms",
     {.service_ns = 5 * NS_PER_MS},
     {.freeze_at_ns = START_NS + 7300 * NS_PER_MS, .freeze_ns = 900 * NS_PER_MS},
     "lag-decides",
     true,
     "max"},
    {"the same within the limit",
     steady,
     "max < 5s",
     {.service_ns = 5 * NS_PER_MS},
     {.freeze_at_ns = START_NS + 7300 * NS_PER_MS, .freeze_ns = 900 * NS_PER_MS},
     "stood-still",
     false,
     "0.9"},
    {"sent when their time was over",
     "  timeout: { response: 200ms }\n"
     "  stages: [ { name: a, rate: 50/s, for: 20s } ]\n",
     "errors < 1%",
     {.service_ns = 5 * NS_PER_MS},
     {.grid_ns = 400 * NS_PER_MS},
     "lag-timeouts",
     true,
     "errors"},
    {"taken up when their stage was over",
     two,
     "errors < 50%",
     {.service_ns = 5 * NS_PER_MS},
     {.freeze_at_ns = START_NS + 9500 * NS_PER_MS, .freeze_ns = 900 * NS_PER_MS},
     "schedule-behind",
     true,
     "in a was taken up"},
    {"always somewhat late",
     steady,
     "p95 < 100ms",
     {.service_ns = 5 * NS_PER_MS},
     {.wake_ns = 30 * NS_PER_MS},
     "lag-high",
     false,
     "own lag (p99"},
    {"no port now and then",
     new_ones,
     "errors < 20%",
     {.service_ns = 5 * NS_PER_MS, .per_million = {[REPLY_LAST] = 1000000}, .no_port = 50000},
     {0},
     "ports-short",
     false,
     "port"},
    {"no port, and that is the miss",
     new_ones,
     "errors < 1%",
     {.service_ns = 5 * NS_PER_MS, .per_million = {[REPLY_LAST] = 1000000}, .no_port = 50000},
     {0},
     "shortage-decides",
     true,
     "errors"},
    {"late once, and dropped for it",
     many,
     "errors <= 0%",
     {.service_ns = 5 * NS_PER_MS},
     {.freeze_at_ns = START_NS + 5300 * NS_PER_MS, .freeze_ns = 900 * NS_PER_MS},
     "shortage-decides",
     true,
     "a place in flight, since prony took too many up late"},
    {"the same of who was answered",
     many,
     "availability >= 100%",
     {.service_ns = 5 * NS_PER_MS},
     {.freeze_at_ns = START_NS + 5300 * NS_PER_MS, .freeze_ns = 900 * NS_PER_MS},
     "shortage-decides",
     true,
     "a place in flight, since prony took too many up late"},
    {"the same of the longest time",
     many,
     "max < 2s",
     {.service_ns = 5 * NS_PER_MS},
     {.freeze_at_ns = START_NS + 5300 * NS_PER_MS, .freeze_ns = 900 * NS_PER_MS},
     "shortage-decides",
     true,
     "a place in flight, since prony took too many up late"},
    {"the same of a percentile",
     many,
     "p99 < 2s",
     {.service_ns = 5 * NS_PER_MS},
     {.freeze_at_ns = START_NS + 5300 * NS_PER_MS, .freeze_ns = 900 * NS_PER_MS},
     "shortage-decides",
     true,
     "a place in flight, since prony took too many up late"},
};

/* It is no fault of the service: where that alone makes a miss there is no verdict, else it is told
 * beside the verdict. */
static void our_own_fault_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct run_setup setup = {.law = faults[i].law, .costs = faults[i].costs};
        struct judge *judge = judged(faults[i].name, faults[i].load, faults[i].objective, setup);
        const struct result *result = judge_result(judge);
        const struct trust_reason *told = reason(judge, faults[i].code);
        if (!told) fail_msg("%s: no %s", faults[i].name, faults[i].code);
        CHECK(told->text, strstr(told->text, faults[i].told) != NULL);
        bool decides = faults[i].decides;
        CHECK_U64(faults[i].name, told->level, decides ? TRUST_INVALID : TRUST_SUSPECT);
        CHECK_U64(faults[i].name, result->verdict, decides ? VERDICT_INVALID : VERDICT_HOLDS);
        CHECK_U64(faults[i].name, result->exit_code, decides ? 3 : 0);
        judge_close(judge);
    }
}

/* Ctrl-Z, a paused machine: its time is told, and where it was. */
static void who_stands_still_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t freeze_ns;
        const char *told; /* NULL: nothing */
    } cases[] = {
        {"for 1.5 s", 1500 * NS_PER_MS, "prony stood still for 1.5"},
        {"for 0.4 s", 400 * NS_PER_MS, "prony stood still for 0.4"},
        {"for 0.2 s, as loaded hosts do", 200 * NS_PER_MS, NULL},
        {"not at all", 0, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint32_t threads = 1; threads <= 3; threads++) {
            struct run_setup setup = {.law = {.service_ns = 5 * NS_PER_MS},
                                      .threads = threads,
                                      .costs = {.call_ns = 20 * NS_PER_US,
                                                .freeze_at_ns = START_NS + 7300 * NS_PER_MS,
                                                .freeze_ns = cases[i].freeze_ns}};
            struct judge *judge =
                judged(cases[i].name, "  stages: [ { name: a, rate: 50/s, for: 20s } ]\n",
                       "errors < 50%", setup);
            const struct trust_reason *told = reason(judge, "stood-still");
            CHECK(cases[i].name, (told != NULL) == (cases[i].told != NULL));
            if (told) CHECK(told->text, strstr(told->text, cases[i].told) != NULL);
            if (told) CHECK(told->text, strstr(told->text, "of a, between 7.0 s and ") != NULL);
            if (told) {
                double held_s = told->value * 20;
                CHECK(told->text, fabs(held_s - (double)cases[i].freeze_ns / 1e9) < 0.05);
            }
            judge_close(judge);
        }
    }
}

/* One worker stands for its part of the load: the busiest counts. */
static void a_saturated_thread_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t call_ns; /* a request takes some three calls, of half of it on average */
        bool told;
    } cases[] = {
        {"far from it", 400 * NS_PER_US, false},
        {"saturated", 9 * NS_PER_MS, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {.law = {.service_ns = 5 * NS_PER_MS},
                                  .costs = {.call_ns = cases[i].call_ns}};
        struct judge *judge =
            judged(cases[i].name, "  stages: [ { name: a, rate: 100/s, for: 20s } ]\n",
                   "errors < 50%", setup);
        const struct trust_reason *told = reason(judge, "cpu-busy");
        CHECK(cases[i].name, (told != NULL) == cases[i].told);
        CHECK(cases[i].name, reason(judge, "stood-still") == NULL); /* it works, if slowly */
        judge_close(judge);
    }
}

/* A host that wakes prony only every so often keeps the rate: what comes then comes in lumps, and
 * other users would not. How fast the schedule is does not matter, nor how many share it. */
static void lumps_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        uint64_t grid_ns, wake_ns;
        bool told;
    } cases[] = {
        {"a clock of 100 Hz", "rate: 400/s, for: 20s", 10 * NS_PER_MS, 0, true},
        {"a clock of 100 Hz and few arrivals", "rate: 40/s, for: 20s", 10 * NS_PER_MS, 0, true},
        {"a clock of 100 Hz, rising", "rate: 20/s..400/s, for: 20s", 10 * NS_PER_MS, 0, true},
        {"a clock of 250 Hz", "rate: 400/s, for: 20s", 4 * NS_PER_MS, 0, true},
        {"the lateness of wake-ups", "rate: 400/s, for: 20s", 0, 300 * NS_PER_US, false},
        {"the same of a fast one", "rate: 2000/s, for: 8s", 0, 300 * NS_PER_US, false},
        {"the same of a rising one", "rate: 5/s..400/s, for: 20s", 0, 300 * NS_PER_US, false},
        {"even arrivals have lumps by themselves", "rate: 400/s, for: 5s, arrivals: even",
         10 * NS_PER_MS, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint32_t threads = 1; threads <= 3; threads++) {
            char load[200];
            struct text t = text_in(load, sizeof load);
            text_addf(&t, "  stages: [ { name: a, %s } ]\n", cases[i].load);
            struct run_setup setup = {
                .law = {.service_ns = 5 * NS_PER_MS},
                .threads = threads,
                .costs = {.grid_ns = cases[i].grid_ns, .wake_ns = cases[i].wake_ns}};
            struct judge *judge = judged(cases[i].name, load, "errors < 50%", setup);
            const struct trust_reason *told = reason(judge, "pattern-off");
            CHECK(cases[i].name, (told != NULL) == cases[i].told);
            if (told) CHECK(told->text, strstr(told->text, "in a (Anderson-Darling: ") != NULL);
            if (told) CHECK(told->text, strstr(told->text, " gaps)") != NULL);
            judge_close(judge);
        }
    }
}

/* Of schedules that are kept none is called unlike its pattern, though a service stands still. */
static void a_kept_pattern_is_not_told(void **state)
{
    (void)state;
    static const char *const loads[] = {"rate: 100/s, for: 6s", "rate: 300/s..10/s, for: 5s",
                                        "rate: 9/s, for: 10s", "rate: 500/s, for: 3s"};
    for (uint64_t seed = 1; seed <= seeds_of(200); seed++) {
        char load[200];
        struct text t = text_in(load, sizeof load);
        text_addf(&t, "  seed: %llu\n  connections: 3\n  stages: [ { name: a, %s } ]\n",
                  (unsigned long long)seed, loads[seed % COUNT_OF(loads)]);
        struct run_setup setup = {.seed = seed,
                                  .law = {.service_ns = 2 * NS_PER_MS,
                                          .stall_at_ns = START_NS + NS_PER_S,
                                          .stall_ns = NS_PER_S},
                                  .threads = 1 + (uint32_t)seed % 3,
                                  .costs = {.call_ns = 9 * NS_PER_US, .wake_ns = 90 * NS_PER_US}};
        struct judge *judge = judged("kept", load, "errors < 50%", setup);
        CHECK_U64("nothing", judge_result(judge)->reason_count, 0);
        judge_close(judge);
    }
}

/* Users, their rounds and their pauses are counted in three places, and come to the same: with
 * pauses of any law, ramps, settle, failures, users who leave in the middle of one. */
static void users_fit_their_rounds(void **state)
{
    (void)state;
    static const char *const stages[] = {
        "users: 20, think: 500ms, for: 20s",
        "users: 20, think: 100ms..900ms, for: 20s, settle: 3s",
        "users: 20, think: 100ms..900ms, pacing: 700ms, for: 20s, settle: 2s",
        "users: 0..40, think: 300ms, for: 20s",
        "users: 40..1, pacing: 400ms, for: 20s",
        "users: 7, for: 10s",
        "users: 6, requests: 900",
        "users: 6, think: 200ms, requests: 300, for: 60s",
        "users: 30, think: 8s, for: 20s",
    };
    for (uint64_t seed = 1; seed <= seeds_of(90); seed++) {
        char load[200];
        struct text t = text_in(load, sizeof load);
        text_addf(&t, "  seed: %llu\n  timeout: { response: 1s }\n  stages: [ { name: a, %s } ]\n",
                  (unsigned long long)seed, stages[seed % COUNT_OF(stages)]);
        struct run_setup setup = {
            .seed = seed,
            .law = {.law = SERVICE_EXPONENTIAL,
                    .service_ns = 40 * NS_PER_MS,
                    .per_million = {[REPLY_500] = 50000, [REPLY_NEVER] = 10000}},
            .threads = 1 + (uint32_t)seed % 3,
            .costs = {.call_ns = 9 * NS_PER_US, .wake_ns = 90 * NS_PER_US}};
        struct judge *judge = judged(stages[seed % COUNT_OF(stages)], load, "errors < 90%", setup);
        const struct trust_reason *told = reason(judge, "users-differ");
        if (told) fail_msg("%s: %s", stages[seed % COUNT_OF(stages)], told->text);
        judge_close(judge);
    }
}

/* The wall clock is set while the run goes on: no figure but the kernel's stamps hangs on it. */
static void a_clock_that_is_set_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t step_ns;
        const char *told;
    } cases[] = {
        {"forward", 3200 * (int64_t)NS_PER_MS, "set forward by 3.200 s between 12.0 s and 13.0 s"},
        {"back", -250 * (int64_t)NS_PER_MS, "set back by 0.250 s between 12.0 s and 13.0 s"},
        {"hardly", 9 * (int64_t)NS_PER_MS, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {
            .law = {.service_ns = 5 * NS_PER_MS},
            .costs = {.step_at_ns = START_NS + 12500 * NS_PER_MS, .step_ns = cases[i].step_ns}};
        struct judge *judge =
            judged(cases[i].name, "  stages: [ { name: a, rate: 50/s, for: 20s } ]\n",
                   "errors < 50%", setup);
        const struct trust_reason *told = reason(judge, "clock-step");
        CHECK(cases[i].name, (told != NULL) == (cases[i].told != NULL));
        if (told) CHECK(told->text, strstr(told->text, cases[i].told) != NULL);
        judge_close(judge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_in_trouble_is_not_our_fault),
        cmocka_unit_test(our_own_fault_is_told),
        cmocka_unit_test(who_stands_still_says_so),
        cmocka_unit_test(a_saturated_thread_is_told),
        cmocka_unit_test(lumps_are_told),
        cmocka_unit_test(a_kept_pattern_is_not_told),
        cmocka_unit_test(users_fit_their_rounds),
        cmocka_unit_test(a_clock_that_is_set_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
