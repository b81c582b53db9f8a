#include "show/progress.h"

#include <math.h>

#include "base/clock.h"
#include "check.h"
#include "specimen.h"

static char said[65536];
static struct text out;

static void line(void *ctx, struct bytes text)
{
    assert_ptr_equal(ctx, said);
    text_add(&out, text);
    text_addc(&out, '\n', 1);
}

/* The sample as a run: a tick a second, an objective missed for a while, two events. */
struct play {
    struct specimen sample;
    struct progress progress;
    struct sink sink;
    uint64_t begun, ended; /* requests in each tick */
    bool last;
};

static void play_begin(struct play *p, uint32_t width)
{
    out = text_in(said, sizeof said);
    struct show_style style = {.width = width};
    progress_init(&p->progress, &style, line, said);
    p->sink = progress_sink(&p->progress);
    p->sink.begin(p->sink.ctx, &p->sample.header);
}

static void tick(struct play *p, uint32_t second, uint32_t stage, const struct event *events,
                 uint32_t event_count)
{
    const struct cell cells[] = {
        {.stage = stage,
         .kind = CELL_REQUEST,
         .begun = p->begun,
         .outcomes = {[OUTCOME_OK] = p->ended}},
        {.stage = stage, .kind = CELL_ITERATION, .begun = 7},
        {.stage = stage + 1, .kind = CELL_REQUEST, .begun = 7},
    };
    struct tick t = {.index = second,
                     .start_ns = second * NS_PER_S,
                     .end_ns = (second + 1) * NS_PER_S,
                     .stage = stage,
                     .last = p->last,
                     .cells = cells,
                     .cell_count = COUNT_OF(cells),
                     .events = events,
                     .event_count = event_count};
    p->sink.tick(p->sink.ctx, &t);
    struct result r = p->sample.result;
    r.final = false;
    p->sink.result(p->sink.ctx, &r);
}

static void one_run(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "missed");
    p.begun = p.ended = 200;
    play_begin(&p, 120);
    struct result *r = &p.sample.result;
    r->objective_count = 1;
    struct objective_result missed = r->objectives[0];
    struct objective_result now = missed;
    r->objectives = &now;
    now.verdict = VERDICT_HOLDS;
    static const struct event events[] = {
        {.at_ns = 5100000000, .kind = EVENT_STAGE, .text = "stage climb@200/s"},
        {.at_ns = 5400000000, .kind = EVENT_SERVICE, .text = "service api is ready \x1b[31m"}};
    for (uint32_t s = 0; s < 5; s++) tick(&p, s, 0, NULL, 0);
    tick(&p, 5, 1, events, 2);
    for (uint32_t s = 6; s < 18; s++) tick(&p, s, 1, NULL, 0);
    now.verdict = VERDICT_MISSED;
    tick(&p, 18, 4, NULL, 0);
    tick(&p, 19, 4, NULL, 0);
    now.verdict = VERDICT_INCONCLUSIVE;
    r->trust = TRUST_SUSPECT;
    r->reason_count = 1;
    r->reasons[0] = (struct trust_reason){
        .level = TRUST_SUSPECT, .code = "lag-high", .text = "lag p99.9 is 31 ms"};
    for (uint32_t s = 20; s < 26; s++) tick(&p, s, 4, NULL, 0);
    tick(&p, 26, 7, NULL, 0);
    tick(&p, 27, 9, NULL, 0);
    struct run_end end = {.at_ns = 28 * NS_PER_S};
    p.sink.end(p.sink.ctx, &end);
    assert_string_equal(
        said,
        "   0.0 s  jobs: run 1f2e3d4c, 9 stages, 1 min 7 s, to http://127.0.0.1:40123\n"
        "   0.0 s  warm-up: 50.0/s for 5.0 s, not judged\n"
        "   5.0 s  warm-up ended: 200.0/s offered, 50.0/s done, p50 1.10, p95 3.84, p99 8.13 ms, "
        "errors 0 %\n"
        "   5.0 s  climb@200/s: 200.0/s for 8.0 s\n"
        "   5.4 s  service api is ready \\x1b[31m\n"
        "  18.0 s  climb@200/s ended: 200.0/s offered, 201.0/s done, p50 1.15, p95 4.22, "
        "p99 9.21 ms, errors 0 %\n"
        "  18.0 s  climb@1200/s: 1,200/s for 8.0 s\n"
        "  19.0 s  ✗ avg < 50ms is missed: 14.4 ms in climb@1200/s\n"
        "  21.0 s  ⚠ trust is suspect: lag p99.9 is 31 ms\n"
        "  26.0 s  ✓ avg < 50ms is no longer missed: 14.4 ms in climb@1200/s\n"
        "  26.0 s  climb@1200/s ended: 200.0/s offered, 1,197/s done, p50 6.40, p95 57.8, "
        "p99 216 ms, errors 0.031 %\n"
        "  26.0 s  crowd: 550 users for 8.0 s\n"
        "  27.0 s  crowd ended: 541.0/s done, p50 1.50, p95 6.08, p99 14.1 ms, errors 0 %\n"
        "  27.0 s  drain: no new arrivals; waiting for what is open\n");
    sample_close(&p.sample);
}

