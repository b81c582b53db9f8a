#include "judge/stalls.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "scene.h"

static struct stall saw_by(uint32_t worker, double start_s, double end_s, uint32_t held,
                           uint32_t others)
{
    return (struct stall){.start_ns = (uint64_t)(start_s * 1e9),
                          .end_ns = (uint64_t)(end_s * 1e9),
                          .held = held,
                          .open = 32,
                          .others = others,
                          .worker = worker};
}

/* As files of version 6 have it: each is of another worker. */
static struct stall saw(double start_s, double end_s, uint32_t held, uint32_t others)
{
    return saw_by(STALL_NO_WORKER, start_s, end_s, held, others);
}

/* A run of 20 s with 100 requests a second, in whose ticks these are told. */
static const struct result *play(struct scene *s, uint32_t threads, const struct stall *stalls,
                                 uint32_t count)
{
    scene_open(s);
    s->header.threads = threads;
    scene_stage(s, "hold", MODEL_OPEN, true);
    scene_begin(s);
    for (uint32_t t = 0; t < 20; t++) {
        struct stall told[32];
        scene_tick(s, 0, 1000);
        scene_requests(s, 0, OUTCOME_OK, 100, 10 * MS);
        for (uint32_t tenth = 0; tenth < 10; tenth++) scene_slot(s, tenth, 10, 10, 10);
        uint32_t now = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (stalls[i].end_ns / SECOND == t) told[now++] = stalls[i];
        }
        s->tick.stalls = told;
        s->tick.stall_count = now;
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
    return scene_result(s);
}

static void what_two_workers_saw_is_one(void **state)
{
    (void)state;
    const struct stall stalls[] = {saw(5, 6, 30, 0), saw(5.02, 6.01, 28, 0), saw(9, 9.3, 20, 0),
                                   saw(12, 12.3, 12, 0), saw(12.05, 12.3, 9, 40)};
    struct scene s;
    const struct result *r = play(&s, 2, stalls, COUNT_OF(stalls));
    assert_int_equal(r->stall_count, 3);
    assert_int_equal(r->stalls[0].held, 58);
    assert_int_equal(r->stalls[0].open, 64);
    assert_true(r->stalls[0].whole);
    assert_int_equal(r->stalls[0].start_ns, 5 * SECOND);
    assert_int_equal(r->stalls[0].end_ns, 6010 * MS);
    assert_false(r->stalls[1].whole); /* the other worker saw nothing of it */
    assert_false(r->stalls[2].whole); /* it was answered meanwhile */
    scene_close(&s);
}

/* Let go bit by bit: the connections are the same, and there are no more workers for that. */
static void what_one_worker_saw_in_groups_is_of_one(void **state)
{
    (void)state;
    const struct stall stalls[] = {saw_by(0, 5, 6, 10, 0),       saw_by(0, 5, 6.03, 6, 10),
                                   saw_by(1, 5.01, 6.02, 12, 0), saw_by(0, 5.1, 6.06, 3, 16),
                                   saw_by(3, 9, 9.4, 8, 30),     saw_by(3, 9, 9.45, 2, 42)};
    struct scene s;
    const struct result *r = play(&s, 3, stalls, COUNT_OF(stalls));
    assert_int_equal(r->stall_count, 2);
    assert_int_equal(r->stalls[0].workers, 2);
    assert_int_equal(r->stalls[0].open, 64);
    assert_int_equal(r->stalls[0].held, 31);
    assert_int_equal(r->stalls[0].others, 0);
    assert_int_equal(r->stalls[0].end_ns, 6020 * MS);
    assert_false(r->stalls[0].whole); /* the third worker saw nothing of it */
    assert_int_equal(r->stalls[1].workers, 1);
    assert_int_equal(r->stalls[1].open, 32);
    assert_int_equal(r->stalls[1].held, 10);
    assert_int_equal(r->stalls[1].others, 30);
    scene_close(&s);
    assert_true(play(&s, 2, stalls, COUNT_OF(stalls))->stalls[0].whole);
    scene_close(&s);
}

static void requests_that_were_due(void **state)
{
    (void)state;
    const struct stall stalls[] = {saw(5, 6, 30, 0), saw(9.05, 9.3, 20, 0)};
    struct scene s;
    const struct result *r = play(&s, 1, stalls, COUNT_OF(stalls));
    assert_int_equal(r->stalls[0].due, 100 + 100); /* planned by scene_requests(), and by slot */
    assert_true(r->stalls[1].due >= 25);
    scene_close(&s);
}

static void rhythm(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double starts_s[6];
        uint32_t count;
        double period_s; /* 0: none */
    } cases[] = {
        {"every 2 s", {1, 3, 5, 7}, 4, 2},       {"about", {1, 3.1, 4.9, 7.05, 9}, 5, 2},
        {"three are none", {1, 3, 5}, 3, 0},     {"one is missing", {1, 3, 7, 9}, 4, 0},
        {"by chance", {1, 1.5, 6, 7, 12}, 5, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stall stalls[6];
        for (uint32_t k = 0; k < cases[i].count; k++) {
            double at = cases[i].starts_s[k];
            stalls[k] = saw(at, at + 0.2, 20, 0);
        }
        struct scene s;
        const struct result *r = play(&s, 1, stalls, cases[i].count);
        CHECK_U64(cases[i].name, r->stall_count, cases[i].count);
        CHECK(cases[i].name, fabs(r->stall_period_s - cases[i].period_s) < 0.05);
        scene_close(&s);
    }
}

/* What a damaged file may hold does no harm. */
static void nonsense_is_left_out(void **state)
{
    (void)state;
    struct stall stalls[] = {saw(5, 5, 30, 0), saw(7, 7.5, 3, 0)};
    stalls[1].stage = 77;
    struct scene s;
    assert_int_equal(play(&s, 1, stalls, COUNT_OF(stalls))->stall_count, 0);
    scene_close(&s);
}

/* Nor does a tick without an end. */
static void a_tick_of_centuries_is_taken_at_once(void **state)
{
    (void)state;
    struct scene s;
    struct stalls stalls;
    const struct slot slot = {.index = UINT32_MAX, .planned = 7};
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true);
    stalls_open(&stalls, &s.header, &s.arena);
    const struct tick tick = {.start_ns = 1, .end_ns = UINT64_MAX, .slots = &slot, .slot_count = 1};
    stalls_take(&stalls, &tick);
    stalls_take(&stalls, &tick);
    assert_int_equal(stalls.planned[UINT32_MAX % 1024], 7); /* cleared in between */
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_two_workers_saw_is_one),
        cmocka_unit_test(what_one_worker_saw_in_groups_is_of_one),
        cmocka_unit_test(requests_that_were_due),
        cmocka_unit_test(rhythm),
        cmocka_unit_test(nonsense_is_left_out),
        cmocka_unit_test(a_tick_of_centuries_is_taken_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
