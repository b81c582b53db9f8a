/* Edges of stages under virtual time, one story a test: stopped, left, by count, steered by hand.
 */
#include "base/clock.h"
#include "check.h"
#include "story.h"
#include "truth.h"

static void a_stage_by_count_has_its_count(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        uint64_t want;
    } cases[] = {
        {"users", "  stages: [ { name: a, users: 7, requests: 100 } ]\n", 100},
        {"fewer than users", "  stages: [ { name: a, users: 7, requests: 3 } ]\n", 3},
        {"one user", "  stages: [ { name: a, users: 1, requests: 50, think: 10ms } ]\n", 50},
        {"arrivals", "  stages: [ { name: a, rate: 100/s, requests: 123 } ]\n", 123},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint32_t threads = 1; threads <= 3; threads++) {
            struct run_setup setup = {.yaml = story_plan("", cases[i].load),
                                      .law = {.service_ns = 3 * NS_PER_MS},
                                      .threads = threads};
            struct run_outcome out = story_run(cases[i].name, setup);
            truth_of_instant(&out);
            CHECK_U64(cases[i].name, out.ledger->outcomes[OUTCOME_OK], cases[i].want);
            CHECK(cases[i].name, ledger_end_ns(out.ledger) < 5 * NS_PER_S);
        }
    }
}

/* Stopped: nobody begins, who is on the way comes home, and then it is over. */
static void a_stopped_run_drains_and_ends(void **state)
{
    (void)state;
    static const struct {
        const char *name, *stages;
    } cases[] = {
        {"arrivals", "  stages: [ { name: a, rate: 100/s, for: 60s } ]\n"},
        {"users who think long", "  stages: [ { name: a, users: 20, think: 40s, for: 60s } ]\n"},
        {"users still to come", "  stages: [ { name: a, users: 0..20, think: 1s, for: 60s } ]\n"},
        {"stages still to come", "  stages:\n    - { name: a, rate: 100/s, for: 60s }\n"
                                 "    - { name: b, users: 30, think: 1s, for: 60s }\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {.yaml = story_plan("", cases[i].stages),
                                  .law = {.service_ns = 700 * NS_PER_MS},
                                  .stop_at_ns = 5 * NS_PER_S,
                                  .threads = 2};
        struct run_outcome out = story_run(cases[i].name, setup);
        const struct ledger *l = out.ledger;
        truth_of_instant(&out);
        CHECK(cases[i].name, out.last_action_ns < 5200 * NS_PER_MS);
        CHECK(cases[i].name, ledger_end_ns(l) < 6100 * NS_PER_MS);
        CHECK_U64(cases[i].name, l->outcomes[OUTCOME_CUT], 0);
    }
}

/* Left: what is open is cut, as old as it is. */
static void a_left_run_is_cut(void **state)
{
    (void)state;
    struct run_setup setup = {
        .yaml =
            story_plan("", "  stages: [ { name: a, rate: 100/s, for: 60s, arrivals: even } ]\n"),
        .law = {.service_ns = 700 * NS_PER_MS},
        .leave_at_ns = 5 * NS_PER_S};
    struct run_outcome out = story_run("left", setup);
    const struct ledger *l = out.ledger;
    CHECK("at once", ledger_end_ns(l) < 5200 * NS_PER_MS);
    CHECK("what was open", l->outcomes[OUTCOME_CUT] >= 69 && l->outcomes[OUTCOME_CUT] <= 71);
    CHECK("younger than a reply", story_measure(&out, MEASURE_CUT_AGE)->max_ns <= 700 * NS_PER_MS);
    CHECK("nothing after it", out.last_action_ns < ledger_end_ns(l));
}

/* When the stage of this name began, and how long it lasted; UINT64_MAX: it never did. */
static uint64_t stage_start_ms(const struct run_outcome *run, const char *name, uint64_t *length_ms)
{
    for (uint32_t s = 0; s < run->plan->stage_count; s++) {
        if (!bytes_is(run->plan->stages[s].name, name)) continue;
        uint64_t start_ns = run->ledger->starts[s];
        if (start_ns == UINT64_MAX) break;
        *length_ms = (ledger_stage_end_ns(run->ledger, s) - start_ns) / NS_PER_MS;
        return start_ns / NS_PER_MS;
    }
    return UINT64_MAX;
}

