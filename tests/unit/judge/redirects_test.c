/* A target that only redirects: it holds, and what was measured is told. */
#include "base/attr.h"
#include "check.h"
#include "scene.h"

struct look {
    uint32_t stage, name;
    enum outcome outcome;
    uint32_t status;
};

static const struct {
    const char *name;
    struct look looks[5];
    const char *note; /* its beginning; NULL: none */
} cases[] = {
    {"pages", {{1, 0, OUTCOME_OK, 200}, {1, 0, OUTCOME_OK, 200}}, NULL},
    {"redirects",
     {{1, 0, OUTCOME_OK, 302}, {1, 0, OUTCOME_OK, 302}},
     "every reply of a that was looked at was 302: the redirect is what was measured"},
    {"some of them",
     {{1, 0, OUTCOME_OK, 302}, {1, 0, OUTCOME_OK, 302}, {1, 0, OUTCOME_OK, 200}},
     NULL},
    {"one alone says little", {{1, 0, OUTCOME_OK, 302}}, NULL},
    {"not modified is the page", {{1, 0, OUTCOME_OK, 304}, {1, 0, OUTCOME_OK, 304}}, NULL},
    {"failed checks are told elsewhere",
     {{1, 0, OUTCOME_CHECK, 302}, {1, 0, OUTCOME_CHECK, 302}},
     NULL},
    {"of the warm-up", {{0, 0, OUTCOME_OK, 302}, {0, 0, OUTCOME_OK, 302}}, NULL},
    {"of one name",
     {{1, 0, OUTCOME_OK, 200},
      {1, 0, OUTCOME_OK, 200},
      {1, 2, OUTCOME_OK, 308},
      {1, 2, OUTCOME_OK, 308}},
     "every reply of c that was looked at was 308: the redirect"},
    {"of two names",
     {{1, 1, OUTCOME_OK, 301},
      {1, 1, OUTCOME_OK, 301},
      {1, 2, OUTCOME_OK, 302},
      {1, 2, OUTCOME_OK, 302}},
     "every reply of b that was looked at was 301 (so of 1 more): the redirect"},
};

static void are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "warmup", MODEL_OPEN, false)->warmup = true;
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_begin(&s);
        for (uint32_t stage = 0; stage < 2; stage++) {
            scene_tick(&s, stage, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, MS);
            for (size_t k = 0; k < COUNT_OF(cases[i].looks); k++) {
                const struct look *look = &cases[i].looks[k];
                if (look->status == 0 || look->stage != stage) continue;
                scene_look(&s, look->name, look->outcome, look->status);
            }
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct trust_reason *told = scene_reason(&s, "redirected");
        CHECK(cases[i].name, (told != NULL) == (cases[i].note != NULL));
        if (told && cases[i].note) {
            CHECK(cases[i].name, bytes_starts(bytes_of(told->text), bytes_of(cases[i].note)));
            CHECK(cases[i].name, told->level == TRUST_VALID);
        }
        CHECK(cases[i].name, scene_result(&s)->trust == TRUST_VALID);
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
