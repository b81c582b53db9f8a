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

/* The worst of several: the order of reasons decides, not the numbers. */
static void of_several(void **state)
{
    (void)state;
    enum kind { HELD, MISSED, OPEN, UNTRUE, ABORTED, STOPPED, KILLED, GOES_ON, EARLY, BROKEN };
    static const struct result kinds[] = {
        [HELD] = {.verdict = VERDICT_HOLDS},
        [MISSED] = {.verdict = VERDICT_MISSED},
        [OPEN] = {.verdict = VERDICT_INCONCLUSIVE},
        [UNTRUE] = {.verdict = VERDICT_INVALID, .trust = TRUST_INVALID},
        [ABORTED] = {.verdict = VERDICT_MISSED, .end = {.ended = RUN_ABORTED}},
        [STOPPED] = {.end = {.ended = RUN_INTERRUPTED, .signal = 2}},
        [KILLED] = {.end = {.ended = RUN_INTERRUPTED, .signal = 9}},
        [GOES_ON] = {.end = {.ended = RUN_INTERRUPTED}},
        [EARLY] = {.verdict = VERDICT_NOT_JUDGED, .end = {.ended = RUN_PREFLIGHT}},
        [BROKEN] = {.trust = TRUST_INVALID, .exit_code = EXIT_BUG},
    };
    static const struct {
        const char *name;
        enum kind runs[3];
        int code;
    } cases[] = {
        {"all hold", {HELD, HELD, HELD}, 0},
        {"one missed", {HELD, MISSED, HELD}, 1},
        {"missed before undecided", {OPEN, MISSED, HELD}, 1},
        {"one undecided", {HELD, HELD, OPEN}, 3},
        {"one not to be trusted, though one is missed", {MISSED, UNTRUE, HELD}, 3},
        {"one aborted, one missed", {MISSED, ABORTED, HELD}, 5},
        {"one not to be trusted, one aborted", {ABORTED, UNTRUE, HELD}, 3},
        {"one interrupted", {UNTRUE, STOPPED, MISSED}, 130},
        {"two, of which the first counts", {KILLED, STOPPED, HELD}, 137},
        {"one goes on", {GOES_ON, MISSED, HELD}, 3},
        {"one had no target", {BROKEN, EARLY, STOPPED}, 4},
        {"our bug", {BROKEN, STOPPED, MISSED}, 70},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exit_facts facts = {0};
        for (size_t k = 0; k < 3; k++) {
            struct run_header header = {0};
            struct result result = kinds[cases[i].runs[k]];
            result.header = &header;
            exit_code_add(&facts, &result);
        }
        CHECK_U64(cases[i].name, exit_code_of(&facts), cases[i].code);
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
                                       cmocka_unit_test(of_results), cmocka_unit_test(of_several),
                                       cmocka_unit_test(of_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
