#include "load/tail_sum.h"

#include "base/attr.h"
#include "check.h"

static void the_fewest_that_hold_half(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            uint64_t connections, requests, slow; /* so many connections, each with so many */
        } parts[3];
        uint64_t few, requests, slow;
    } cases[] = {
        {"none", {{0, 0, 0}}, 0, 0, 0},
        {"nothing slow", {{64, 100, 0}}, 0, 0, 0},
        {"two of thirty", {{28, 100, 0}, {2, 80, 30}}, 1, 80, 60},
        {"evenly", {{40, 100, 2}}, 20, 2000, 80},
        {"one has it all", {{63, 10, 0}, {1, 900, 7}}, 1, 900, 7},
        {"one busy one has half", {{50, 10, 1}, {1, 5000, 60}}, 1, 5000, 110},
        {"far beyond the exact counts", {{19, 1000, 100}, {1, 100000, 10000}}, 1, 100000, 11900},
        {"an odd number: half is rounded up", {{3, 5, 1}}, 2, 10, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tail_sum sum;
        tail_sum_clear(&sum);
        uint64_t requests = 0;
        for (size_t k = 0; k < COUNT_OF(cases[i].parts); k++) {
            for (uint64_t n = 0; n < cases[i].parts[k].connections; n++) {
                tail_sum_add(&sum, cases[i].parts[k].requests, cases[i].parts[k].slow);
                requests += cases[i].parts[k].requests;
            }
        }
        struct tail_few few = tail_sum_few(&sum);
        CHECK_U64(cases[i].name, few.connections, cases[i].few);
        CHECK_U64(cases[i].name, few.requests, cases[i].requests);
        CHECK_U64(cases[i].name, sum.slow_count, cases[i].slow);
        CHECK_U64(cases[i].name, sum.request_count, requests);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fewest_that_hold_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
