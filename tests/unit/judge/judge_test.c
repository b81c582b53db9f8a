#include "judge/judge.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "check.h"
#include "scene.h"

static void results_follow_their_ticks(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true);
    scene_objective(&s, "p95 < 100ms");
    scene_begin(&s);
    for (int t = 0; t < 5; t++) {
        scene_second(&s, 0, 100, 20 * MS);
        assert_false(scene_result(&s)->final);
        assert_int_equal(s.results, t + 1);
    }
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_HOLDS); /* provisionally, too */
    scene_end(&s, RUN_COMPLETE);
    assert_int_equal(s.results, 7);
    assert_int_equal(s.finals, 1);
    assert_false(s.result_was_early);
    assert_true(scene_result(&s)->final);
    scene_close(&s);
}

static void judges_without_a_bus(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true);
    scene_objective(&s, "max < 100ms");
    struct judge *alone;
    assert_true(judge_open(&alone, NULL, NULL));
    bus_add(&s.bus, judge_sink(alone));
    scene_begin(&s);
    scene_second(&s, 0, 100, 20 * MS);
    scene_end(&s, RUN_COMPLETE);
    assert_int_equal(judge_result(alone)->verdict, VERDICT_HOLDS);
    judge_close(alone);
    scene_close(&s);
}

/* Where no sink takes results only the last one is made, and it is the same. */
static void judges_for_the_end_alone(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true);
    scene_objective(&s, "p95 < 100ms");
    struct bus quiet;
    struct judge *judge;
    bus_init(&quiet);
    assert_true(judge_open(&judge, &quiet, NULL));
    bus_add(&quiet, judge_sink(judge));
    assert_false(bus_wants_results(&quiet));
    assert_true(bus_wants_results(&s.bus));
    bus_add(&s.bus, judge_sink(judge));
    scene_begin(&s);
    for (int t = 0; t < 12; t++) scene_second(&s, 0, 100, 20 * MS);
    assert_int_equal(judge_result(judge)->objectives[0].n, 0);
    scene_end(&s, RUN_COMPLETE);
    const struct result *last = judge_result(judge);
    assert_true(last->final);
    assert_int_equal(last->verdict, VERDICT_HOLDS);
    assert_int_equal(last->objectives[0].n, scene_said(&s, 0)->n);
    assert_true(last->objectives[0].value == scene_said(&s, 0)->value);
    assert_true(last->objectives[0].hi == scene_said(&s, 0)->hi);
    assert_memory_equal(last->totals.outcomes, scene_result(&s)->totals.outcomes,
                        sizeof last->totals.outcomes);
    judge_close(judge);
    scene_close(&s);
}