/* A night's run says one line a minute, and tells hours. */
static void long_run(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.sample.plan.stages[1].length_ns = 8 * 3600 * NS_PER_S;
    p.begun = p.ended = 200;
    play_begin(&p, 120);
    for (uint32_t s = 0; s < 3600; s++) tick(&p, s, 1, NULL, 0);
    uint32_t lines = 0;
    for (size_t i = 0; i < out.len; i++) lines += said[i] == '\n';
    assert_int_equal(lines, 2 + 59);
    assert_non_null(strstr(said, "   0:59:00  climb@200/s so far: "));
    sample_close(&p.sample);
}

/* What was offered does not wait for its reply. */
static void slow_replies(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.sample.plan.stages[1].length_ns = 60 * NS_PER_S;
    p.begun = 200;
    play_begin(&p, 120);
    struct stage_result stages[2] = {p.sample.result.stages[0], p.sample.result.stages[1]};
    p.sample.result.stages = stages;
    p.sample.result.stage_count = 2;
    const struct figures usual = stages[1].figures;
    stages[1].figures = (struct figures){.offered_per_s = 0, .done_per_s = 0};
    for (uint32_t s = 0; s <= 10; s++) tick(&p, s, 1, NULL, 0);
    stages[1].figures = usual;
    p.ended = 100;
    for (uint32_t s = 11; s <= 20; s++) tick(&p, s, 1, NULL, 0);
    assert_non_null(strstr(said, "  10.0 s  climb@200/s so far: 200.0/s offered, 0/s done, 2,000"
                                 " open, no reply yet\n"));
    assert_non_null(strstr(said, "  20.0 s  climb@200/s so far: 200.0/s offered, 201.0/s done,"
                                 " 3,100 open, p50 1.15, p95 4.22, p99 9.21 ms, errors 0 %\n"));
    sample_close(&p.sample);
}

/* The heartbeat that is due when a stage ends, or a few seconds before, is left to its end. */
static void nothing_said_twice(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t length_s; /* planned */
        uint32_t ends_s;
        bool heartbeat;
    } cases[] = {
        {"at the planned end", 10, 10, false},
        {"little to go", 13, 13, false},
        {"a stage cut short", 60, 10, false},
        {"much to go", 60, 14, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct play p;
        sample_open(&p.sample, "holds");
        p.sample.plan.stages[1].length_ns = cases[i].length_s * NS_PER_S;
        p.begun = p.ended = 200;
        play_begin(&p, 100);
        for (uint32_t s = 0; s < cases[i].ends_s; s++) tick(&p, s, 1, NULL, 0);
        tick(&p, cases[i].ends_s, 2, NULL, 0);
        CHECK(cases[i].name, (strstr(said, " so far: ") != NULL) == cases[i].heartbeat);
        CHECK(cases[i].name, strstr(said, " ended: ") != NULL);
        sample_close(&p.sample);
    }
}

/* A stage of users by count has no length that would mean anything. */
static void by_count(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.sample.plan.stages[1] = (struct stage){.name = BYTES_LIT("all"),
                                             .model = MODEL_CLOSED,
                                             .users_from = 4,
                                             .users_to = 4,
                                             .requests = 1000,
                                             .length_ns = 3600 * NS_PER_S,
                                             .judged = true};
    p.sample.plan.stage_count = 2;
    play_begin(&p, 100);
    tick(&p, 0, 1, NULL, 0);
    assert_string_equal(said, "   0.0 s  jobs: run 1f2e3d4c, 2 stages, 5.0 s and 1,000 iterations,"
                              " to http://127.0.0.1:40123\n"
                              "   0.0 s  all: 4 users, 1,000 iterations\n");
    sample_close(&p.sample);
}

/* What an interruption cuts off looks like a miss until the end says that it was one. */
static void silent_at_the_last_tick(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "missed");
    play_begin(&p, 100);
    p.last = true;
    tick(&p, 0, 1, NULL, 0);
    assert_null(strstr(said, "is missed"));
    p.last = false;
    tick(&p, 1, 1, NULL, 0);
    assert_non_null(strstr(said, "is missed"));
    sample_close(&p.sample);
}

