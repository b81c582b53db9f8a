/* What prony does late, to the last ns: a limit that was not kept is no reply that came in time,
 * lag is counted once, and what was dropped since prony came late is not held against the service.
 */
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "story.h"

#define START_NS (1000 * NS_PER_S + 20 * NS_PER_MS) /* world time of run time 0 */
#define ALL 1000000u

/* Taken up when their time was over: the whole of it is lag, and none of it twice. */
static void lag_is_no_longer_than_the_time(void **state)
{
    (void)state;
    static const char load[] = "  timeout: { response: 200ms }\n"
                               "  stages: [ { name: a, rate: 50/s, for: 10s, arrivals: even } ]\n";
    for (uint32_t threads = 1; threads <= 3; threads++) {
        struct run_setup setup = {
            .yaml = story_plan("", load),
            .law = {.service_ns = 5 * NS_PER_MS},
            .costs = {.freeze_at_ns = START_NS + 5006 * NS_PER_MS, .freeze_ns = 3 * NS_PER_S},
            .threads = threads};
        struct run_outcome out = story_run("late by more than the limit", setup);
        const struct hist *lag = &out.ledger->stages[0][0].measures[STAGE_LAG];
        const struct hist *ages = story_measure(&out, MEASURE_TIMEOUT_AGE);
        CHECK("there are such", ages->count >= 130 && ages->count <= 150);
        CHECK_U64("the oldest, all of it ours", lag->max_ns, ages->max_ns);
    }
}

/* The first byte came behind its limit, and a worker that stood still has read it before it could
 * look at its timers. */
static void a_first_byte_that_came_late_is_none_in_time(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t service_ns, freeze_ns;
        uint64_t timeouts;
    } cases[] = {
        {"in time, read late", 240 * NS_PER_MS, 800 * NS_PER_MS, 0},
        {"late, read late", 260 * NS_PER_MS, 800 * NS_PER_MS, 10},
        {"late, read at once", 260 * NS_PER_MS, 0, 10},
    };
    static const char load[] =
        "  timeout: { first_byte: 250ms, response: 5s }\n"
        "  stages: [ { name: a, rate: 100/s, for: 100ms, arrivals: even } ]\n";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {
            .yaml = story_plan("", load),
            .law = {.service_ns = cases[i].service_ns},
            .costs = {.freeze_at_ns = START_NS + 150 * NS_PER_MS, .freeze_ns = cases[i].freeze_ns}};
        struct run_outcome out = story_run(cases[i].name, setup);
        CHECK_U64(cases[i].name, out.ledger->outcomes[OUTCOME_TIMEOUT], cases[i].timeouts);
        CHECK_U64(cases[i].name, out.ledger->outcomes[OUTCOME_OK], 10 - cases[i].timeouts);
    }
}

/* What comes due while prony stands still comes in one heap, for which there may be no place. That
 * is prony's own where it was not near to full before, and only then. */
static void a_heap_that_is_dropped_is_ours(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        struct target_law law;
        uint64_t freeze_ns, wake_ns;
        bool dropped, ours;
    } cases[] = {
        {"it stands still",
         "rate: 500/s",
         {.service_ns = 5 * NS_PER_MS},
         900 * NS_PER_MS,
         0,
         true,
         true},
        {"it does not", "rate: 500/s", {.service_ns = 5 * NS_PER_MS}, 0, 0, false, false},
        {"it stands still before a service that never answers",
         "rate: 500/s",
         {.per_million = {[REPLY_NEVER] = ALL}},
         900 * NS_PER_MS,
         0,
         true,
         false},
        {"the service never answers, and it is woken late",
         "rate: 500/s",
         {.per_million = {[REPLY_NEVER] = ALL}},
         0,
         30 * NS_PER_MS,
         true,
         false},
        {"the service is overloaded, and it is woken late",
         "rate: 500/s",
         {.law = SERVICE_EXPONENTIAL, .service_ns = 400 * NS_PER_MS},
         0,
         12 * NS_PER_MS,
         true,
         false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint32_t threads = 1; threads <= 3; threads++) {
            char load[200];
            struct text t = text_in(load, sizeof load);
            text_addf(&t,
                      "  max_in_flight: 100\n  timeout: { response: 60s }\n"
                      "  stages: [ { name: a, %s, for: 10s } ]\n",
                      cases[i].load);
            struct run_setup setup = {.yaml = story_plan("", load),
                                      .law = cases[i].law,
                                      .threads = threads,
                                      .costs = {.freeze_at_ns = START_NS + 5 * NS_PER_S,
                                                .freeze_ns = cases[i].freeze_ns,
                                                .wake_ns = cases[i].wake_ns}};
            struct run_outcome out = story_run(cases[i].name, setup);
            const struct ledger *l = out.ledger;
            uint64_t dropped = l->outcomes[OUTCOME_DROPPED];
            uint64_t late = l->shortages[CELL_REQUEST][SHORTAGE_LATE];
            CHECK(cases[i].name, (dropped > 0) == cases[i].dropped);
            CHECK_U64(cases[i].name, late, cases[i].ours ? dropped : 0);
            /* Their lag is told as that of all others. */
            CHECK_U64(cases[i].name, l->stages[0][0].measures[STAGE_LAG].count, l->requests_ended);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lag_is_no_longer_than_the_time),
        cmocka_unit_test(a_first_byte_that_came_late_is_none_in_time),
        cmocka_unit_test(a_heap_that_is_dropped_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