/* Warm-up, a judged stage with settle, an unjudged one, and the drain. */
static void figures_of_a_run(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "warm-up", MODEL_OPEN, false)->warmup = true;
    scene_stage(&s, "hold", MODEL_OPEN, true)->settle_ns = 2 * SECOND;
    scene_stage(&s, "spike", MODEL_OPEN, false);
    scene_objective(&s, "errors < 50%");
    scene_begin(&s);
    for (uint32_t t = 0; t < 14; t++) {
        uint32_t stage = t < 2 ? 0 : t < 12 ? 1 : 2;
        bool settle = t == 2 || t == 3;
        scene_tick(&s, stage, 1000);
        s.tick.judged = s.tick.judged && !settle;
        struct scene_part a = {.stage = stage, .count = 80, .ns = 20 * MS, .settle = settle};
        struct scene_part b = {.stage = stage,
                               .name = 1,
                               .outcome = OUTCOME_STATUS,
                               .count = 20,
                               .settle = settle,
                               .with_5xx = 5};
        struct scene_part walk = {
            .stage = stage, .count = 50, .ns = 40 * MS, .settle = settle, .iteration = true};
        scene_add(&s, &a);
        scene_add(&s, &b);
        scene_add(&s, &walk);
        walk.outcome = OUTCOME_STATUS;
        walk.count = 10;
        scene_add(&s, &walk);
        scene_lag(&s, 100, 50000);
        scene_levels(&s, 0, 2, 0);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    const struct result *r = scene_result(&s);
    assert_int_equal(r->stage_count, 4);
    const struct figures *hold = &r->stages[1].figures, *all = &r->totals;
    assert_true(r->stages[1].start_s == 2 && r->stages[1].seconds == 10);
    assert_true(r->stages[1].settle_s == 2 && hold->seconds == 8);
    assert_int_equal(hold->offered, 800);
    assert_int_equal(hold->outcomes[OUTCOME_STATUS], 160);
    assert_int_equal(hold->done, 640);
    assert_true(hold->offered_per_s == 100 && hold->done_per_s == 80);
    assert_int_equal(hold->planned, 600); /* arrivals: the whole stage, settle included */
    assert_int_equal(hold->iterations_done, 500);
    assert_int_equal(hold->iterations_failed, 100);
    assert_int_equal(hold->response.n, 640);
    assert_true(hold->response.ns[FIGURE_AVG] == 20e6);
    assert_true(hold->response.ns[FIGURE_MAX] == 20e6);
    assert_int_equal(hold->lag.n, 800);
    assert_true(fabs(hold->in_flight - 2) < 1e-9);
    assert_true(r->stages[0].reached && r->stages[2].figures.offered == 200);
    /* Totals, names and scenarios are of judged stages only: here, of one. */
    assert_int_equal(all->offered, 800);
    assert_int_equal(all->done, 640);
    assert_int_equal(all->planned, 600);
    assert_true(all->seconds == 8 && all->offered_per_s == 100);
    assert_int_equal(r->requests[0].offered, 640);
    assert_int_equal(r->requests[1].offered, 160);
    assert_int_equal(r->requests[1].done, 0);
    assert_int_equal(r->requests[1].lag.n, 0);
    assert_int_equal(r->scenarios[SCENE_READ].offered, 480);
    assert_int_equal(r->scenarios[SCENE_READ].planned, 600);
    assert_true(r->scenarios[SCENE_READ].response.ns[FIGURE_P50] == 40e6);
    assert_int_equal(r->scenarios[SCENE_JOB].offered, 0);
    scene_close(&s);
}

static void implicit_objective(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t failed; /* of 100 */
        enum verdict verdict;
        int exit_code;
    } cases[] = {{"nothing was asked, nothing is judged", 10, VERDICT_NOT_JUDGED, 0},
                 {"but a dead service fails", 90, VERDICT_MISSED, 1}};
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_objective(&s, "errors <= 50%")->implicit = true;
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100 - cases[i].failed, 20 * MS);
            scene_requests(&s, 0, OUTCOME_REFUSED, cases[i].failed, 0);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct result *r = scene_result(&s);
        CHECK_STR(cases[i].name, result_verdict_name(r->verdict),
                  result_verdict_name(cases[i].verdict));
        CHECK_U64(cases[i].name, r->exit_code, cases[i].exit_code);
        /* Its interval stands beside it as beside any other: 1.96 x sqrt(pq/2000) is 1.3 %. */
        const struct objective_result *o = &r->objectives[0];
        double share = cases[i].failed / 100.0;
        CHECK(cases[i].name, fabs(o->value - share) < 1e-9);
        CHECK(cases[i].name, fabs(o->lo - (share - 0.013)) < 0.002);
        CHECK(cases[i].name, fabs(o->hi - (share + 0.013)) < 0.002);
        scene_close(&s);
    }
}

/* Of one request no interval can say: what was seen decides, and the interval shows how little. */
static void implicit_of_one_request(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum outcome outcome;
        enum verdict verdict;
    } cases[] = {{"ok", OUTCOME_OK, VERDICT_HOLDS}, {"refused", OUTCOME_REFUSED, VERDICT_MISSED}};
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_objective(&s, "errors <= 50%")->implicit = true;
        scene_begin(&s);
        scene_tick(&s, 0, 1000);
        scene_requests(&s, 0, cases[i].outcome, 1, 20 * MS);
        scene_put(&s);
        scene_end(&s, RUN_COMPLETE);
        const struct objective_result *o = &scene_result(&s)->objectives[0];
        CHECK_U64(cases[i].name, o->verdict, cases[i].verdict);
        CHECK(cases[i].name, o->hi - o->lo > 0.5 && o->lo < 0.5 && o->hi > 0.5);
        scene_close(&s);
    }
}

