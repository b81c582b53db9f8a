#include "plan/objective_words.h"

#include "base/attr.h"
#include "check.h"

static void parts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *subject, *goal;
        bool little;
    } cases[] = {
        {"p95 < 100ms", "p95", "< 100ms", true},
        {"p95 <= 100ms", "p95", "<= 100ms", true},
        {"throughput >= 98% of offered", "throughput", ">= 98% of offered", false},
        {"availability>99.9%", "availability", ">99.9%", false},
        {"p99 of \"GET /a<b\" < 1s", "p99 of \"GET /a<b\"", "< 1s", true},
        {"p99 of 'x > y' in climb ≤ 1s", "p99 of 'x > y' in climb", "≤ 1s", true},
        {"users ≥ 500", "users", "≥ 500", false},
        {"no comparison", "no comparison", "", false},
        {"\"open < 1", "\"open < 1", "", false},
        {"", "", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes text = bytes_of(cases[i].text);
        const char *name = cases[i].text;
        CHECK(name, bytes_is(objective_words_subject(text), cases[i].subject));
        CHECK(name, bytes_is(bytes_from(text, objective_words_goal(text)), cases[i].goal));
        CHECK(name, objective_words_wants_little(text) == cases[i].little);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
