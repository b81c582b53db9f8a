/* What presses prony or its host: from how much on is it said, in which stages, and with what
 * words.
 */
#include <math.h>

#include "check.h"
#include "judge/trust.h"
#include "scene.h"

static const struct trust_reason *reason(const struct scene *s, const char *code)
{
    const struct result *result = scene_result(s);
    for (uint32_t i = 0; i < result->reason_count; i++) {
        if (strcmp(result->reasons[i].code, code) == 0) return &result->reasons[i];
    }
    return NULL;
}

#define FACTS 3

/* Twenty seconds of a calm stage, then twenty of one in which some ticks are pressed. */
struct story {
    const char *name, *code;
    struct {
        enum strain_fact fact;
        uint64_t value;
    } facts[FACTS];   /* of each pressed tick; value 0: none */
    uint32_t pressed; /* how many */
    uint64_t lag_ns;  /* of every take-up in both stages */
    uint32_t cores;   /* of the host; two threads */
    bool not_judged;  /* the second stage */
    bool told;        /* by this rule, and by no other of the host's */
    double value;     /* of the reason, where told */
    const char *text; /* a part of it */
};

static void play(struct scene *s, const struct story *story)
{
    scene_open(s);
    s->header.threads = 2;
    s->header.cores = story->cores;
    scene_stage(s, "calm", MODEL_OPEN, true);
    scene_stage(s, "hold", MODEL_OPEN, !story->not_judged);
    scene_objective(s, "errors < 50%");
    scene_begin(s);
    for (uint32_t t = 0; t < 40; t++) {
        scene_tick(s, t / 20, 1000);
        scene_requests(s, 0, OUTCOME_OK, 100, 20 * MS);
        scene_lag(s, 100, story->lag_ns);
        for (uint32_t i = 0; i < FACTS && t >= 30 && t < 30 + story->pressed; i++) {
            if (story->facts[i].value == 0) continue;
            scene_strain(s, story->facts[i].fact, story->facts[i].value);
        }
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
}

static const struct story stories[] = {
    {"eight tenths of a core are fine",
     "cpu-busy",
     {{STRAIN_BUSIEST, 800 * MS}},
     .pressed = 10,
     .told = false},
    {"more for two seconds of twenty",
     "cpu-busy",
     {{STRAIN_BUSIEST, 990 * MS}},
     .pressed = 2,
     .told = false},
    {"more for three",
     "cpu-busy",
     {{STRAIN_BUSIEST, 810 * MS}},
     .pressed = 3,
     .told = true,
     .value = 0.15,
     .text = "took over 80% of its core (81% at most) for 3.0 s of the 20.0 s judged of hold"},
    {"no thread has more than its core",
     "cpu-busy",
     {{STRAIN_BUSIEST, 1020 * MS}},
     .pressed = 3,
     .told = true,
     .value = 0.15,
     .text = "(100% at most)"},
    {"one is busy, the other idle",
     "cpu-busy",
     {{STRAIN_BUSIEST, 900 * MS}, {STRAIN_WORKERS, 900 * MS}},
     .pressed = 10,
     .cores = 2,
     .told = true,
     .value = 0.5,
     .text = "(90% at most) for 10.0 s"},
    {"two on one core",
     "cpu-busy",
     {{STRAIN_BUSIEST, 450 * MS}, {STRAIN_WORKERS, 900 * MS}},
     .pressed = 10,
     .cores = 1,
     .told = true,
     .value = 0.5,
     .text = "(90% at most) for 10.0 s"},
    {"the same on two",
     "cpu-busy",
     {{STRAIN_BUSIEST, 450 * MS}, {STRAIN_WORKERS, 900 * MS}},
     .pressed = 10,
     .cores = 2,
     .told = false},
    {"busy where nobody judges",
     "cpu-busy",
     {{STRAIN_BUSIEST, 990 * MS}},
     .pressed = 10,
     .not_judged = true},

    {"half a second of stopping",
     "stood-still",
     {{STRAIN_HELD, 250 * MS}},
     .pressed = 2,
     .told = true,
     .value = 0.025,
     .text = "stood still for 0.50 s of hold, between 30.0 s and 32.0 s of the run"},
    {"as short as a loaded host does", "stood-still", {{STRAIN_HELD, 124 * MS}}, .pressed = 2},
    {"stopped where nobody judges",
     "stood-still",
     {{STRAIN_HELD, 900 * MS}},
     .pressed = 2,
     .not_judged = true},

    {"a core shared, and lag",
     "core-shared",
     {{STRAIN_WAITED, 500 * MS}},
     .pressed = 5,
     .lag_ns = 2 * MS,
     .told = true,
     .value = 0.125,
     .text = "got no core for 12.5% of the time of hold: something"},
    {"less", "core-shared", {{STRAIN_WAITED, 500 * MS}}, .pressed = 4, .lag_ns = 2 * MS},
    {"many wake-ups, but no lag",
     "core-shared",
     {{STRAIN_WAITED, 500 * MS}},
     .pressed = 10,
     .lag_ns = MS / 2},

    {"a quota used up",
     "cpu-throttled",
     {{STRAIN_PERIODS, 10}, {STRAIN_THROTTLED, 2}, {STRAIN_THROTTLED_NS, 130 * MS}},
     .pressed = 5,
     .told = true,
     .value = 0.2,
     .text = "used up in 10 of 50 periods of hold (0.65 s)"},
    {"one period in a hundred",
     "cpu-throttled",
     {{STRAIN_PERIODS, 100}, {STRAIN_THROTTLED, 1}, {STRAIN_THROTTLED_NS, 50 * MS}},
     .pressed = 5},
    {"where nobody judges",
     "cpu-throttled",
     {{STRAIN_PERIODS, 10}, {STRAIN_THROTTLED, 9}},
     .pressed = 5,
     .not_judged = true},

    {"cores given to others",
     "cpu-stolen",
     {{STRAIN_CORES, 2000 * MS}, {STRAIN_STOLEN, 60 * MS}},
     .pressed = 10,
     .told = true,
     .value = 0.03,
     .text = "3.0% of the time of prony's cores went to other"},
    {"two in a hundred",
     "cpu-stolen",
     {{STRAIN_CORES, 2000 * MS}, {STRAIN_STOLEN, 40 * MS}},
     .pressed = 10},
    {"a short time, of which little is known",
     "cpu-stolen",
     {{STRAIN_CORES, 400 * MS}, {STRAIN_STOLEN, 20 * MS}},
     .pressed = 2},

    {"set forward",
     "clock-step",
     {{STRAIN_FORWARD, 3200 * MS}},
     .pressed = 1,
     .told = true,
     .value = 3.2,
     .text = "set forward by 3.200 s between 30.0 s and 31.0 s of the run (hold)"},
    {"set back",
     "clock-step",
     {{STRAIN_BACK, 11 * MS}},
     .pressed = 1,
     .told = true,
     .value = 0.011,
     .text = "set back by 0.011 s between"},
    {"a few ms", "clock-step", {{STRAIN_BACK, 10 * MS}}, .pressed = 10},
    {"set where nobody judges",
     "clock-step",
     {{STRAIN_BACK, 3000 * MS}},
     .pressed = 1,
     .not_judged = true},
};

static void each_fact_has_its_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        const struct story *story = &stories[i];
        struct scene s;
        play(&s, story);
        const struct result *result = scene_result(&s);
        const struct trust_reason *told = reason(&s, story->code);
        CHECK(story->name, (told != NULL) == story->told);
        CHECK_U64(story->name, result->reason_count, story->told);
        CHECK_STR(story->name, result_trust_name(result->trust), story->told ? "suspect" : "valid");
        CHECK_U64(story->name, result->exit_code, 0); /* told, and no verdict is changed */
        if (told) CHECK(story->name, fabs(told->value - story->value) < 1e-9);
        if (told) CHECK(told->text, strstr(told->text, story->text) != NULL);
        if (told) CHECK(told->text, told->text[strlen(told->text) - 1] == '.'); /* none is cut */
        scene_close(&s);
    }
}

