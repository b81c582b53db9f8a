/* A watch second by second: what is missed when, said once, and what the verdict is in the end. */
#include "judge/sliding.h"

#include <math.h>

#include "check.h"
#include "scene.h"

#define SAID_MAX 16

struct said {
    uint32_t at; /* after that second */
    char text[200];
};

static struct scene scene;
static struct said said[SAID_MAX];
static uint32_t said_count;
static uint32_t memory; /* a series */

/* A window of ten seconds moves on each second; its last fifth is two. */
static void open_watch(const char *const *sentences)
{
    scene_open(&scene);
    scene_stage(&scene, "14h", MODEL_OPEN, true);
    scene_stage(&scene, "15h", MODEL_OPEN, true);
    scene.header.watch_ns = 10 * SECOND;
    for (; *sentences; sentences++) scene_objective(&scene, *sentences);
    scene_begin(&scene);
    said_count = 0;
    memory = UINT32_MAX;
}

static void hear(uint32_t second)
{
    char array[200];
    struct text text = text_in(array, sizeof array);
    for (; judge_news(scene.judge, &text); text_clear(&text)) {
        assert_true(said_count < SAID_MAX);
        said[said_count].at = second;
        memcpy(said[said_count++].text, array, sizeof array);
    }
}

/* '.' all good, 's' half of them slow, 'x' a half refused, 't' some timed out, '-' nothing came,
 * 'm' as '.' with much memory. */
static void play(const char *story, uint32_t stage)
{
    static uint32_t second;
    if (stage == 0) second = 0;
    for (; *story; story++) {
        char c = *story;
        scene_tick(&scene, stage, 1000);
        if (memory == UINT32_MAX) memory = scene_series(&scene, "api", "memory", "");
        bool half = c == 's' || c == 'x';
        uint32_t good = c == '-' ? 0 : half ? 50 : c == 't' ? 90 : 100;
        if (good > 0) scene_requests(&scene, 0, OUTCOME_OK, good, 20 * MS);
        if (c == 's') scene_requests(&scene, 0, OUTCOME_OK, 50, 500 * MS);
        if (c == 'x') scene_requests(&scene, 0, OUTCOME_REFUSED, 50, MS);
        if (c == 't') scene_requests(&scene, 0, OUTCOME_TIMEOUT, 10, 2 * SECOND);
        double to_s = second + 1;
        scene_sample(&scene, memory, to_s, to_s, c == 'm' ? 400 * 1048576.0 : 100 * 1048576.0);
        scene_put(&scene);
        hear(++second);
    }
}

static void check_said(const char *name, uint32_t index, uint32_t at, const char *words)
{
    CHECK(name, index < said_count);
    CHECK_U64(name, said[index].at, at);
    CHECK_STR(name, said[index].text, words);
}

static void tells_each_turn_once(void **state)
{
    static const char *const sentences[] = {"p95 < 100ms", "errors < 10%", NULL};
    (void)state;
    open_watch(sentences);
    play("..........sss..........", 0);
    assert_int_equal(said_count, 2);
    /* One bad second of ten is 5 % of the requests: not more than a p95 allows; two are. */
    check_said("missed", 0, 12, "missed: p95 < 100ms: 500.0 ms over 10s");
    check_said("held", 1, 17, "held again: p95 < 100ms: 20.0 ms over 2s, after 5s");
    scene_end(&scene, RUN_COMPLETE);
    const struct objective_result *p95 = scene_said(&scene, 0);
    assert_int_equal(p95->verdict, VERDICT_MISSED);
    assert_true(p95->value > 499e6 && p95->value < 505e6);
    assert_true(p95->margin < -3.9 && isnan(p95->lo));
    assert_int_equal(p95->stage, 0);
    CHECK_STR("note", p95->note, "over the worst 10s; missed 1 time, for 5s in all");
    assert_int_equal(scene_said(&scene, 1)->verdict, VERDICT_HOLDS);
    assert_int_equal(scene_result(&scene)->verdict, VERDICT_MISSED);
    assert_int_equal(scene_result(&scene)->exit_code, 1);
    scene_close(&scene);
}

/* Three seconds of two hundred are nothing to the hour's percentile; the miss stands all the same,
 * and is nobody else's fault. */
static void stands_in_a_long_hour(void **state)
{
    static const char *const sentences[] = {"p95 < 100ms", NULL};
    (void)state;
    open_watch(sentences);
    for (int i = 0; i < 10; i++) play("....................", i > 0 ? 1 : 0);
    play("sss..........", 1);
    scene_end(&scene, RUN_COMPLETE);
    assert_int_equal(scene_said(&scene, 0)->verdict, VERDICT_MISSED);
    assert_int_equal(scene_result(&scene)->trust, TRUST_VALID);
    assert_int_equal(scene_result(&scene)->verdict, VERDICT_MISSED);
    scene_close(&scene);
}