/* 2 s each: a 100/s, b 50/s, c 4 users. */
static const struct steering {
    const char *name;
    struct run_key keys[RUN_KEYS];
    struct {
        const char *name;
        uint64_t start_ms, length_ms; /* within 100 ms: an edge needs notice */
        double rate;                  /* of an open one */
    } stages[6];
} steerings[] = {
    {"held and released",
     {{500 * NS_PER_MS, 0}, {3000 * NS_PER_MS, 0}},
     {{"a", 0, 2000, 100}, {"steered-1", 2000, 1060, 100}, {"b", 3060, 2000, 50}}},
    {"released before its end",
     {{500 * NS_PER_MS, 0}, {1000 * NS_PER_MS, 0}},
     {{"a", 0, 2000, 100}, {"b", 2000, 2000, 50}, {"c", 4000, 2000, 0}}},
    {"a faster rate to the end of its stage",
     {{1000 * NS_PER_MS, 1500}},
     {{"a", 0, 1060, 100}, {"steered-1", 1060, 940, 150}, {"b", 2000, 2000, 50}}},
    {"twice, and never over what memory is for",
     {{500 * NS_PER_MS, 1500}, {1000 * NS_PER_MS, 1900}},
     {{"a", 0, 560, 100},
      {"steered-1", 560, 500, 150},
      {"steered-2", 1060, 940, 200},
      {"b", 2000, 2000, 50}}},
    {"held, then faster, then released",
     {{500 * NS_PER_MS, 0}, {2500 * NS_PER_MS, 1100}, {3500 * NS_PER_MS, 0}},
     {{"a", 0, 2000, 100},
      {"steered-1", 2000, 560, 100},
      {"steered-2", 2560, 1000, 110},
      {"b", 3560, 2000, 50}}},
    {"faster first, then held at that",
     {{500 * NS_PER_MS, 1200}, {1000 * NS_PER_MS, 0}, {3000 * NS_PER_MS, 0}},
     {{"a", 0, 560, 100},
      {"steered-1", 560, 1440, 120},
      {"steered-2", 2000, 1060, 120},
      {"b", 3060, 2000, 50}}},
    {"a stage that ends early",
     {{700 * NS_PER_MS, RUN_KEY_NEXT}, {1000 * NS_PER_MS, 1500}},
     {{"a", 0, 760, 100},
      {"b", 760, 300, 50},
      {"steered-1", 1060, 1700, 75},
      {"c", 2760, 2000, 0}}},
    {"what is held does not",
     {{500 * NS_PER_MS, 0}, {700 * NS_PER_MS, RUN_KEY_NEXT}, {3000 * NS_PER_MS, 0}},
     {{"a", 0, 2000, 100}, {"steered-1", 2000, 1060, 100}, {"b", 3060, 2000, 50}}},
    {"users are held as users",
     {{4500 * NS_PER_MS, 0}, {7000 * NS_PER_MS, 0}},
     {{"c", 4000, 2000, 0}, {"held-1", 6000, 1060, 0}}},
};

static void check_places(const struct run_outcome *run, const struct steering *want)
{
    for (uint32_t k = 0; k < COUNT_OF(want->stages) && want->stages[k].name; k++) {
        uint64_t length_ms = 0;
        uint64_t start_ms = stage_start_ms(run, want->stages[k].name, &length_ms);
        CHECK(want->name, start_ms >= want->stages[k].start_ms);
        CHECK(want->name, start_ms <= want->stages[k].start_ms + 100);
        CHECK(want->name, length_ms + 100 >= want->stages[k].length_ms);
        CHECK(want->name, length_ms <= want->stages[k].length_ms + 100);
    }
}

