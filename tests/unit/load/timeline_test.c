#include "load/timeline.h"

#include "base/clock.h"
#include "base/rng.h"
#include "check.h"
#include "little_plan.h"
#include "plan/by_hand.h"

#define MS NS_PER_MS

/* 0: warmup 1500 ms; 1: first 4 s, 1200 ms of settle; 2: second 2500 ms; then the drain, 7 s. */
static const char *const PLAN = "plan: 1\n"
                                "name: edges\n"
                                "target: http://127.0.0.1:1\n"
                                "scenarios:\n"
                                "  s:\n"
                                "    steps:\n"
                                "      - get: /a\n"
                                "        check: [ status 200 ]\n"
                                "        until: body contains done\n"
                                "        every: 1s\n"
                                "        within: 7s\n"
                                "load:\n"
                                "  warmup: { rate: 5/s, for: 1500ms }\n"
                                "  timeout: { response: 3s }\n"
                                "  stages:\n"
                                "    - { name: first, rate: 9/s, for: 4s, settle: 1200ms }\n"
                                "    - { name: second, users: 3, for: 2500ms }\n";

struct scene {
    struct little_plan plan;
    struct arena arena;
    struct timeline t;
};

static void open_scene(struct scene *s, uint64_t tick_ns)
{
    little_plan_open(&s->plan, PLAN, NULL);
    assert_true(arena_open(&s->arena, 1 << 16, NULL));
    timeline_init(&s->t, &s->plan.plan, tick_ns, &s->arena);
    assert_true(arena_ok(&s->arena));
}

static void close_scene(struct scene *s)
{
    arena_close(&s->arena);
    little_plan_close(&s->plan);
}

static void stages_and_settle_by_time(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t at_ns;
        uint32_t stage;
        bool settling;
    } cases[] = {
        {"start", 0, 0, false},
        {"last of warm-up", 1500 * MS - 1, 0, false},
        {"first of first", 1500 * MS, 1, true},
        {"last of settle", 2700 * MS - 1, 1, true},
        {"after settle", 2700 * MS, 1, false},
        {"last of first", 5500 * MS - 1, 1, false},
        {"second", 5500 * MS, 2, false},
        {"drain", 8000 * MS, 3, false},
        {"long after", 8000000 * MS, 3, false},
    };
    struct scene s;
    open_scene(&s, NS_PER_S);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t stage = timeline_stage(&s.t, cases[i].at_ns);
        CHECK_U64(cases[i].name, stage, cases[i].stage);
        CHECK(cases[i].name, timeline_settling(&s.t, stage, cases[i].at_ns) == cases[i].settling);
    }
    CHECK_U64("drain starts", timeline_start(&s.t, 3), 8000 * MS);
    CHECK_U64("beyond", timeline_start(&s.t, 4), UINT64_MAX);
    CHECK_U64("drain lasts", timeline_drain_ns(&s.plan.plan), 7000 * MS);
    CHECK_U64("leave", shared_see(&s.t.leave), 15000 * MS);
    close_scene(&s);
}

static void ticks_are_cut_at_edges(void **state)
{
    (void)state;
    static const uint64_t second[] = {1000, 1500, 2500,  2700,  3700,  4700,  5500,  6500, 7500,
                                      8000, 9000, 10000, 11000, 12000, 13000, 14000, 15000};
    static const uint64_t coarse[] = {1500, 2700, 5500, 8000, 13000, 15000};
    static const struct {
        const char *name;
        uint64_t tick_ns;
        const uint64_t *ends_ms;
        size_t count;
    } cases[] = {
        {"one second", 1000 * MS, second, COUNT_OF(second)},
        {"five seconds", 5000 * MS, coarse, COUNT_OF(coarse)},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        open_scene(&s, cases[i].tick_ns);
        uint64_t at = 0;
        for (size_t k = 0; k < cases[i].count; k++) {
            at = timeline_tick_end(&s.t, at);
            CHECK_U64(cases[i].name, at, cases[i].ends_ms[k] * MS);
        }
        close_scene(&s);
    }
}