/* What goes back and forth is one miss, as long as it does not rest for a fifth of a window. */
static void does_not_flicker(void **state)
{
    static const char *const sentences[] = {"errors < 10%", NULL};
    (void)state;
    open_watch(sentences);
    play("..........xx..x..x..x..........x..........", 0);
    assert_int_equal(said_count, 2);
    check_said("missed", 0, 12, "missed: errors < 10%: 10.0% over 10s");
    check_said("held", 1, 25, "held again: errors < 10%: 0.0% over 2s, after 13s");
    scene_close(&scene);
}

/* What is over when there is enough to miss it is no alarm; a blip is none either. */
static void blips(void **state)
{
    static const char *const sentences[] = {"errors < 10%", "p50 < 100ms", NULL};
    (void)state;
    open_watch(sentences);
    play("..........x.........s........x.........", 0);
    assert_int_equal(said_count, 0);
    scene_end(&scene, RUN_COMPLETE);
    assert_int_equal(scene_result(&scene)->verdict, VERDICT_HOLDS);
    scene_close(&scene);
}

static void timeouts_are_over_every_limit(void **state)
{
    static const char *const sentences[] = {"p95 < 10s", NULL};
    (void)state;
    open_watch(sentences);
    play("tttttttttttt", 0);
    assert_int_equal(said_count, 1);
    check_said("from the start", 0, 2, "missed: p95 < 10s: timeouts or drops over 2s");
    scene_end(&scene, RUN_INTERRUPTED);
    const struct objective_result *p95 = scene_said(&scene, 0);
    assert_int_equal(p95->verdict, VERDICT_MISSED);
    assert_true(p95->at_least && p95->value == 10e9);
    assert_non_null(strstr(p95->note, "until the end"));
    scene_close(&scene);
}

static void silence(void **state)
{
    static const char *const sentences[] = {"errors < 10%", NULL};
    (void)state;
    open_watch(sentences);
    play("....------------..", 0);
    assert_int_equal(said_count, 2);
    check_said("silent", 0, 14, "nothing to judge by for 10s: errors < 10%");
    check_said("back", 1, 17, "something to judge by again: errors < 10%");
    scene_close(&scene);
    open_watch(sentences); /* what was missed stays so while nothing says otherwise */
    play("xxxx------------....", 0);
    assert_int_equal(said_count, 4);
    check_said("missed", 0, 2, "missed: errors < 10%: 50.0% over 2s");
    check_said("held", 3, 19, "held again: errors < 10%: 0.0% over 2s, after 17s");
    scene_close(&scene);
}

/* A window reaches back over the hour; series and amounts are means over it. */
static void over_the_hour(void **state)
{
    static const char *const sentences[] = {"memory of api < 200MiB", "throughput > 80/s",
                                            "warn: errors of each < 60%", NULL};
    (void)state;
    open_watch(sentences);
    play("........", 0);
    play("mmmm........ssss----", 1);
    assert_int_equal(said_count, 3); /* of names that never came nothing is said */
    check_said("memory", 0, 12, "missed: memory of api < 200MiB: 220.0 MiB over 10s");
    check_said("again", 1, 16, "held again: memory of api < 200MiB: 100.0 MiB over 2s, after 4s");
    check_said("amount", 2, 26, "missed: throughput > 80/s: 80.0/s over 10s");
    scene_end(&scene, RUN_COMPLETE);
    assert_int_equal(scene_said(&scene, 0)->stage, 1);
    assert_int_equal(scene_said(&scene, 0)->verdict, VERDICT_MISSED);
    scene_close(&scene);
}

static void too_short(void **state)
{
    static const char *const sentences[] = {"errors < 10%", NULL};
    (void)state;
    open_watch(sentences);
    play("x", 0);
    scene_end(&scene, RUN_INTERRUPTED);
    assert_int_equal(said_count, 0);
    assert_int_equal(scene_said(&scene, 0)->verdict, VERDICT_NOT_JUDGED);
    CHECK_STR("note", scene_said(&scene, 0)->note, "no window is over yet");
    scene_close(&scene);
}

static void a_run_has_none(void **state)
{
    (void)state;
    scene_open(&scene);
    scene_stage(&scene, "hold", MODEL_OPEN, true);
    scene_objective(&scene, "errors < 10%");
    scene_begin(&scene);
    said_count = 0;
    memory = UINT32_MAX;
    play("xxxxxxxxxxxxxxxxxxxx", 0);
    assert_int_equal(said_count, 0);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_each_turn_once),
                                       cmocka_unit_test(stands_in_a_long_hour),
                                       cmocka_unit_test(does_not_flicker),
                                       cmocka_unit_test(blips),
                                       cmocka_unit_test(timeouts_are_over_every_limit),
                                       cmocka_unit_test(silence),
                                       cmocka_unit_test(over_the_hour),
                                       cmocka_unit_test(too_short),
                                       cmocka_unit_test(a_run_has_none)};
    return cmocka_run_group_tests_name("sliding", tests, NULL, NULL);
}
