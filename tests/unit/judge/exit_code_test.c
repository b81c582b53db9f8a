#include "judge/exit_code.h"

#include "check.h"

static void each_reason_and_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct exit_facts facts;
        int code;
    } cases[] = {
        {"holds", {0}, 0},
        {"missed", {.missed = true}, 1},
        {"usage", {.usage = true}, 2},
        {"inconclusive", {.inconclusive = true}, 3},
        {"invalid", {.invalid = true}, 3},
        {"preflight", {.preflight = true}, 4},
        {"aborted", {.aborted = true}, 5},
        {"refused by this host", {.refused = true}, 6},
        {"bug", {.bug = true}, 70},
        {"SIGINT", {.signal = 2}, 130},
        {"SIGTERM", {.signal = 15}, 143},
        {"SIGHUP", {.signal = 1}, 143},
        {"still going on", {.going_on = true}, 3},
        {"missed while it goes on", {.going_on = true, .missed = true}, 3},
        {"missed before inconclusive", {.missed = true, .inconclusive = true}, 1},
        {"aborted before missed", {.aborted = true, .missed = true}, 5},
        {"invalid before aborted", {.invalid = true, .aborted = true, .missed = true}, 3},
        {"interrupted before invalid", {.signal = 2, .invalid = true}, 130},
        {"bug before interrupted", {.bug = true, .signal = 2}, 70},
        {"refused before bug", {.refused = true, .bug = true}, 6},
        {"preflight before refused", {.preflight = true, .refused = true}, 4},
        {"usage before all", {.usage = true, .preflight = true, .bug = true, .missed = true}, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_U64(cases[i].name, exit_code_of(&cases[i].facts), cases[i].code);
    }
}

static void of_results(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum verdict verdict;
        enum trust_level trust;
        enum run_ended ended;
        int signal;
        bool bug;
        int code, asked_later;
    } cases[] = {
        {"holds", VERDICT_HOLDS, TRUST_VALID, RUN_COMPLETE, 0, false, 0, 0},
        {"holds, suspect", VERDICT_HOLDS, TRUST_SUSPECT, RUN_COMPLETE, 0, false, 0, 0},
        {"not judged", VERDICT_NOT_JUDGED, TRUST_VALID, RUN_COMPLETE, 0, false, 0, 0},
        {"missed", VERDICT_MISSED, TRUST_VALID, RUN_COMPLETE, 0, false, 1, 1},
        {"inconclusive", VERDICT_INCONCLUSIVE, TRUST_VALID, RUN_COMPLETE, 0, false, 3, 3},
        {"invalid", VERDICT_INVALID, TRUST_INVALID, RUN_COMPLETE, 0, false, 3, 3},
        {"aborted", VERDICT_MISSED, TRUST_VALID, RUN_ABORTED, 0, false, 5, 1},
        {"interrupted", VERDICT_HOLDS, TRUST_VALID, RUN_INTERRUPTED, 15, false, 143, 0},
        {"still going on", VERDICT_MISSED, TRUST_VALID, RUN_INTERRUPTED, 0, false, 3, 3},
        {"preflight", VERDICT_NOT_JUDGED, TRUST_VALID, RUN_PREFLIGHT, 0, false, 4, 4},
        {"refused", VERDICT_NOT_JUDGED, TRUST_VALID, RUN_REFUSED, 0, false, 6, 6},
        {"bug", VERDICT_INVALID, TRUST_INVALID, RUN_COMPLETE, 0, true, 70, 70},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct result result = {.verdict = cases[i].verdict, .trust = cases[i].trust};
        result.end = (struct run_end){.ended = cases[i].ended, .signal = cases[i].signal};
        struct run_header header = {0};
        result.header = &header;
        CHECK_U64(cases[i].name, exit_code_of_result(&result, cases[i].bug), cases[i].code);
        header.other_objectives = true;
        CHECK_U64(cases[i].name, exit_code_of_result(&result, cases[i].bug), cases[i].asked_later);
    }
}

static void of_errors(void **state)
{
    (void)state;
    static const int codes[] = {
        [ERR_NONE] = 0,  [ERR_USAGE] = 2,  [ERR_PLAN] = 2, [ERR_PREFLIGHT] = 4,
        [ERR_LIMIT] = 6, [ERR_DENIED] = 6, [ERR_IO] = 4,   [ERR_BUG] = 70};
    for (enum err_kind kind = ERR_NONE; kind <= ERR_BUG; kind++) {
        CHECK_U64("error kind", exit_code_of_err(kind), codes[kind]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_reason_and_their_order),
                                       cmocka_unit_test(of_results), cmocka_unit_test(of_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