static void a_stage_may_end_early(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, NS_PER_S);
    uint64_t version = shared_see(&s.t.version);
    timeline_end_stage(&s.t, 1, 6000 * MS); /* later than planned: no effect */
    CHECK_U64("not later", timeline_start(&s.t, 2), 5500 * MS);
    CHECK_U64("no news", shared_see(&s.t.version), version);
    timeline_end_stage(&s.t, 1, 3100 * MS);
    CHECK("news", shared_see(&s.t.version) > version);
    CHECK_U64("begun ones stay", timeline_start(&s.t, 1), 1500 * MS);
    CHECK_U64("the next moves up", timeline_start(&s.t, 2), 3100 * MS);
    CHECK_U64("and keeps its length", timeline_start(&s.t, 3), 5600 * MS);
    CHECK_U64("leave moves too", shared_see(&s.t.leave), 12600 * MS);
    CHECK_U64("the tick is cut", timeline_tick_end(&s.t, 2700 * MS), 3100 * MS);
    timeline_end_stage(&s.t, 2, 4000 * MS);
    CHECK_U64("again", timeline_start(&s.t, 3), 4000 * MS);
    close_scene(&s);
}

static void stop_and_leave(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, NS_PER_S);
    timeline_stop(&s.t, 1800 * MS);
    CHECK_U64("begun ones stay", timeline_start(&s.t, 1), 1500 * MS);
    for (uint32_t i = 2; i <= 3; i++) CHECK_U64("no more", timeline_start(&s.t, i), 1800 * MS);
    CHECK_U64("then the drain", timeline_stage(&s.t, 1800 * MS), 3);
    CHECK_U64("drain lasts", shared_see(&s.t.leave), 8800 * MS);
    CHECK_U64("the tick is cut", timeline_tick_end(&s.t, 1500 * MS), 1800 * MS);
    uint64_t version = shared_see(&s.t.version);
    timeline_stop(&s.t, 2000 * MS); /* already draining */
    timeline_leave(&s.t, 9000 * MS);
    CHECK_U64("no later", shared_see(&s.t.leave), 8800 * MS);
    CHECK_U64("no news", shared_see(&s.t.version), version);
    timeline_leave(&s.t, 2345 * MS);
    CHECK_U64("leave", shared_see(&s.t.leave), 2345 * MS);
    CHECK_U64("the tick is cut", timeline_tick_end(&s.t, 1800 * MS), 2345 * MS);
    close_scene(&s);
}

/* While an edge is moved to an instant nobody passes it; before it all go on. */
static void a_held_instant_is_not_passed(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, NS_PER_S);
    CHECK("at first nothing is held", !timeline_holds(&s.t, UINT64_MAX - 1));
    timeline_hold(&s.t, 700 * MS);
    CHECK("before it", !timeline_holds(&s.t, 700 * MS - 1));
    CHECK("at it", timeline_holds(&s.t, 700 * MS));
    CHECK("behind it", timeline_holds(&s.t, 5000 * MS));
    timeline_release(&s.t);
    CHECK("released", !timeline_holds(&s.t, 5000 * MS));
    close_scene(&s);
}

/* Whatever is done to it, ahead of now: starts do not fall with the stage, nothing before now
 * moves, ticks tile the time, and every edge that is passed ends a tick. */
static void changes_keep_it_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct scene s;
        struct rng_stream r = rng_stream_at((struct rng_key){seed, 0, RNG_DATA}, 0);
        open_scene(&s, (1 + rng_next(&r) % 3) * NS_PER_S);
        uint64_t now = 0;
        while (now < shared_see(&s.t.leave)) {
            uint64_t past[4], at = now + TIMELINE_NOTICE_NS + rng_next(&r) % NS_PER_S;
            uint32_t here = timeline_stage(&s.t, now);
            for (uint32_t i = 0; i < 4; i++) past[i] = timeline_start(&s.t, i);
            switch (rng_next(&r) % 12) {
            case 0:
                timeline_stop(&s.t, at);
                break;
            case 1: /* leaving is always a stop, too */
                timeline_stop(&s.t, at);
                timeline_leave(&s.t, at + 1);
                break;
            case 2:
                if (here < 3) timeline_end_stage(&s.t, here, at);
                break;
            }
            for (uint32_t i = 0; i < 4; i++) {
                uint64_t start = timeline_start(&s.t, i);
                if (past[i] <= now) CHECK_U64("what has begun stays", start, past[i]);
                CHECK("never later", start <= past[i]);
                CHECK("in order", i == 0 || start >= timeline_start(&s.t, i - 1));
            }
            uint64_t end = timeline_tick_end(&s.t, now);
            CHECK("forward", end > now && end - now <= s.t.tick_ns);
            for (uint32_t i = 0; i < 4; i++) {
                uint64_t start = timeline_start(&s.t, i);
                CHECK("no edge within a tick", start <= now || start >= end);
            }
            CHECK("one stage", timeline_stage(&s.t, now) == timeline_stage(&s.t, end - 1));
            now = end;
        }
        CHECK_U64("ends where it must", now, shared_see(&s.t.leave));
        close_scene(&s);
    }
}

