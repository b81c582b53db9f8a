#include "tick/window.h"

#include <math.h>

#include "check.h"
#include "scene.h"

enum { WARM, HOLD, NEXT, HOLD_TICKS = 14 };

/* How many of those that are asked in that second of `hold` take two seconds. */
static uint32_t late_of(uint32_t t)
{
    return t < HOLD_TICKS ? 1 + t % 5 : 0;
}

/* Two seconds of warm-up; `hold` of two seconds of settle and twelve judged ones, in which every
 * other second is slow, and some of what is asked ends later, also after the stage; `next`. */
static void tell(struct scene *s, const struct run_window *window)
{
    s->header.window = window;
    scene_begin(s);
    for (uint32_t t = 0; t < 2; t++) scene_second(s, WARM, 5, MS);
    for (uint32_t t = 0; t < HOLD_TICKS + 3; t++) {
        bool settle = t < 2;
        scene_tick(s, t < HOLD_TICKS ? HOLD : NEXT, 1000);
        s->tick.judged = !settle;
        struct scene_part quick = {.stage = s->tick.stage,
                                   .count = 40 + t,
                                   .ns = (t % 2 ? 90 : 10) * MS,
                                   .lag_ns = MS,
                                   .settle = settle};
        struct scene_part bad = {.stage = s->tick.stage,
                                 .name = 1,
                                 .outcome = OUTCOME_STATUS,
                                 .count = 1 + t % 3,
                                 .settle = settle};
        struct scene_part late = {
            .stage = HOLD, .ns = 2000 * MS, .settle = t < 4, .not_begun = true};
        late.count = t < 2 ? 0 : late_of(t - 2);
        struct scene_part begun = {.stage = HOLD, .count = 0, .settle = settle};
        scene_add(s, &quick);
        scene_add(s, &bad);
        scene_add(s, &late);
        scene_add(s, &begun);
        for (uint32_t i = 0; t < HOLD_TICKS && i < s->tick.cell_count; i++) {
            struct cell *c = &s->cells[i];
            bool its = c->stage == HOLD && c->settle == settle && c->index == 0;
            if (its && c->kind == CELL_REQUEST) c->begun += late_of(t);
        }
        scene_iterations(s, SCENE_JOB, OUTCOME_OK, 7, 5 * MS);
        scene_lag(s, 40, (t + 1) * MS);
        if (t == 4) scene_unsent(s, 2);
        scene_levels(s, 0, 3 + t, 1);
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
}

static void open_scene(struct scene *s)
{
    scene_open(s);
    scene_stage(s, "warm", MODEL_OPEN, false)->warmup = true;
    struct stage *hold = scene_stage(s, "hold", MODEL_OPEN, true);
    hold->settle_ns = 2 * SECOND;
    hold->length_ns = HOLD_TICKS * SECOND;
    scene_stage(s, "next", MODEL_OPEN, true);
    scene_objective(s, "p95 < 50ms");
    scene_objective(s, "avg < 50ms");
    scene_objective(s, "errors < 50%");
    scene_objective(s, "throughput > 98% of offered");
    scene_objective(s, "availability > 50%");
    scene_objective(s, "throughput > 60/s");
    scene_objective(s, "p95 in next < 50ms");
}

/* [from, to) seconds of `hold`; 0 to its end, wherever that is. */
static struct window_span span_of(uint32_t from, uint32_t to)
{
    uint32_t end = to > 0 ? to : HOLD_TICKS;
    return (struct window_span){.stage = HOLD,
                                .start_ns = 2 * SECOND,
                                .settled_ns = 4 * SECOND,
                                .from_ns = (2 + from) * SECOND,
                                .to_ns = (2 + end) * SECOND,
                                .ticks = end - from,
                                .open = to == 0,
                                .to_end = end == HOLD_TICKS,
                                .whole = end == HOLD_TICKS && (from == 0 || from == 2)};
}

static void tell_part(struct scene *s, struct run_window *window, const struct window_span *span)
{
    *window = (struct run_window){
        .asked = BYTES_LIT("hold"), .spans = span, .span_count = 1, .ticks = span->ticks};
    open_scene(s);
    tell(s, window);
}

static void check_same_latency(const char *name, const struct latency *got,
                               const struct latency *want)
{
    CHECK_U64(name, got->n, want->n);
    CHECK_U64(name, got->at_least, want->at_least);
    for (int i = 0; i < FIGURE_COUNT && want->n > 0; i++) CHECK(name, got->ns[i] == want->ns[i]);
}

static void check_same_figures(const struct figures *got, const struct figures *want)
{
    CHECK_U64("in part", got->in_part, want->in_part);
    CHECK_U64("offered", got->offered, want->offered);
    CHECK_U64("done", got->done, want->done);
    CHECK_U64("planned", got->planned, want->planned);
    CHECK("offered/s", got->offered_per_s == want->offered_per_s);
    CHECK("done/s", got->done_per_s == want->done_per_s);
    CHECK("in flight", got->in_flight == want->in_flight);
    CHECK("outcomes", memcmp(got->outcomes, want->outcomes, sizeof want->outcomes) == 0);
    check_same_latency("response", &got->response, &want->response);
    check_same_latency("service", &got->service, &want->service);
    check_same_latency("lag", &got->lag, &want->lag);
}

static void the_window_of_a_stage_is_the_stage(void **state)
{
    (void)state;
    struct scene whole;
    struct scene part;
    struct run_window window;
    struct window_span span = span_of(2, 0);
    open_scene(&whole);
    tell(&whole, NULL);
    tell_part(&part, &window, &span);
    const struct result *want = scene_result(&whole);
    const struct result *got = scene_result(&part);
    check_same_figures(&got->stages[HOLD].figures, &want->stages[HOLD].figures);
    check_same_figures(&got->totals, &want->stages[HOLD].figures);
    assert_true(got->stages[HOLD].seconds == want->stages[HOLD].seconds);
    assert_true(want->stages[HOLD].figures.response.n > 500);
    for (uint32_t i = 0; i < 6; i++) {
        const struct finding *f = &scene_said(&part, i)->stages[HOLD];
        const struct finding *w = &scene_said(&whole, i)->stages[HOLD];
        CHECK_U64("verdict", f->verdict, w->verdict);
        CHECK_U64("n", f->n, w->n);
        CHECK("value", f->value == w->value);
        CHECK("interval", f->lo == w->lo || (isnan(f->lo) && isnan(w->lo)));
        CHECK("interval", f->hi == w->hi || (isnan(f->hi) && isnan(w->hi)));
    }
    assert_false(result_shows_stage(got, &got->stages[NEXT]));
    assert_int_equal(scene_said(&part, 6)->verdict, VERDICT_NOT_JUDGED);
    assert_string_equal(scene_said(&part, 6)->note, "what it is about is not in the window");
    scene_close(&part);
    scene_close(&whole);
}

/* What lies side by side adds up, whatever it cuts: settle, what is late, the end of the stage. */
static void what_lies_side_by_side_adds_up(void **state)
{
    (void)state;
    static const uint32_t edges[] = {0, 1, 2, 3, 7, 12, 0};
    struct scene all;
    struct run_window window;
    struct window_span span = span_of(0, 0);
    tell_part(&all, &window, &span);
    const struct figures *want = &scene_result(&all)->totals;
    struct figures sum = {.in_part = false};
    double begun = 0;
    double seconds = 0;
    for (uint32_t i = 0; i + 1 < COUNT_OF(edges); i++) {
        struct scene part;
        struct run_window piece;
        struct window_span between = span_of(edges[i], edges[i + 1]);
        tell_part(&part, &piece, &between);
        const struct figures *f = &scene_result(&part)->totals;
        assert_true(f->in_part);
        assert_int_equal(f->planned, 0);
        sum.offered += f->offered;
        sum.done += f->done;
        sum.response.n += f->response.n;
        sum.lag.n += f->lag.n;
        for (uint32_t k = 0; k < OUTCOME_COUNT; k++) sum.outcomes[k] += f->outcomes[k];
        begun += f->offered_per_s * f->seconds;
        seconds += f->seconds;
        scene_close(&part);
    }
    assert_int_equal(sum.offered, want->offered);
    assert_int_equal(sum.done, want->done);
    assert_int_equal(sum.response.n, want->response.n);
    assert_int_equal(sum.lag.n, want->lag.n);
    assert_memory_equal(sum.outcomes, want->outcomes, sizeof sum.outcomes);
    assert_true(fabs(begun - (double)want->offered) < 1e-6);
    assert_true(fabs(seconds - want->seconds) < 1e-9);
    scene_close(&all);
}

/* What ended is counted where it ended, what was asked where it was asked. */
static void what_is_taken_up_and_what_ends(void **state)
{
    (void)state;
    struct scene s;
    struct run_window window;
    struct window_span span = span_of(5, 7); /* 45 and 46 quick ones, 3 and 1 bad */
    tell_part(&s, &window, &span);
    const struct figures *f = &scene_result(&s)->totals;
    uint32_t late = late_of(3) + late_of(4);
    uint32_t asked = 45 + 46 + 3 + 1 + late_of(5) + late_of(6);
    assert_int_not_equal(late, late_of(5) + late_of(6));
    assert_int_equal(f->offered, 45 + 46 + 3 + 1 + late);
    assert_int_equal(f->done, 45 + 46 + late);
    assert_true(fabs(f->offered_per_s - asked / 2.0) < 1e-9);
    assert_true(fabs(f->in_flight - (8 + 9) / 2.0) < 1e-9);
    assert_int_equal(f->response.n, 45 + 46 + late);
    double share = scene_said(&s, 3)->stages[HOLD].value; /* of offered */
    assert_true(fabs(share - (double)f->done / asked) < 1e-9);
    scene_close(&s);
    span = span_of(12, 0); /* and what ended after the stage */
    tell_part(&s, &window, &span);
    f = &scene_result(&s)->totals;
    late = late_of(10) + late_of(11);
    assert_int_equal(f->done, 52 + 53 + late);
    assert_int_equal(f->outcomes[OUTCOME_OK], 52 + 53 + late + late_of(12) + late_of(13));
    scene_close(&s);
}

/* Slots are by intended time: in the seventh second half was taken up, in the eighth nothing was
 * answered, as was known two seconds later. */
static void slots_of_the_window(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t from, to;
        bool behind;
        double available;
    } cases[] = {
        {"before", 2, 6, false, 1},
        {"the late one", 6, 7, true, 1},
        {"without an answer", 7, 8, false, 0},
        {"both", 6, 8, true, 0.5},
        {"behind", 8, 12, false, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        struct window_span span = span_of(cases[i].from, cases[i].to);
        struct run_window window = {.spans = &span, .span_count = 1, .ticks = span.ticks};
        open_scene(&s);
        s.plan.objective_count = 0;
        scene_objective(&s, "availability by time > 10%");
        s.header.window = &window;
        scene_begin(&s);
        for (uint32_t t = 0; t < 2; t++) scene_second(&s, WARM, 5, MS);
        for (uint32_t t = 0; t < HOLD_TICKS; t++) {
            struct scene_part old = {.stage = HOLD, .count = 10, .ns = MS, .not_begun = true};
            scene_tick(&s, HOLD, 1000);
            scene_add(&s, &old);
            scene_slot(&s, 3, 10, t == 6 ? 5 : 10, t == 7 ? 0 : 10);
            if (t == 9)
                s.slots[s.tick.slot_count++] =
                    (struct slot){.index = 94, .stage = HOLD, .failed = 9};
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct result *r = scene_result(&s);
        bool behind = false;
        for (uint32_t k = 0; k < r->reason_count; k++) {
            behind = behind || strcmp(r->reasons[k].code, "schedule-behind") == 0;
        }
        CHECK_U64(cases[i].name, behind, cases[i].behind);
        CHECK(cases[i].name, scene_said(&s, 0)->value == cases[i].available);
        CHECK_U64(cases[i].name, scene_said(&s, 0)->n, cases[i].to - cases[i].from);
        scene_close(&s);
    }
}

/* An interval of so few ticks is as wide as the rest of the run says that it must be. */
static void a_short_window_believes_the_run(void **state)
{
    (void)state;
    double width[2];
    for (uint32_t i = 0; i < 2; i++) { /* without and with waves in the rest of the stage */
        struct scene s;
        struct window_span span = span_of(10, 14);
        struct run_window window = {.spans = &span, .span_count = 1, .ticks = span.ticks};
        open_scene(&s);
        s.plan.objective_count = 0;
        scene_objective(&s, "p95 < 50ms");
        s.header.window = &window;
        scene_begin(&s);
        for (uint32_t t = 0; t < 2; t++) scene_second(&s, WARM, 5, MS);
        for (uint32_t t = 0; t < HOLD_TICKS; t++) {
            bool wave = i == 1 && t % 4 < 2 && t < 10;
            scene_tick(&s, HOLD, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 96, 10 * MS);
            scene_requests(&s, 0, OUTCOME_OK, wave ? 80 : 4, 80 * MS);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct finding *f = &scene_said(&s, 0)->stages[HOLD];
        CHECK_U64("n", f->n, 400);
        width[i] = isnan(f->hi) ? (double)INFINITY : f->hi - f->lo;
        scene_close(&s);
    }
    assert_true(width[1] > width[0]);
}

/* What the window does not reach another stage may have reached. */
static void capacities_outside(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint32_t from, to;
        enum verdict verdict;
    } cases[] = {
        {"reached", "throughput > 10/s", 4, 8, VERDICT_HOLDS},
        {"not in this part", "throughput > 500/s", 4, 8, VERDICT_NOT_JUDGED},
        {"nor in the stage", "throughput > 500/s", 2, 0, VERDICT_NOT_JUDGED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        struct run_window window;
        struct window_span span = span_of(cases[i].from, cases[i].to);
        window = (struct run_window){.spans = &span, .span_count = 1, .ticks = span.ticks};
        open_scene(&s);
        s.plan.objective_count = 0;
        scene_objective(&s, cases[i].sentence);
        tell(&s, &window);
        CHECK_U64(cases[i].name, scene_said(&s, 0)->verdict, cases[i].verdict);
        scene_close(&s);
    }
}

/* All that is judged lies in it, and it is not reached. */
static void a_capacity_of_the_whole(void **state)
{
    (void)state;
    struct scene s;
    struct window_span spans[2] = {span_of(2, 0), span_of(2, 0)};
    spans[1].stage = NEXT;
    spans[1].start_ns = spans[1].settled_ns = spans[1].from_ns = (2 + HOLD_TICKS) * SECOND;
    spans[1].to_ns = spans[1].from_ns + 3 * SECOND;
    struct run_window window = {.spans = spans, .span_count = 2, .ticks = 15};
    open_scene(&s);
    s.plan.objective_count = 0;
    scene_objective(&s, "throughput > 500/s");
    tell(&s, &window);
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_MISSED);
    assert_int_equal(scene_said(&s, 0)->judged_stages, 2);
    scene_close(&s);
}

/* How the run ended is no part of the answer, but a stage that was not seen whole does not hold. */
static void a_run_that_was_stopped(void **state)
{
    (void)state;
    for (uint32_t open = 0; open < 2; open++) {
        struct scene s;
        struct window_span span = span_of(2, open ? 0 : 8);
        struct run_window window = {.spans = &span, .span_count = 1, .ticks = span.ticks};
        open_scene(&s);
        s.stages[HOLD].length_ns = 60 * SECOND;
        s.header.window = &window;
        scene_begin(&s);
        for (uint32_t t = 0; t < 2; t++) scene_second(&s, WARM, 5, MS);
        for (uint32_t t = 0; t < HOLD_TICKS; t++) scene_second(&s, HOLD, 100, MS);
        scene_end(&s, RUN_INTERRUPTED);
        assert_int_equal(scene_said(&s, 0)->verdict, open ? VERDICT_INCONCLUSIVE : VERDICT_HOLDS);
        assert_int_equal(scene_result(&s)->exit_code, open ? 3 : 0);
        scene_close(&s);
    }
}

/* A stage that somebody cut by hand can be looked at; the run is none of the plan's all the same.
 */
static void what_was_steered(void **state)
{
    (void)state;
    struct scene s;
    struct window_span span = span_of(2, 8);
    struct run_window window = {.spans = &span, .span_count = 1, .ticks = span.ticks};
    open_scene(&s);
    scene_stage(&s, "by hand", MODEL_OPEN, false)->by_hand = true;
    s.stages[HOLD].length_ns = 60 * SECOND;
    s.header.window = &window;
    scene_begin(&s);
    for (uint32_t t = 0; t < 2; t++) scene_second(&s, WARM, 5, MS);
    for (uint32_t t = 0; t < HOLD_TICKS; t++) scene_second(&s, HOLD, 100, MS);
    scene_second(&s, 3, 100, MS);
    scene_end(&s, RUN_COMPLETE);
    const struct result *r = scene_result(&s);
    assert_true(r->steered);
    assert_true(result_stage_judged(r, HOLD));
    assert_int_equal(r->totals.offered, 600);
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_HOLDS);
    assert_int_equal(r->verdict, VERDICT_INCONCLUSIVE);
    scene_close(&s);
}

/* What prony was short of in other seconds puts nothing in doubt; the books are of the whole run.
 */
static void trust_in_the_window(void **state)
{
    (void)state;
    static const struct {
        uint32_t from, to, reasons;
    } cases[] = {{2, 4, 0}, {4, 6, 1}, {6, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        struct run_window window;
        struct window_span span = span_of(cases[i].from, cases[i].to);
        window = (struct run_window){.spans = &span, .span_count = 1, .ticks = span.ticks};
        open_scene(&s);
        s.plan.objective_count = 0;
        scene_objective(&s, "p95 < 10s");
        tell(&s, &window);
        const struct result *r = scene_result(&s);
        CHECK_U64("reasons", r->reason_count, cases[i].reasons);
        if (r->reason_count > 0) assert_string_equal(r->reasons[0].code, "ports-short");
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_of_a_stage_is_the_stage),
        cmocka_unit_test(what_lies_side_by_side_adds_up),
        cmocka_unit_test(what_is_taken_up_and_what_ends),
        cmocka_unit_test(slots_of_the_window),
        cmocka_unit_test(a_short_window_believes_the_run),
        cmocka_unit_test(capacities_outside),
        cmocka_unit_test(a_capacity_of_the_whole),
        cmocka_unit_test(a_run_that_was_stopped),
        cmocka_unit_test(what_was_steered),
        cmocka_unit_test(trust_in_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