/* The worst stage counts, and settle does not. */
static void settle_is_left_out(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true)->settle_ns = 5 * SECOND;
    scene_objective(&s, "errors < 50%");
    scene_begin(&s);
    for (uint32_t t = 0; t < 20; t++) {
        scene_tick(&s, 0, 1000);
        if (t < 5) s.tick.judged = false;
        scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
        if (t < 5) scene_strain(&s, STRAIN_HELD, 900 * MS);
        if (t < 5) scene_strain(&s, STRAIN_BUSIEST, 990 * MS);
        if (t < 5) scene_strain(&s, STRAIN_BACK, 9 * SECOND);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    assert_int_equal(scene_result(&s)->reason_count, 0);
    scene_close(&s);
}

/* Users go round in 100 ms and pause for 400 ms: ten of them make twenty rounds a second. */
static void users_and_their_rounds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double users;
        uint32_t rounds; /* a second */
        uint64_t pause_ms;
        enum model model;
        uint32_t seconds;
        bool unknown;     /* the pauses */
        uint64_t last_ms; /* in the last second each user has a round of that length; 0: none has */
        const char *text; /* NULL: nothing is said */
    } cases[] = {
        {"as they should", 10, 20, 400, MODEL_CLOSED, 20, false, 0, NULL},
        {"within what the edges may hide", 10, 19, 400, MODEL_CLOSED, 20, false, 0, NULL},
        {"too few rounds", 10, 18, 400, MODEL_CLOSED, 20, false, 0,
         "hold had 10.0 users, and their rounds make 9.0 (rate x time"},
        {"too many", 8, 20, 400, MODEL_CLOSED, 20, false, 0,
         "hold had 8.0 users, and their rounds make 10"},
        {"no pauses", 2, 20, 0, MODEL_CLOSED, 20, false, 0, NULL},
        {"as long as the stage", 10, 1, 18000, MODEL_CLOSED, 20, false, 0, NULL},
        {"a file that does not know of pauses", 10, 20, 0, MODEL_CLOSED, 20, true, 0, NULL},
        {"no users", 0, 20, 400, MODEL_OPEN, 20, false, 0, NULL},
        {"silence at the end", 10, 20, 400, MODEL_CLOSED, 20, false, 3000, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", cases[i].model, true);
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        for (uint32_t t = 0; t < cases[i].seconds; t++) {
            scene_tick(&s, 0, 1000);
            scene_levels(&s, cases[i].users, 2, 2);
            scene_requests(&s, 0, OUTCOME_OK, cases[i].rounds, 100 * MS);
            scene_iterations(&s, SCENE_READ, OUTCOME_OK, cases[i].rounds, 100 * MS);
            scene_lag(&s, cases[i].rounds, 100000);
            if (cases[i].last_ms > 0 && t + 1 == cases[i].seconds) {
                uint32_t users = (uint32_t)cases[i].users;
                scene_iterations(&s, SCENE_READ, OUTCOME_TIMEOUT, users, cases[i].last_ms * MS);
            }
            uint64_t rested_ns = cases[i].rounds * cases[i].pause_ms * MS;
            scene_rested(&s, cases[i].unknown ? REST_UNKNOWN : rested_ns);
            scene_put(&s);
            CHECK_U64("rounds are known at their ends", scene_result(&s)->reason_count, 0);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct trust_reason *told = reason(&s, "users-differ");
        CHECK(cases[i].name, (told != NULL) == (cases[i].text != NULL));
        CHECK_U64(cases[i].name, scene_result(&s)->reason_count, told != NULL);
        if (told) CHECK(told->text, strstr(told->text, cases[i].text) != NULL);
        if (told) CHECK(told->text, told->text[strlen(told->text) - 1] == '.');
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fact_has_its_rule),
        cmocka_unit_test(settle_is_left_out),
        cmocka_unit_test(users_and_their_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