/* Each open stage had the arrivals of its rate for as long as it lasted. */
static void check_rates(const struct run_outcome *run, const struct steering *want)
{
    for (uint32_t s = 0; s < run->plan->stage_count; s++) {
        const struct stage *stage = &run->plan->stages[s];
        uint64_t length_ms = 0;
        if (stage_start_ms(run, stage->name.at, &length_ms) == UINT64_MAX) continue;
        CHECK(want->name, stage->judged != stage->by_hand);
        if (stage->model == MODEL_CLOSED) continue;
        double count = (double)run->ledger->iterations[s][0][0].begun;
        double due = stage->rate_to * (double)length_ms / 1000;
        CHECK(want->name, count >= due - 2 && count <= due + 2);
        for (uint32_t k = 0; k < COUNT_OF(want->stages) && want->stages[k].name; k++) {
            if (!bytes_is(stage->name, want->stages[k].name)) continue;
            CHECK_U64(want->name, (uint64_t)(stage->rate_to + 0.5),
                      (uint64_t)(want->stages[k].rate + 0.5));
        }
    }
}

/* What the plan says of a stage stays true of it, but for one whose rate is changed in the middle
 * of it: that ends there. */
static void steering_by_hand(void **state)
{
    (void)state;
    static const char *const load = "  stages:\n"
                                    "    - { name: a, rate: 100/s, for: 2s, arrivals: even }\n"
                                    "    - { name: b, rate: 50/s, for: 2s, arrivals: even }\n"
                                    "    - { name: c, users: 4, think: 100ms, for: 2s }\n";
    for (size_t i = 0; i < COUNT_OF(steerings); i++) {
        struct run_setup setup = {
            .yaml = story_plan("", load), .law = {.service_ns = 5 * NS_PER_MS}, .threads = 2};
        memcpy(setup.keys, steerings[i].keys, sizeof setup.keys);
        while (setup.key_count < RUN_KEYS && setup.keys[setup.key_count].at_ns > 0)
            setup.key_count++;
        struct run_outcome out = story_run(steerings[i].name, setup);
        truth_of_instant(&out);
        check_places(&out, &steerings[i]);
        check_rates(&out, &steerings[i]);
    }
}

/* The conductor's thread is held up between its look at the clock and what it makes of it, again
 * and again: edges that it moves lie ahead of every worker all the same. (That ticks of all workers
 * are the same time is asserted where they are merged.) */
static void a_late_conductor_moves_no_edge_into_the_past(void **state)
{
    (void)state;
    static const struct {
        const char *name, *stages;
        uint64_t stop_at_ns, leave_at_ns;
    } cases[] = {
        {"stop", "  stages: [ { name: a, rate: 200/s, for: 9s } ]\n", 2500 * NS_PER_MS, 0},
        {"leave", "  stages: [ { name: a, rate: 200/s, for: 9s } ]\n", 0, 2500 * NS_PER_MS},
        {"stages by count",
         "  stages:\n    - { name: a, users: 6, requests: 90 }\n"
         "    - { name: b, users: 5, requests: 200 }\n    - { name: c, rate: 50/s, for: 1s }\n",
         0, 0},
        {"idle at the end", "  stages: [ { name: a, rate: 200/s, for: 2s } ]\n", 0, 0},
    };
    for (uint64_t seed = 1; seed <= seeds_of(60); seed++) {
        size_t i = seed % COUNT_OF(cases);
        struct run_setup setup = {.seed = seed,
                                  .yaml = story_plan("", cases[i].stages),
                                  .law = {.service_ns = 9 * NS_PER_MS},
                                  .costs = {.call_ns = 20 * NS_PER_US,
                                            .late_ns = 300 * NS_PER_MS,
                                            .late_per_million = 700000},
                                  .stop_at_ns = cases[i].stop_at_ns,
                                  .leave_at_ns = cases[i].leave_at_ns,
                                  .threads = 3};
        struct run_outcome out = story_run(cases[i].name, setup);
        if (cases[i].leave_at_ns == 0) truth_of_good(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stage_by_count_has_its_count),
        cmocka_unit_test(a_stopped_run_drains_and_ends),
        cmocka_unit_test(a_left_run_is_cut),
        cmocka_unit_test(steering_by_hand),
        cmocka_unit_test(a_late_conductor_moves_no_edge_into_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
