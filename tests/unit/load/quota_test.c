#include "load/quota.h"

#include "base/attr.h"
#include "check.h"

enum act { DONE, PASS };

/* Three workers; what each does in turn, and what it learns. */
static void one_instant_for_all(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            enum act act;
            uint64_t start, at, want; /* PASS: the tick's start and end, and where it must end */
        } acts[6];
        uint64_t over; /* UINT64_MAX: not yet */
    } cases[] = {
        {"two of three", {{DONE, 0, 100, 0}, {DONE, 0, 300, 0}}, UINT64_MAX},
        {"the last is the latest", {{DONE, 0, 100, 0}, {DONE, 0, 200, 0}, {DONE, 0, 300, 0}}, 300},
        {"the last to say so is not the latest",
         {{DONE, 0, 100, 0}, {DONE, 0, 300, 0}, {DONE, 0, 200, 0}},
         300},
        {"who comes after cuts there",
         {{DONE, 0, 100, 0}, {DONE, 0, 300, 0}, {DONE, 0, 200, 0}, {PASS, 0, 1000, 300}},
         300},
        {"an edge passed before stands",
         {{DONE, 0, 100, 0}, {PASS, 0, 1000, 1000}, {DONE, 0, 990, 0}, {DONE, 0, 995, 0}},
         1000},
        {"and then for the others, too",
         {{DONE, 0, 100, 0},
          {PASS, 0, 1000, 1000},
          {DONE, 0, 990, 0},
          {DONE, 0, 995, 0},
          {PASS, 0, 1000, 1000},
          {PASS, 1000, 2000, 2000}},
         1000},
        {"a tick that began after it is whole",
         {{DONE, 0, 1, 0}, {DONE, 0, 2, 0}, {DONE, 0, 500, 0}, {PASS, 700, 1700, 1700}},
         500},
        {"an earlier edge than one passed",
         {{DONE, 0, 1, 0}, {PASS, 1000, 2000, 2000}, {PASS, 0, 1000, 1000}},
         UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct quota q = {0};
        for (size_t k = 0; k < COUNT_OF(cases[i].acts) && cases[i].acts[k].at > 0; k++) {
            uint64_t at = cases[i].acts[k].at;
            if (cases[i].acts[k].act == DONE) {
                quota_part_done(&q, 3, at);
                continue;
            }
            uint64_t got = quota_pass(&q, cases[i].acts[k].start, at);
            CHECK_U64(cases[i].name, got, cases[i].acts[k].want);
        }
        CHECK_U64(cases[i].name, quota_over(&q), cases[i].over);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_instant_for_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