static void folded(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.begun = p.ended = 200;
    play_begin(&p, 80);
    tick(&p, 0, 1, NULL, 0);
    tick(&p, 1, 2, NULL, 0);
    assert_non_null(strstr(
        said, "   1.0 s  climb@200/s ended: 200.0/s offered, 201.0/s done, p50 1.15, p95 4.22,\n"
              "          p99 9.21 ms, errors 0 %\n"));
    sample_close(&p.sample);
}

static uint32_t times_said(const char *words)
{
    uint32_t count = 0;
    for (const char *at = strstr(said, words); at; at = strstr(at + 1, words)) count++;
    return count;
}

/* An objective at its limit turns every second; each line waits for twice as long as the one
 * before, and what is over after a minute is told at last. */
static void what_flickers_is_told_seldom(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "missed");
    p.begun = p.ended = 200;
    play_begin(&p, 120);
    struct objective_result now = p.sample.result.objectives[0];
    p.sample.result.objectives = &now;
    p.sample.result.objective_count = 1;
    for (uint32_t s = 0; s < 60; s++) {
        now.verdict = s % 2 == 0 ? VERDICT_MISSED : VERDICT_INCONCLUSIVE;
        tick(&p, s, 4, NULL, 0);
    }
    assert_int_equal(times_said(" is missed"), 1);
    assert_int_equal(times_said(" is no longer missed"), 0);
    now.verdict = VERDICT_INCONCLUSIVE;
    for (uint32_t s = 60; s < 66; s++) tick(&p, s, 4, NULL, 0);
    assert_int_equal(times_said(" is no longer missed"), 1);
    now.verdict = VERDICT_MISSED;
    for (uint32_t s = 66; s < 75; s++) tick(&p, s, 4, NULL, 0);
    assert_int_equal(times_said(" is missed"), 1);
    for (uint32_t s = 75; s < 78; s++) tick(&p, s, 4, NULL, 0);
    assert_int_equal(times_said(" is missed"), 2);
    sample_close(&p.sample);
}

/* Nobody knows how long it takes: a log says every few seconds how it stands. */
static void a_warmup_that_ends_by_itself(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.sample.plan.stages[0].until_steady = true;
    p.sample.plan.stages[0].length_ns = 60 * NS_PER_S;
    p.begun = p.ended = 200;
    play_begin(&p, 120);
    p.progress.heartbeat_ns = 60 * NS_PER_S;
    for (uint32_t s = 0; s < 22; s++) tick(&p, s, 0, NULL, 0);
    assert_int_equal(times_said("warm-up so far: "), 4);
    sample_close(&p.sample);
}

static void a_target_that_falls_silent(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.begun = p.ended = 50;
    play_begin(&p, 120);
    for (uint32_t s = 0; s < 5; s++) tick(&p, s, 1, NULL, 0);
    p.ended = 0; /* hung: nothing ends */
    tick(&p, 5, 1, NULL, 0);
    assert_null(strstr(said, "any more"));
    for (uint32_t s = 6; s < 9; s++) tick(&p, s, 1, NULL, 0);
    assert_int_equal(times_said("   7.0 s  ⚠ nothing is answered ok any more, since 5.0 s\n"), 1);
    assert_int_equal(times_said("any more"), 1);
    p.ended = 50;
    tick(&p, 9, 1, NULL, 0);
    assert_int_equal(times_said("  10.0 s  ✓ it answers ok again, after 4.0 s\n"), 1);
    p.ended = 0; /* as long as that it is away now and then */
    for (uint32_t s = 10; s < 17; s++) tick(&p, s, 1, NULL, 0);
    assert_int_equal(times_said("any more"), 1);
    for (uint32_t s = 17; s < 20; s++) tick(&p, s, 1, NULL, 0);
    assert_int_equal(times_said("any more"), 2);
    sample_close(&p.sample);
}

/* Of one request a second, five seconds without an answer say nothing. */
static void few_requests_are_no_silence(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.begun = p.ended = 1;
    play_begin(&p, 120);
    for (uint32_t s = 0; s < 5; s++) tick(&p, s, 1, NULL, 0);
    p.ended = 0;
    for (uint32_t s = 5; s < 10; s++) tick(&p, s, 1, NULL, 0);
    assert_null(strstr(said, "any more"));
    sample_close(&p.sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run),
        cmocka_unit_test(long_run),
        cmocka_unit_test(slow_replies),
        cmocka_unit_test(nothing_said_twice),
        cmocka_unit_test(by_count),
        cmocka_unit_test(silent_at_the_last_tick),
        cmocka_unit_test(folded),
        cmocka_unit_test(what_flickers_is_told_seldom),
        cmocka_unit_test(a_warmup_that_ends_by_itself),
        cmocka_unit_test(a_target_that_falls_silent),
        cmocka_unit_test(few_requests_are_no_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