static void ways_to_end(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum run_ended ended;
        uint32_t seconds;
        enum verdict verdict;
        int exit_code;
    } cases[] = {
        {"complete", RUN_COMPLETE, 20, VERDICT_HOLDS, 0},
        {"aborted", RUN_ABORTED, 12, VERDICT_INCONCLUSIVE, 5},
        {"interrupted", RUN_INTERRUPTED, 12, VERDICT_INCONCLUSIVE, 130},
        {"aborted behind its only stage", RUN_ABORTED, 20, VERDICT_HOLDS, 5},
        {"interrupted behind it", RUN_INTERRUPTED, 20, VERDICT_HOLDS, 130},
        {"interrupted at once", RUN_INTERRUPTED, 0, VERDICT_INCONCLUSIVE, 130},
        {"preflight", RUN_PREFLIGHT, 0, VERDICT_NOT_JUDGED, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true)->length_ns = 20 * SECOND;
        scene_objective(&s, "p95 < 100ms");
        scene_begin(&s);
        for (uint32_t t = 0; t < cases[i].seconds; t++) scene_second(&s, 0, 100, 20 * MS);
        scene_end(&s, cases[i].ended);
        const struct result *r = scene_result(&s);
        CHECK_STR(cases[i].name, result_verdict_name(r->verdict),
                  result_verdict_name(cases[i].verdict));
        CHECK_U64(cases[i].name, r->exit_code, cases[i].exit_code);
        scene_close(&s);
    }
}

/* A run of three stages of ten seconds, of which it sees some: what is not seen can't be held. */
static void what_was_not_seen_does_not_hold(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint32_t seconds;
        uint64_t ns;
        enum verdict verdict;
        const char *note;
    } cases[] = {
        {"all of it", "p95 < 100ms", 30, 20 * MS, VERDICT_HOLDS, ""},
        {"half of the last", "p95 < 100ms", 25, 20 * MS, VERDICT_INCONCLUSIVE,
         "third was cut short"},
        {"half of the second", "p95 < 100ms", 15, 20 * MS, VERDICT_INCONCLUSIVE,
         "second was cut short, third was not reached"},
        {"one of them", "p95 < 100ms", 10, 20 * MS, VERDICT_INCONCLUSIVE,
         "second, third were not reached"},
        {"a miss stays a miss", "p95 < 10ms", 15, 20 * MS, VERDICT_MISSED, ""},
        {"shares", "errors < 1%", 15, 20 * MS, VERDICT_INCONCLUSIVE,
         "second was cut short, third was not reached"},
        {"a sentence about the first alone", "p95 in first < 100ms", 15, 20 * MS, VERDICT_HOLDS,
         ""},
        {"about the second alone", "p95 in second < 100ms", 15, 20 * MS, VERDICT_INCONCLUSIVE,
         "second was cut short"},
        {"a capacity reached in a whole stage", "throughput > 50/s", 15, 20 * MS, VERDICT_HOLDS,
         ""},
        {"one reached in half a stage", "throughput in third > 50/s", 25, 20 * MS,
         VERDICT_INCONCLUSIVE, "third was cut short"},
        {"one that might have come", "throughput > 500/s", 25, 20 * MS, VERDICT_INCONCLUSIVE,
         "third was cut short"},
        {"one that never came", "throughput > 500/s", 30, 20 * MS, VERDICT_MISSED, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int aborted = 0; aborted < 2; aborted++) {
            struct scene s;
            scene_open(&s);
            scene_stage(&s, "first", MODEL_OPEN, true)->length_ns = 10 * SECOND;
            scene_stage(&s, "second", MODEL_OPEN, true)->length_ns = 10 * SECOND;
            scene_stage(&s, "third", MODEL_OPEN, true)->length_ns = 10 * SECOND;
            scene_objective(&s, cases[i].sentence);
            scene_begin(&s);
            for (uint32_t t = 0; t < cases[i].seconds; t++)
                scene_second(&s, t / 10, 100, cases[i].ns);
            scene_end(&s, aborted ? RUN_ABORTED : RUN_INTERRUPTED);
            const struct objective_result *said = scene_said(&s, 0);
            CHECK_STR(cases[i].name, result_verdict_name(said->verdict),
                      result_verdict_name(cases[i].verdict));
            CHECK_STR(cases[i].name, said->note, cases[i].note);
            CHECK(cases[i].name, scene_result(&s)->verdict == cases[i].verdict);
            CHECK_U64(cases[i].name, scene_result(&s)->exit_code, aborted ? 5 : 130);
            scene_close(&s);
        }
    }
}

