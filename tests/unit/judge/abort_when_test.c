#include "judge/abort_when.h"

#include "check.h"
#include "scene.h"

/* Seconds of 100 requests; a letter each: '.' all good, 'x' half of them refused, 't' a tenth
 * timed out, '-' nothing ended. Returns the second after which the judge asked to stop, 0: never.
 */
static uint32_t play(struct scene *s, const char *story)
{
    for (uint32_t t = 0; story[t]; t++) {
        scene_tick(s, 0, 1000);
        uint32_t bad = story[t] == 'x' ? 50 : story[t] == 't' ? 10 : 0;
        if (story[t] != '-') scene_requests(s, 0, OUTCOME_OK, 100 - bad, 20 * MS);
        if (bad > 0) {
            enum outcome outcome = story[t] == 't' ? OUTCOME_TIMEOUT : OUTCOME_REFUSED;
            scene_requests(s, 0, outcome, bad, 2 * SECOND);
        }
        scene_put(s);
        if (bus_commanded(&s->bus) == COMMAND_ABORT) return t + 1;
    }
    return 0;
}

static void sentences(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence, *story;
        uint32_t stops_after;
    } cases[] = {
        {"healthy", "errors > 20% for 3s", "..........", 0},
        {"long enough", "errors > 20% for 3s", "..xxx...", 5},
        {"just too short", "errors > 20% for 3s", "..xx.xx.", 0},
        {"a silent second breaks nothing", "errors > 20% for 3s", "..xx-x", 6},
        {"nor does it count", "errors > 20% for 6s", "x-----x", 0},
        {"however long it is", "errors > 20% for 3s", "x-----x-----x", 13},
        {"and does not mend a good second", "errors > 20% for 3s", "xx-.-x-x", 0},
        {"silence alone is no error", "errors > 20% for 3s", "----------", 0},
        {"under the amount", "errors > 60% for 3s", "xxxxxxxx", 0},
        {"refused is unavailable", "availability < 80% for 2s", ".xx", 3},
        {"a timeout is over every limit", "p95 > 30s for 2s", "..tt", 4},
        {"the median is not touched", "p50 > 1s for 2s", "..tttt", 0},
        {"max", "max > 1s for 1s", "...t", 4},
        {"avg of 90 x 20 ms and 10 x 2 s is 218 ms", "avg > 200ms for 1s", "..t", 3},
        {"avg below it", "avg > 219ms for 1s", "..tttt", 0},
        {"throughput", "throughput < 60/s for 2s", "..xx", 4},
        {"share of the offered", "throughput < 60% of offered for 2s", "..xx", 4},
        {"by name", "errors of b > 1% for 1s", "xxxx", 0},
        {"each name, one of them", "errors of each > 20% for 2s", ".xx", 3},
        {"in its stage", "errors in hold > 20% for 2s", ".xx", 3},
        {"not in another", "errors in other > 20% for 2s", "xxxxx", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_stage(&s, "other", MODEL_OPEN, true);
        scene_abort_when(&s, cases[i].sentence);
        scene_begin(&s);
        CHECK_U64(cases[i].name, play(&s, cases[i].story), cases[i].stops_after);
        if (cases[i].stops_after > 0) {
            CHECK(cases[i].name, strstr(s.bus.reason, cases[i].sentence) != NULL);
        }
        scene_close(&s);
    }
}

/* Seconds of two names, a letter each: which of `a` and `b` has half of its requests refused
 * ('2': both), '-' nothing of either. The second after which the judge asked to stop, 0: never. */
static uint32_t play_two(struct scene *s, const char *story)
{
    for (uint32_t t = 0; story[t]; t++) {
        scene_tick(s, 0, 1000);
        for (uint32_t name = 0; name < 2 && story[t] != '-'; name++) {
            bool bad = story[t] == '2' || story[t] == (name == 0 ? 'a' : 'b');
            scene_requests(s, name, OUTCOME_OK, bad ? 50 : 100, 20 * MS);
            if (bad) scene_requests(s, name, OUTCOME_REFUSED, 50, MS);
        }
        scene_put(s);
        if (bus_commanded(&s->bus) == COMMAND_ABORT) return t + 1;
    }
    return 0;
}

static void each_name_has_its_own_row(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence, *story, *reason; /* the reason's end; NULL: none */
        uint32_t stops_after;
    } cases[] = {
        {"in turn is nobody for long", "errors of each > 20% for 2s", "ababababab", NULL, 0},
        {"the second name", "errors of each > 20% for 2s", ".abb",
         ": 50.0% of b in the last second", 4},
        {"the first name", "errors of each > 20% for 2s", ".baa", ": 50.0% of a in the last second",
         4},
        {"one fails through, the other now and then", "errors of each > 20% for 3s", "2b2b",
         ": 50.0% of b in the last second", 3},
        {"silence is no second of a row", "errors of each > 20% for 3s", "a-a", NULL, 0},
        {"nor does it break one", "errors of each > 20% for 3s", "a-aa",
         ": 50.0% of a in the last second", 4},
        {"pooled they fail all the time", "errors > 20% for 3s", "aba",
         ": 25.0% in the last second", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_abort_when(&s, "errors of each > 99% for 1s"); /* its rows come first, and stay off */
        scene_abort_when(&s, cases[i].sentence);
        scene_begin(&s);
        CHECK_U64(cases[i].name, play_two(&s, cases[i].story), cases[i].stops_after);
        if (cases[i].reason) {
            CHECK(cases[i].name, strstr(s.bus.reason, cases[i].reason) != NULL);
        }
        scene_close(&s);
    }
}

static void the_reason_has_its_number(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true);
    scene_abort_when(&s, "errors > 20% for 2s");
    scene_begin(&s);
    assert_int_equal(play(&s, ".xx"), 3);
    CHECK_STR("reason", s.bus.reason, "abort_when errors > 20% for 2s: 50.0% in the last second");
    scene_end(&s, RUN_ABORTED);
    assert_int_equal(scene_result(&s)->exit_code, 5);
    scene_close(&s);
}

static void the_drain_stops_nothing(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "hold", MODEL_OPEN, true);
    scene_abort_when(&s, "throughput < 10/s for 1s");
    scene_begin(&s);
    assert_int_equal(play(&s, "..."), 0);
    for (int t = 0; t < 5; t++) {
        scene_tick(&s, 1, 1000);
        scene_put(&s);
    }
    assert_int_equal(bus_commanded(&s.bus), COMMAND_NONE);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences), cmocka_unit_test(each_name_has_its_own_row),
        cmocka_unit_test(the_reason_has_its_number), cmocka_unit_test(the_drain_stops_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
