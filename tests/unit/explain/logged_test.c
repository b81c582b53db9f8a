/* What a service logged more of stands beside the cause. */
#include "check.h"
#include "explain/causes.h"
#include "story.h"

#define R SERIES_PER_S
#define LOAD                                                                                       \
    {100, 10, 1, 0},                                                                               \
    {                                                                                              \
        200, 200, 40, 0                                                                            \
    }

static const struct {
    struct story story;
    const char *want;
} rows[] = {
    {{"errors grew",
      LOAD,
      {{"api", "log.rate", "ERROR database is locked", R, 0, 35},
       {"api", "log.rate", "ERROR no job <*>", R, 1, 3},
       {"api", "log.rate", "WARN slow", R, 0, 100}}},
     "api: ERROR database is locked, 35/s more than in low"},
    {{"warnings, where no error grew",
      LOAD,
      {{"api", "log.rate", "ERROR no job <*>", R, 5, 9},
       {"api", "log.rate", "WARN slow: <*>", R, 0.1, 1.5},
       {"api", "log.rate", "INFO served", R, 0, 100}}},
     "api: WARN slow: <*>, 1.4/s more than in low"},
    {{"as many as before", LOAD, {{"api", "log.rate", "ERROR no job <*>", R, 5, 9}}}, ""},
    {{"too few to say", LOAD, {{"api", "log.rate", "ERROR no job <*>", R, 0, 0.1}}}, ""},
    {{"nothing bent",
      {100, 10, 1, 0},
      {200, 10, 2, 0},
      {{"api", "log.rate", "ERROR no job <*>", R, 0, 9}}},
     ""},
};

static void lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cause *c = story_tell(&rows[i].story);
        CHECK_STR(rows[i].story.name, c->logged, rows[i].want);
    }
    story_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
