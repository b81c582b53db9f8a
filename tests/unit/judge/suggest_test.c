/* Limits that are suggested: each has to pass the judge on the run that it was made of. */
#include <math.h>
#include <stdio.h>

#include "base/attr.h"
#include "check.h"
#include "scene.h"

struct story {
    const char *name;
    uint32_t seconds, per_second, bursts, failed; /* failed: of each second */
    bool interrupted;
    double p95_ms, p99_ms, errors; /* 0: none */
};

static const struct story stories[] = {
    {.name = "steady",
     .seconds = 60,
     .per_second = 100,
     .p95_ms = 30,
     .p99_ms = 30,
     .errors = 0.001},
    {.name = "few requests: a wider limit for errors",
     .seconds = 10,
     .per_second = 100,
     .p95_ms = 30,
     .p99_ms = 30,
     .errors = 0.004},
    {.name = "so few that nothing can be said of errors",
     .seconds = 10,
     .per_second = 10,
     .p95_ms = 30},
    {.name = "bursts, of which p99 has no upper end, and p95 one far from what was measured",
     .seconds = 240,
     .per_second = 100,
     .bursts = 8,
     .errors = 0.001},
    {.name = "failures",
     .seconds = 60,
     .per_second = 100,
     .failed = 2,
     .p95_ms = 30,
     .p99_ms = 30,
     .errors = 0.03},
    {.name = "not seen to its end", .seconds = 20, .per_second = 100, .interrupted = true},
};

/* `sentence`: judged by it too; NULL: none, so limits are suggested. */
static void tell(struct scene *s, const struct story *story, const char *const *sentences)
{
    scene_open(s);
    scene_stage(s, "hold", MODEL_OPEN, true);
    for (size_t i = 0; sentences && sentences[i]; i++) scene_objective(s, sentences[i]);
    scene_begin(s);
    for (uint32_t t = 0; t < story->seconds; t++) {
        bool slow = story->bursts > 0 && t % (story->seconds / story->bursts) == 3;
        scene_tick(s, 0, 1000);
        scene_requests(s, 0, OUTCOME_OK, story->per_second - story->failed, (slow ? 400 : 20) * MS);
        if (story->failed > 0) scene_requests(s, 0, OUTCOME_STATUS, story->failed, 20 * MS);
        scene_put(s);
    }
    scene_end(s, story->interrupted ? RUN_INTERRUPTED : RUN_COMPLETE);
}

static void are_what_would_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        const struct story *story = &stories[i];
        struct scene s;
        tell(&s, story, NULL);
        const double *limits = scene_result(&s)->suggestion.limits;
        CHECK(story->name, fabs(limits[SUGGESTED_P95] / 1e6 - story->p95_ms) < 1e-6);
        CHECK(story->name, fabs(limits[SUGGESTED_P99] / 1e6 - story->p99_ms) < 1e-6);
        CHECK(story->name, fabs(limits[SUGGESTED_ERRORS] - story->errors) < 1e-9);
        double all[SUGGESTED_COUNT] = {limits[0], limits[1], limits[2]};
        scene_close(&s);

        char lines[SUGGESTED_COUNT][40];
        const char *sentences[SUGGESTED_COUNT + 1] = {0};
        size_t count = 0;
        for (size_t k = 0; k < SUGGESTED_COUNT; k++) {
            if (all[k] <= 0) continue;
            char *line = lines[count];
            if (k == SUGGESTED_ERRORS) snprintf(line, 40, "errors < %.6g%%", all[k] * 100);
            else snprintf(line, 40, "p%d < %.6gus", k == SUGGESTED_P95 ? 95 : 99, all[k] / 1e3);
            sentences[count++] = line;
        }
        if (count == 0) continue;
        tell(&s, story, sentences);
        CHECK_STR(story->name, result_verdict_name(scene_result(&s)->verdict), "holds");
        CHECK(story->name, scene_result(&s)->suggestion.limits[SUGGESTED_P95] <= 0);
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_what_would_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