/* Of a run that somebody else still writes nothing was cut short. */
static void what_goes_on_was_not_cut(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint32_t seconds;
        const char *note;
    } cases[] = {
        {"in the last", "p95 < 100ms", 25, "third is still on"},
        {"in the second", "p95 < 100ms", 15, "second is still on, third is still to come"},
        {"between two", "errors < 1%", 10, "second, third are still to come"},
        {"before them all", "p95 in second < 100ms", 5, "not yet begun"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "first", MODEL_OPEN, true)->length_ns = 10 * SECOND;
        scene_stage(&s, "second", MODEL_OPEN, true)->length_ns = 10 * SECOND;
        scene_stage(&s, "third", MODEL_OPEN, true)->length_ns = 10 * SECOND;
        scene_objective(&s, cases[i].sentence);
        scene_begin(&s);
        for (uint32_t t = 0; t < cases[i].seconds; t++) scene_second(&s, t / 10, 100, 20 * MS);
        scene_go_on(&s);
        CHECK_STR(cases[i].name, scene_said(&s, 0)->note, cases[i].note);
        CHECK_U64(cases[i].name, scene_said(&s, 0)->verdict, VERDICT_INCONCLUSIVE);
        CHECK_U64(cases[i].name, scene_result(&s)->exit_code, 3);
        scene_close(&s);
    }
}

/* A closed stage by count is over when its iterations are, however long it might have taken. */
static void a_stage_by_count_is_whole_by_its_count(void **state)
{
    (void)state;
    for (uint64_t requests = 1500; requests <= 1501; requests++) {
        struct scene s;
        scene_open(&s);
        struct stage *stage = scene_stage(&s, "crowd", MODEL_CLOSED, true);
        stage->requests = requests;
        scene_objective(&s, "p95 < 100ms");
        scene_begin(&s);
        for (int t = 0; t < 15; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            scene_iterations(&s, SCENE_READ, OUTCOME_OK, 100, 20 * MS);
            scene_put(&s);
        }
        scene_end(&s, RUN_INTERRUPTED);
        CHECK_U64("crowd", scene_said(&s, 0)->verdict,
                  requests == 1500 ? VERDICT_HOLDS : VERDICT_INCONCLUSIVE);
        scene_close(&s);
    }
}

/* What an interruption cut is nobody's fault; what the end of the run cut was too slow. */
static void cuts_of_both_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum run_ended ended;
        enum verdict errors, times;
    } cases[] = {{"interrupted", RUN_INTERRUPTED, VERDICT_HOLDS, VERDICT_HOLDS},
                 {"complete", RUN_COMPLETE, VERDICT_MISSED, VERDICT_MISSED}};
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true)->length_ns = 21 * SECOND;
        scene_objective(&s, "errors < 1%");
        scene_objective(&s, "p95 < 100ms");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) scene_second(&s, 0, 100, 20 * MS);
        scene_tick(&s, 0, 1000);
        scene_requests(&s, 0, OUTCOME_CUT, 300, 900 * MS);
        scene_put(&s);
        scene_end(&s, cases[i].ended);
        CHECK_STR(cases[i].name, result_verdict_name(scene_said(&s, 0)->verdict),
                  result_verdict_name(cases[i].errors));
        CHECK_STR(cases[i].name, result_verdict_name(scene_said(&s, 1)->verdict),
                  result_verdict_name(cases[i].times));
        CHECK_U64(cases[i].name, scene_result(&s)->stages[0].figures.outcomes[OUTCOME_CUT], 300);
        uint64_t n = cases[i].ended == RUN_COMPLETE ? 2300 : 2000;
        CHECK_U64(cases[i].name, scene_result(&s)->totals.response.n, n);
        scene_close(&s);
    }
}

