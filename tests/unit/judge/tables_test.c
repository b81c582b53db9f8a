#include <stdlib.h>

#include "check.h"
#include "scene.h"

/* The most that run_too_large() lets pass: what a file says can't make the judge run out. */
static void the_largest_tables_fit(void **state)
{
    (void)state;
    enum { NAMES = 1 << 15, STAGES = (1 << 5) - 1, DAY = 86400 };
    struct scene s;
    scene_open(&s);
    scene_objective(&s, "avg of each < 1s");
    struct stage *stages = calloc(STAGES, sizeof *stages);
    struct bytes *names = calloc(NAMES, sizeof *names);
    assert_non_null(stages);
    assert_non_null(names);
    for (uint32_t i = 0; i < STAGES; i++) {
        stages[i] = (struct stage){.judged = true, .length_ns = 3652 / STAGES * DAY * SECOND};
    }
    s.plan.stages = stages;
    s.plan.stage_count = STAGES;
    s.plan.names = names;
    s.plan.name_count = NAMES;
    s.plan.scenario_count = 0;
    assert_null(run_too_large(&s.plan));
    scene_begin(&s); /* asserts */
    s.plan.name_count++;
    assert_string_equal(run_too_large(&s.plan), "names");
    s.plan.name_count--;
    s.plan.stage_count++;
    assert_string_equal(run_too_large(&s.plan), "stages");
    s.plan.stage_count--;
    stages[0].length_ns = UINT64_MAX;
    assert_string_equal(run_too_large(&s.plan), "length_ns");
    s.plan.objective_count = 2;
    s.objectives[1] = s.objectives[0];
    assert_string_equal(run_too_large(&s.plan), "objectives");
    free(stages);
    free(names);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_largest_tables_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
