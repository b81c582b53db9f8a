/* Somebody changes the rate by hand: what is still judged. */
#include "check.h"
#include "scene.h"

/* Two stages of ten seconds and one kept free; it begins in second `from` of the first. */
static void tell_steered(struct scene *s, uint32_t from)
{
    scene_open(s);
    scene_stage(s, "first", MODEL_OPEN, true)->length_ns = 10 * SECOND;
    scene_stage(s, "second", MODEL_OPEN, true)->length_ns = 10 * SECOND;
    scene_objective(s, "p95 < 100ms");
    scene_objective(s, "max in first < 1s");
    struct stage *free = scene_stage(s, "steered-1", MODEL_OPEN, false);
    free->length_ns = 0;
    free->by_hand = true;
    scene_begin(s);
    for (uint32_t t = 0; t < from; t++) scene_second(s, 0, 100, 200 * MS);
    for (uint32_t t = 0; t < 5; t++) scene_second(s, 2, 100, 300 * MS);
    for (uint32_t t = 0; t < 10; t++) scene_second(s, 1, 100, 20 * MS);
    scene_end(s, RUN_COMPLETE);
}

/* What was seen of a stage before somebody changed its rate decides nothing and is in no sum. */
static void a_stage_that_is_cut_is_not_judged(void **state)
{
    (void)state;
    struct scene s;
    tell_steered(&s, 6);
    const struct result *r = scene_result(&s);
    assert_true(r->steered);
    assert_true(r->stages[0].cut);
    assert_false(result_stage_judged(r, 0));
    assert_true(result_stage_judged(r, 1));
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_HOLDS); /* in the second stage, at 20 ms */
    assert_int_equal(scene_said(&s, 0)->judged_stages, 1);
    assert_int_equal(scene_said(&s, 0)->stages[0].verdict, VERDICT_NOT_JUDGED);
    assert_int_equal(scene_said(&s, 1)->verdict, VERDICT_NOT_JUDGED);
    assert_int_equal(r->verdict, VERDICT_INCONCLUSIVE); /* it holds for another load */
    assert_int_equal(r->exit_code, 3);
    assert_int_equal(r->totals.outcomes[OUTCOME_OK], 1000);
    assert_int_equal(r->totals.done, 1000);
    assert_int_equal(r->totals.response.n, 1000);
    assert_int_equal(r->requests[0].response.n, 1000);
    assert_true(r->totals.response.ns[FIGURE_MAX] < 21.0 * MS);
    assert_true(r->totals.seconds > 9.99 && r->totals.seconds < 10.01);
    assert_int_equal(r->stages[0].figures.done, 600); /* its own figures stay */
    assert_true(r->stages[0].seconds > 5.99 && r->stages[0].seconds < 6.01);
    assert_true(r->stages[2].seconds > 4.99 && r->stages[2].seconds < 5.01);
    scene_close(&s);
}

/* One that is held had its whole time: the stage behind it is only not judged itself. */
static void a_stage_that_is_held_is_judged(void **state)
{
    (void)state;
    struct scene s;
    tell_steered(&s, 10);
    const struct result *r = scene_result(&s);
    assert_false(r->steered);
    assert_false(r->stages[0].cut);
    assert_int_equal(scene_said(&s, 0)->verdict, VERDICT_MISSED);
    assert_int_equal(scene_said(&s, 0)->judged_stages, 2);
    assert_int_equal(r->verdict, VERDICT_MISSED);
    assert_int_equal(r->totals.outcomes[OUTCOME_OK], 2000);
    assert_true(r->totals.response.ns[FIGURE_MAX] < 202.0 * MS); /* 300 ms was by hand */
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stage_that_is_cut_is_not_judged),
        cmocka_unit_test(a_stage_that_is_held_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
