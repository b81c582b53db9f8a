/* What ended for want of something of prony's own: told, and where it alone decides, no verdict. */
#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "scene.h"

/* What prony could not send is told with its number, and casts a doubt. */
static void ports_short(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool judged;
        uint32_t unsent; /* in each of two seconds */
        enum trust_level trust;
        double value;
    } cases[] = {
        {"none", true, 0, TRUST_VALID, 0},
        {"some", true, 3, TRUST_SUSPECT, 6},
        {"in a stage that is not judged", false, 3, TRUST_VALID, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, cases[i].judged);
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            if (t < 2) scene_unsent(&s, cases[i].unsent);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct trust_reason *told = scene_reason(&s, "ports-short");
        CHECK_STR(cases[i].name, result_trust_name(scene_result(&s)->trust),
                  result_trust_name(cases[i].trust));
        CHECK(cases[i].name, (told != NULL) == (cases[i].trust == TRUST_SUSPECT));
        if (told) {
            CHECK(cases[i].name, fabs(told->value - cases[i].value) < 1e-12);
            CHECK(cases[i].name, strstr(told->text, "6 requests could not be sent") != NULL);
        }
        scene_close(&s);
    }
}

/* Checks whose answer nobody knows count as failed, and are told apart from those that failed. */
static void undecided_checks(void **state)
{
    (void)state;
    static const struct {
        const char *name, *code;
        enum shortage shortage;
        bool judged;
        uint32_t count; /* in each of two seconds */
    } cases[] = {
        {"no expression", "expression-limit", SHORTAGE_TRIES, true, 0},
        {"an expression", "expression-limit", SHORTAGE_TRIES, true, 1},
        {"an expression where nobody judges", "expression-limit", SHORTAGE_TRIES, false, 1},
        {"a body", "bodies-short", SHORTAGE_ROOM, true, 1},
        {"a body where nobody judges", "bodies-short", SHORTAGE_ROOM, false, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, cases[i].judged);
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            scene_requests(&s, 0, OUTCOME_CHECK, 1, 20 * MS);
            if (t < 2) scene_undecided(&s, cases[i].shortage, cases[i].count);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        bool told = cases[i].judged && cases[i].count > 0;
        const struct trust_reason *reasoned = scene_reason(&s, cases[i].code);
        CHECK_STR(cases[i].name, result_trust_name(scene_result(&s)->trust),
                  result_trust_name(told ? TRUST_SUSPECT : TRUST_VALID));
        CHECK(cases[i].name, (reasoned != NULL) == told);
        if (told) CHECK_U64(cases[i].name, reasoned->value, 2);
        if (told) CHECK(cases[i].name, strstr(reasoned->text, "2 requests count as") != NULL);
        scene_close(&s);
    }
}

/* Failed checks of which nothing was sent: told by their number, and no doubt about the rest. */
static void never_sent(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool judged;
        uint32_t count; /* in each of two seconds */
        bool told;
    } cases[] = {
        {"none", true, 0, false},
        {"some", true, 3, true},
        {"where nobody judges", false, 3, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, cases[i].judged);
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            scene_requests(&s, 0, OUTCOME_CHECK, 5, MS);
            if (t < 2) scene_undecided(&s, SHORTAGE_VALUE, cases[i].count);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct trust_reason *told = scene_reason(&s, "never-sent");
        CHECK(cases[i].name, (told != NULL) == cases[i].told);
        CHECK(cases[i].name, scene_result(&s)->trust == TRUST_VALID);
        if (told) CHECK_U64(cases[i].name, told->value, 6);
        if (told) CHECK(cases[i].name, strstr(told->text, "6 requests count as failed checks"));
        scene_close(&s);
    }
}

static void rows_short(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool judged;
        uint32_t rowless; /* in each of two seconds */
        enum trust_level trust;
    } cases[] = {
        {"none", true, 0, TRUST_VALID},
        {"some", true, 4, TRUST_SUSPECT},
        {"in a stage that is not judged", false, 4, TRUST_VALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_CLOSED, cases[i].judged);
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            if (t > 17) scene_rowless(&s, cases[i].rowless);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct trust_reason *told = scene_reason(&s, "rows-short");
        CHECK_STR(cases[i].name, result_trust_name(scene_result(&s)->trust),
                  result_trust_name(cases[i].trust));
        CHECK(cases[i].name, (told != NULL) == (cases[i].trust == TRUST_SUSPECT));
        if (told) CHECK(cases[i].name, fabs(told->value - 8) < 1e-12);
        if (told) CHECK(cases[i].name, strstr(told->text, "ran out of rows in hold") != NULL);
        scene_close(&s);
    }
}

