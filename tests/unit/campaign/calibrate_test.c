/* From which rate on a plan is warned of: 70 % of what this host can send. */
#include "campaign/calibrate.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"

static struct step steps[3];
static struct scenario one = {.steps = steps, .step_count = 1};
static struct scenario both[] = {{.steps = steps, .step_count = 1},
                                 {.steps = steps, .step_count = 3}};
static double alone[] = {1};
static double quarter[] = {0.75, 0.25};
static const struct {
    const char *name;
    struct scenario *scenarios;
    uint32_t scenario_count;
    struct stage stage;
    double ceiling_per_s, share;
    bool told;
} cases[] = {
    {"well below",
     &one,
     1,
     {.model = MODEL_OPEN, .rate_from = 10, .rate_to = 10},
     1000,
     0.01,
     false},
    {"just 70 %",
     &one,
     1,
     {.model = MODEL_OPEN, .rate_from = 700, .rate_to = 700},
     1000,
     0.7,
     false},
    {"a little more",
     &one,
     1,
     {.model = MODEL_OPEN, .rate_from = 701, .rate_to = 701},
     1000,
     0.701,
     true},
    {"a ramp ends there",
     &one,
     1,
     {.model = MODEL_OPEN, .rate_from = 1, .rate_to = 701},
     1000,
     0.701,
     true},
    {"a ramp begins there",
     &one,
     1,
     {.model = MODEL_OPEN, .rate_from = 701, .rate_to = 1},
     1000,
     0.701,
     true},
    {"steps count by their part of the mix",
     both,
     2,
     {.model = MODEL_OPEN, .rate_from = 460, .rate_to = 460, .mix = quarter},
     1000,
     0.69,
     false},
    {"more of them",
     both,
     2,
     {.model = MODEL_OPEN, .rate_from = 480, .rate_to = 480, .mix = quarter},
     1000,
     0.72,
     true},
    {"users ask for no rate",
     &one,
     1,
     {.model = MODEL_CLOSED, .users_from = 999, .users_to = 999},
     1000,
     0,
     false},
    {"by hand: not known",
     &one,
     1,
     {.model = MODEL_OPEN, .rate_from = 999, .rate_to = 999, .by_hand = true},
     1000,
     0,
     false},
    {"not calibrated",
     &one,
     1,
     {.model = MODEL_OPEN, .rate_from = 999, .rate_to = 999},
     0,
     0,
     false},
};

static void a_plan_beyond_its_share_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage stages[] = {{.model = MODEL_OPEN, .mix = alone}, cases[i].stage};
        struct plan plan = {.scenarios = cases[i].scenarios,
                            .scenario_count = cases[i].scenario_count,
                            .stages = stages,
                            .stage_count = 2};
        if (cases[i].scenario_count > 1) stages[0].mix = quarter;
        struct calibration c = {.ceiling_per_s = cases[i].ceiling_per_s};
        double share = -1;
        CHECK(cases[i].name, calibrate_too_much(&c, &plan, &share) == cases[i].told);
        CHECK(cases[i].name, fabs(share - cases[i].share) < 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_beyond_its_share_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
