/* What is asked at the end of a stage and never answered ok. */
#include "judge/silence.h"

#include "check.h"
#include "scene.h"

/* A second of a stage, in tenths: so many asked in each, and whether they are answered ok. */
struct second {
    uint32_t asked;
    uint32_t broken_from; /* tenth from which on all fail; 10: none */
    enum outcome outcome; /* of what fails */
};

static void put_second(struct scene *s, const struct second *second, bool lacks)
{
    scene_tick(s, 0, 1000);
    for (uint32_t tenth = 0; tenth < 10; tenth++) {
        bool ok = tenth < second->broken_from;
        scene_slot(s, tenth, second->asked, second->asked, ok ? second->asked : 0);
        scene_slot_failed(s, tenth, ok ? 0 : second->asked, !ok && lacks ? second->asked : 0);
    }
    uint32_t good = second->asked * second->broken_from;
    struct scene_part part = {.outcome = OUTCOME_OK, .count = good, .ns = MS, .no_slot = true};
    if (good > 0) scene_add(s, &part);
    part.outcome = second->outcome;
    part.count = second->asked * 10 - good;
    if (part.count > 0) scene_add(s, &part);
    scene_put(s);
}

struct course {
    const char *name;
    struct second seconds[8];
    uint32_t count;
    const char *objective; /* NULL: the implied one alone */
    double since_s;        /* 0: no silence */
    enum verdict verdict;
    bool lacks;
};

#define GOOD                                                                                       \
    {                                                                                              \
        5, 10, OUTCOME_OK                                                                          \
    }
#define DEAD                                                                                       \
    {                                                                                              \
        5, 0, OUTCOME_REFUSED                                                                      \
    }

static const struct course courses[] = {
    {"a service that is well", {GOOD, GOOD, GOOD, GOOD}, 4, NULL, 0, VERDICT_HOLDS, false},
    {"dead for the last 1.3 s",
     {GOOD, GOOD, GOOD, {5, 7, OUTCOME_REFUSED}, DEAD},
     5,
     NULL,
     3.7,
     VERDICT_MISSED,
     false},
    {"answers, and never ok",
     {GOOD, GOOD, GOOD, {5, 7, OUTCOME_STATUS}, {5, 0, OUTCOME_STATUS}},
     5,
     NULL,
     3.7,
     VERDICT_MISSED,
     false},
    {"dead for less than a second",
     {GOOD, GOOD, GOOD, {5, 3, OUTCOME_REFUSED}},
     4,
     NULL,
     0,
     VERDICT_HOLDS,
     false},
    {"as long as it was away before",
     {GOOD, DEAD, GOOD, GOOD, GOOD, DEAD},
     6,
     NULL,
     0,
     VERDICT_HOLDS,
     false},
    {"far longer than before",
     {GOOD, {5, 8, OUTCOME_RESET}, GOOD, GOOD, GOOD, GOOD, DEAD, DEAD},
     8,
     NULL,
     6,
     VERDICT_MISSED,
     false},
    {"what prony lacked is none of its doing",
     {GOOD, GOOD, GOOD, DEAD},
     4,
     NULL,
     0,
     VERDICT_HOLDS,
     true},
    {"with a limit of one's own nobody knows",
     {GOOD, GOOD, GOOD, GOOD, DEAD},
     5,
     "errors < 60%",
     4,
     VERDICT_INCONCLUSIVE,
     false},
    {"likewise of availability",
     {GOOD, GOOD, GOOD, GOOD, DEAD},
     5,
     "availability > 20%",
     4,
     VERDICT_INCONCLUSIVE,
     false},
    {"but missed is missed",
     {GOOD, GOOD, GOOD, GOOD, DEAD},
     5,
     "errors < 5%",
     4,
     VERDICT_MISSED,
     false},
    {"who lets all fail",
     {GOOD, GOOD, GOOD, GOOD, DEAD},
     5,
     "errors <= 100%",
     4,
     VERDICT_HOLDS,
     false},
};

static void how_stages_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(courses); i++) {
        const struct course *c = &courses[i];
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true)->length_ns = c->count * SECOND;
        scene_objective(&s, "p50 < 100ms");
        if (c->objective) scene_objective(&s, c->objective);
        else scene_objective(&s, "errors <= 50%")->implicit = true;
        scene_begin(&s);
        for (uint32_t t = 0; t < c->count; t++) put_second(&s, &c->seconds[t], c->lacks);
        scene_end(&s, RUN_COMPLETE);
        const struct objective_result *o = scene_said(&s, 1);
        CHECK(c->name, scene_result(&s)->stages[0].silent_from_s == c->since_s);
        CHECK_STR(c->name, result_verdict_name(o->verdict), result_verdict_name(c->verdict));
        bool noted = strstr(o->note, "to the end of hold was answered ok") != NULL;
        CHECK(c->name, noted == (c->since_s > 0 && c->verdict != VERDICT_HOLDS));
        scene_close(&s);
    }
}

/* Five users hang one after the other: five of thousands failed, and nobody asks any more. */
static void users_who_hang(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t hung, failed_before;
        double since_s;
    } cases[] = {{"all of them hang", 5, 0, 3.1},
                 {"two in five failed before, so it is chance", 5, 40, 0},
                 {"nothing was asked at the end, and nothing failed", 0, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "crowd", MODEL_CLOSED, true)->length_ns = 5 * SECOND;
        scene_objective(&s, "errors <= 50%")->implicit = true;
        scene_begin(&s);
        for (uint32_t t = 0; t < 5; t++) {
            scene_tick(&s, 0, 1000);
            for (uint32_t tenth = 0; tenth < (t < 3 ? 10 : t == 3 ? 1 : 0); tenth++) {
                scene_slot(&s, tenth, 100, 100, 100 - cases[i].failed_before);
                scene_slot_failed(&s, tenth, cases[i].failed_before, 0);
                struct scene_part part = {.outcome = OUTCOME_OK,
                                          .count = 100 - cases[i].failed_before,
                                          .ns = MS,
                                          .no_slot = true};
                scene_add(&s, &part);
            }
            /* They were asked when the last ones were, and time out a second later. */
            if (t == 3) scene_slot_failed(&s, 0, cases[i].hung, 0);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        CHECK(cases[i].name, scene_result(&s)->stages[0].silent_from_s == cases[i].since_s);
        scene_close(&s);
    }
}

/* Of a stage that was stopped nobody knows how it would have ended. */
static void a_stage_cut_short(void **state)
{
    (void)state;
    static const struct second good = GOOD, dead = DEAD;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true)->length_ns = 20 * SECOND;
    scene_objective(&s, "errors <= 50%")->implicit = true;
    scene_begin(&s);
    for (uint32_t t = 0; t < 4; t++) put_second(&s, t < 3 ? &good : &dead, false);
    scene_end(&s, RUN_INTERRUPTED);
    assert_true(scene_result(&s)->stages[0].silent_from_s == 0);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(how_stages_end),
                                       cmocka_unit_test(users_who_hang),
                                       cmocka_unit_test(a_stage_cut_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