/* A run of two stages with all that can happen, from a seed. */
static void play_any(struct scene *s, uint64_t seed)
{
    scene_open(s);
    scene_stage(s, "first", MODEL_OPEN, true);
    scene_stage(s, "second", MODEL_CLOSED, true);
    scene_objective(s, "p95 < 100ms");
    scene_objective(s, "avg of each < 60ms");
    scene_objective(s, "errors < 5%");
    scene_objective(s, "availability by time > 90%");
    scene_objective(s, "throughput > 40/s");
    scene_objective(s, "throughput >= 98% of offered");
    scene_begin(s);
    struct rng_stream random = rng_stream_at((struct rng_key){seed, 9, RNG_DATA}, 0);
    for (uint32_t t = 0; t < 30; t++) {
        scene_tick(s, t / 15, 1000);
        for (int i = 0; i < 60; i++) {
            uint64_t bits = rng_next(&random);
            enum outcome outcome =
                bits % 20 == 0 ? (enum outcome)(bits / 20 % OUTCOME_COUNT) : OUTCOME_OK;
            struct scene_part part = {.stage = (uint32_t)(bits >> 8 & 1) ? t / 15 : 0,
                                      .name = (uint32_t)(bits >> 9) % 3,
                                      .outcome = outcome,
                                      .count = 1,
                                      .ns = 30 * MS + (bits >> 32) % (100 * MS),
                                      .lag_ns = (bits >> 20) % MS};
            scene_add(s, &part);
        }
        scene_lag(s, 60, 80000);
        scene_levels(s, 20, 3.25, 1.5);
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
}

static bool same_figures(const struct figures *a, const struct figures *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static bool same_number(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void the_same_ticks_give_the_same_result(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct scene first, second;
        play_any(&first, seed);
        play_any(&second, seed);
        const struct result *a = scene_result(&first), *b = scene_result(&second);
        assert_int_equal(a->verdict, b->verdict);
        assert_true(same_figures(&a->totals, &b->totals));
        assert_int_equal(a->objective_count, b->objective_count);
        for (uint32_t i = 0; i < a->objective_count; i++) {
            const struct objective_result *x = &a->objectives[i], *y = &b->objectives[i];
            assert_int_equal(x->verdict, y->verdict);
            assert_true(same_number(x->value, y->value) && same_number(x->lo, y->lo));
            assert_true(same_number(x->hi, y->hi) && same_number(x->needed_s, y->needed_s));
            CHECK_STR("note", x->note, y->note);
        }
        for (uint32_t i = 0; i < a->stage_count; i++) {
            assert_true(same_figures(&a->stages[i].figures, &b->stages[i].figures));
        }
        for (uint32_t i = 0; i < SCENE_NAMES; i++) {
            assert_true(same_figures(&a->requests[i], &b->requests[i]));
        }
        scene_close(&first);
        scene_close(&second);
    }
}

/* Judged after every tick or only at the end: the final result is one. Here the first judge has
 * also seen another run before. */
static void a_judge_can_be_used_again(void **state)
{
    (void)state;
    struct scene s, fresh;
    play_any(&s, 3);
    play_any(&fresh, 3);
    scene_begin(&s);
    assert_int_equal(scene_result(&s)->objective_count, scene_result(&fresh)->objective_count);
    scene_second(&s, 0, 10, MS);
    scene_end(&s, RUN_COMPLETE);
    assert_int_equal(scene_result(&s)->totals.offered, 10);
    scene_close(&s);
    scene_close(&fresh);
}

struct tries {
    uint32_t held, missed, open;
};

static double gauss(struct rng_stream *s)
{
    double u = rng_unit(rng_next(s)), v = rng_unit(rng_next(s));
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979 * v); /* Box and Muller */
}

/* Runs whose true p95 (or share of errors) is `scale` times the limit: 15 s of 60 requests with
 * exponential times; of their variance each second shares a part. */
static struct tries try_at(const char *sentence, double scale, double shared, uint32_t runs)
{
    struct tries tries = {0};
    for (uint64_t seed = 0; seed < runs; seed++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_objective(&s, sentence);
        scene_begin(&s);
        struct rng_stream random = rng_stream_at((struct rng_key){seed, 7, RNG_THINK}, 0);
        for (uint32_t t = 0; t < 15; t++) {
            scene_tick(&s, 0, 1000);
            double second = gauss(&random);
            for (int i = 0; i < 60; i++) {
                double x = sqrt(shared) * second + sqrt(1 - shared) * gauss(&random);
                double beyond = 0.5 * erfc(x / sqrt(2)); /* uniform, alike within the second */
                double ns = log(beyond) / log(0.05) * 100e6 * scale; /* p95: 100 ms * scale */
                bool failed = rng_unit(rng_next(&random)) < 0.05 * scale;
                scene_requests(&s, 0, failed ? OUTCOME_CHECK : OUTCOME_OK, 1, (uint64_t)ns);
            }
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        enum verdict verdict = scene_said(&s, 0)->verdict;
        tries.held += verdict == VERDICT_HOLDS;
        tries.missed += verdict == VERDICT_MISSED;
        tries.open += verdict == VERDICT_INCONCLUSIVE;
        scene_close(&s);
    }
    return tries;
}

/* A service just at its limit is neither held nor missed more often than 2.5 % of the time each;
 * one clearly inside or outside is told. Bounds allow three deviations of 200 runs; fifteen seconds
 * that come in bursts know less, and may err twice as often. */
static void verdicts_err_as_rarely_as_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        double scale, shared;
        uint32_t held_lo, held_hi, missed_lo, missed_hi;
    } cases[] = {
        {"p95 at the limit", "p95 < 100ms", 1, 0, 0, 11, 0, 11},
        {"p95 at the limit, bursts", "p95 < 100ms", 1, 0.2, 0, 18, 0, 18},
        {"p95 well inside", "p95 < 100ms", 0.5, 0, 195, 200, 0, 0},
        {"p95 well outside", "p95 < 100ms", 2, 0, 0, 0, 200, 200},
        {"errors at the limit", "errors < 5%", 1, 0, 0, 11, 0, 11},
        {"errors well inside", "errors < 5%", 0.4, 0, 195, 200, 0, 0},
        {"errors well outside", "errors < 5%", 2, 0, 0, 0, 195, 200},
        {"avg at the limit", "avg < 33.38ms", 1, 0, 0, 11, 0, 11},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t runs = seeds_of(200), less = 200 - runs; /* fewer runs may err as often, no more */
        struct tries got = try_at(cases[i].sentence, cases[i].scale, cases[i].shared, runs);
        CHECK(cases[i].name, got.held + less >= cases[i].held_lo);
        CHECK(cases[i].name, got.held <= cases[i].held_hi);
        CHECK(cases[i].name, got.missed + less >= cases[i].missed_lo);
        CHECK(cases[i].name, got.missed <= cases[i].missed_hi);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_follow_their_ticks),
        cmocka_unit_test(judges_without_a_bus),
        cmocka_unit_test(judges_for_the_end_alone),
        cmocka_unit_test(figures_of_a_run),
        cmocka_unit_test(implicit_objective),
        cmocka_unit_test(implicit_of_one_request),
        cmocka_unit_test(ways_to_end),
        cmocka_unit_test(what_goes_on_was_not_cut),
        cmocka_unit_test(what_was_not_seen_does_not_hold),
        cmocka_unit_test(a_stage_by_count_is_whole_by_its_count),
        cmocka_unit_test(cuts_of_both_kinds),
        cmocka_unit_test(the_same_ticks_give_the_same_result),
        cmocka_unit_test(a_judge_can_be_used_again),
        cmocka_unit_test(verdicts_err_as_rarely_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