/* Twenty seconds of `ok` answers at 20 ms, what failed by itself, and what prony lacked something
 * for: in each second, or seven times that in three of them. */
struct mix {
    uint32_t own, lacking; /* a second */
    enum outcome outcome;  /* of the lacking ones */
    enum shortage lack;
    bool burst;
};

static void play(struct scene *s, const char *sentence, const struct mix *mix)
{
    scene_open(s);
    scene_stage(s, "hold", MODEL_OPEN, true);
    scene_objective(s, sentence);
    scene_begin(s);
    for (int t = 0; t < 20; t++) {
        uint32_t lacking = mix->lacking;
        if (mix->burst) lacking = t % 7 == 2 ? 7 * mix->lacking : 0;
        struct scene_part part = {
            .outcome = mix->outcome, .count = lacking, .lacks = true, .lack = mix->lack};
        scene_tick(s, 0, 1000);
        scene_requests(s, 0, OUTCOME_OK, 97, 20 * MS);
        scene_requests(s, 0, OUTCOME_TIMEOUT, mix->own, SECOND);
        if (lacking > 0) scene_add(s, &part);
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
}

static void check_decided(const char *name, const struct scene *s, enum verdict verdict)
{
    const struct trust_reason *told = scene_reason(s, "shortage-decides");
    CHECK_STR(name, result_verdict_name(scene_result(s)->verdict), result_verdict_name(verdict));
    CHECK(name, (told != NULL) == (verdict == VERDICT_INVALID));
    if (told) CHECK(name, scene_result(s)->exit_code == 3);
}

#define ROWS OUTCOME_DROPPED, SHORTAGE_ROWS
#define PORTS OUTCOME_DROPPED, SHORTAGE_PORTS
#define TRIES OUTCOME_CHECK, SHORTAGE_TRIES
#define ROOM OUTCOME_CHECK, SHORTAGE_ROOM
#define VALUE OUTCOME_CHECK, SHORTAGE_VALUE

/* A miss that only stands because prony lacked something is withheld, one that stands without it is
 * not. */
static void a_miss_for_want_of_our_own(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        struct mix mix;
        enum verdict verdict;
        const char *text;
    } cases[] = {
        {"rows", "errors < 1%", {0, 3, ROWS, false}, VERDICT_INVALID, "want of rows,"},
        {"ports", "errors < 1%", {0, 3, PORTS, false}, VERDICT_INVALID, "ports or descriptors,"},
        {"tries", "errors < 1%", {0, 3, TRIES, false}, VERDICT_INVALID, "of an expression,"},
        {"room", "errors < 1%", {0, 3, ROOM, false}, VERDICT_INVALID, "want of room for bodies,"},
        {"a value of the target's", "errors < 1%", {0, 3, VALUE, false}, VERDICT_MISSED, NULL},
        {"all of them", "errors < 1%", {3, 3, PORTS, false}, VERDICT_MISSED, NULL},
        {"held with them", "errors < 10%", {0, 3, PORTS, false}, VERDICT_HOLDS, NULL},
        {"not settled without them", "errors < 1%", {1, 3, PORTS, false}, VERDICT_INVALID, ""},
        {"of a name", "errors of a < 1%", {0, 3, PORTS, false}, VERDICT_INVALID, ""},
        {"availability", "availability > 99%", {0, 3, PORTS, false}, VERDICT_INVALID, ""},
        {"itself unavailable", "availability > 99%", {3, 3, PORTS, false}, VERDICT_MISSED, NULL},
        {"answered all the same", "availability > 99%", {0, 3, TRIES, false}, VERDICT_HOLDS, NULL},
        {"p99", "p99 < 100ms", {0, 3, ROWS, false}, VERDICT_INVALID, ""},
        {"p99 of what was answered", "p99 < 100ms", {0, 3, ROOM, false}, VERDICT_HOLDS, NULL},
        {"p99, slow itself", "p99 < 100ms", {4, 3, PORTS, false}, VERDICT_MISSED, NULL},
        {"max", "max < 100ms", {0, 1, PORTS, false}, VERDICT_INVALID, ""},
        {"max, slow itself", "max < 100ms", {1, 1, PORTS, false}, VERDICT_MISSED, NULL},
        {"of offered", "throughput >= 98% of offered", {0, 3, TRIES, false}, VERDICT_INVALID, ""},
        {"of offered, itself",
         "throughput >= 98% of offered",
         {4, 3, TRIES, false},
         VERDICT_MISSED,
         NULL},
        {"no limit", "throughput > 99/s", {0, 3, PORTS, false}, VERDICT_MISSED, NULL},
        {"a warning", "warn: errors < 1%", {0, 3, PORTS, false}, VERDICT_NOT_JUDGED, NULL},
        /* What comes all at once must not make what comes all the time look like chance. */
        {"burst, errors", "errors < 14%", {20, 9, PORTS, true}, VERDICT_MISSED, NULL},
        {"burst, p92", "p92 < 100ms", {11, 9, PORTS, true}, VERDICT_MISSED, NULL},
        {"burst, of offered",
         "throughput >= 95% of offered",
         {11, 9, PORTS, true},
         VERDICT_MISSED,
         NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        play(&s, cases[i].sentence, &cases[i].mix);
        check_decided(cases[i].name, &s, cases[i].verdict);
        const struct trust_reason *told = scene_reason(&s, "shortage-decides");
        uint32_t times = cases[i].mix.burst ? 3 * 7 : 20;
        if (told) CHECK_U64(cases[i].name, told->value, times * cases[i].mix.lacking);
        if (told && cases[i].text) CHECK(told->text, strstr(told->text, cases[i].text) != NULL);
        scene_close(&s);
    }
}

/* What another name lacked is no excuse. */
static void each_name_for_itself(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true);
    scene_objective(&s, "errors of b < 1%");
    scene_begin(&s);
    for (int t = 0; t < 20; t++) {
        struct scene_part part = {
            .outcome = OUTCOME_CHECK, .count = 50, .lacks = true, .lack = SHORTAGE_TRIES};
        scene_tick(&s, 0, 1000);
        scene_requests(&s, 1, OUTCOME_OK, 97, 20 * MS);
        scene_requests(&s, 1, OUTCOME_CHECK, 3, MS);
        scene_add(&s, &part);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    check_decided("of another name", &s, VERDICT_MISSED);
    assert_non_null(scene_reason(&s, "expression-limit")); /* told all the same */
    scene_close(&s);
}

static void iterations(void **state)
{
    (void)state;
    for (int itself = 0; itself < 2; itself++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_objective(&s, "errors of job < 1%");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            struct scene_part part = {.name = SCENE_JOB,
                                      .outcome = OUTCOME_DROPPED,
                                      .count = 3,
                                      .iteration = true,
                                      .lacks = true,
                                      .lack = SHORTAGE_PORTS};
            scene_tick(&s, 0, 1000);
            scene_iterations(&s, SCENE_JOB, OUTCOME_OK, 97, 20 * MS);
            if (itself) scene_iterations(&s, SCENE_JOB, OUTCOME_STATUS, 3, MS);
            scene_add(&s, &part);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        check_decided("iterations", &s, itself ? VERDICT_MISSED : VERDICT_INVALID);
        const struct trust_reason *told = scene_reason(&s, "shortage-decides");
        if (told)
            CHECK(told->text, strstr(told->text, "60 iterations that ended for want") != NULL);
        scene_close(&s);
    }
}

/* Forty seconds, in some of which nothing was answered: for want of a port, or by itself as well.
 */
static void seconds_without_an_answer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t lacking, own; /* such seconds */
        enum verdict verdict;
    } cases[] = {
        {"ours", 8, 0, VERDICT_INVALID},
        {"the target's", 0, 8, VERDICT_MISSED},
        {"either's", 8, 8, VERDICT_MISSED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_objective(&s, "availability by time > 95%");
        scene_begin(&s);
        for (uint32_t t = 0; t < 40; t++) {
            bool lacking = t % 5 == 0 && t / 5 < cases[i].lacking;
            bool own = t % 5 == 2 && t / 5 < cases[i].own;
            scene_tick(&s, 0, 1000);
            if (!lacking && !own) scene_requests(&s, 0, OUTCOME_OK, 10, 20 * MS);
            if (lacking || own) scene_unsent(&s, 10);
            if (own) scene_requests(&s, 0, OUTCOME_REFUSED, 1, MS);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct objective_result *said = scene_said(&s, 0);
        if (cases[i].verdict == VERDICT_INVALID) {
            CHECK(cases[i].name, said->verdict == VERDICT_MISSED);
        }
        check_decided(cases[i].name, &s, cases[i].verdict);
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_short),
        cmocka_unit_test(undecided_checks),
        cmocka_unit_test(never_sent),
        cmocka_unit_test(rows_short),
        cmocka_unit_test(a_miss_for_want_of_our_own),
        cmocka_unit_test(each_name_for_itself),
        cmocka_unit_test(iterations),
        cmocka_unit_test(seconds_without_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