static void open_by_hand(struct scene *s)
{
    little_plan_open(&s->plan, PLAN, NULL);
    assert_true(by_hand_reserve(&s->plan.plan, &s->plan.arena));
    assert_true(arena_open(&s->arena, 1 << 16, NULL));
    timeline_init(&s->t, &s->plan.plan, NS_PER_S, &s->arena);
}

/* 3 and on are by hand. */
static void a_stage_by_hand_is_put_in_between(void **state)
{
    (void)state;
    struct scene s;
    open_by_hand(&s);
    uint32_t drain = s.plan.plan.stage_count;
    CHECK_U64("kept free", drain, 3 + BY_HAND_OPEN + BY_HAND_CLOSED);
    CHECK_U64("none of them is on", timeline_stage(&s.t, 7900 * MS), 2);
    CHECK_U64("nor comes", timeline_next(&s.t, 2), drain);
    CHECK_U64("drain starts", timeline_start(&s.t, drain), 8000 * MS);

    timeline_insert(&s.t, 1, 3, 4000 * MS, 0); /* in the place of the rest */
    CHECK_U64("before it", timeline_stage(&s.t, 4000 * MS - 1), 1);
    CHECK_U64("it is on", timeline_stage(&s.t, 4000 * MS), 3);
    CHECK_U64("to the end", timeline_stage(&s.t, 5500 * MS - 1), 3);
    CHECK_U64("then the next", timeline_stage(&s.t, 5500 * MS), 2);
    CHECK_U64("the tick is cut", timeline_tick_end(&s.t, 3700 * MS), 4000 * MS);
    CHECK_U64("nothing moves", timeline_start(&s.t, drain), 8000 * MS);

    timeline_insert(&s.t, 3, 4, 5500 * MS, 10000 * MS); /* behind it, for ten seconds */
    CHECK_U64("it ends as before", timeline_end(&s.t, 3), 5500 * MS);
    CHECK_U64("then this one", timeline_stage(&s.t, 9000 * MS), 4);
    CHECK_U64("all else is later", timeline_start(&s.t, 2), 15500 * MS);
    CHECK_U64("also the drain", timeline_start(&s.t, drain), 18000 * MS);
    CHECK_U64("and its end", shared_see(&s.t.leave), 25000 * MS);

    timeline_end_stage(&s.t, 4, 6000 * MS);
    CHECK_U64("shorter", timeline_start(&s.t, 2), 6000 * MS);
    CHECK_U64("the next follows", timeline_stage(&s.t, 6000 * MS), 2);
    timeline_stop(&s.t, 5000 * MS);
    CHECK_U64("a stop ends all", timeline_stage(&s.t, 5000 * MS), drain);
    CHECK_U64("also the later ones", timeline_start(&s.t, 4), 5000 * MS);
    CHECK_U64("those never used stay so", timeline_start(&s.t, 5), UINT64_MAX);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_and_settle_by_time),
        cmocka_unit_test(ticks_are_cut_at_edges),
        cmocka_unit_test(a_stage_may_end_early),
        cmocka_unit_test(stop_and_leave),
        cmocka_unit_test(a_held_instant_is_not_passed),
        cmocka_unit_test(changes_keep_it_in_order),
        cmocka_unit_test(a_stage_by_hand_is_put_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
