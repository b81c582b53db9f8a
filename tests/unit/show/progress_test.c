#include "show/progress.h"

#include <math.h>

#include "base/clock.h"
#include "check.h"
#include "sample.h"
#include "show/runs_text.h"

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
    struct sample sample;
    struct progress progress;
    struct sink sink;
};

static void play_begin(struct play *p)
{
    out = text_in(said, sizeof said);
    struct show_style style = {.width = 100};
    progress_init(&p->progress, &style, line, said);
    p->sink = progress_sink(&p->progress);
    p->sink.begin(p->sink.ctx, &p->sample.header);
}

static void tick(struct play *p, uint32_t second, uint32_t stage, const struct event *events,
                 uint32_t event_count)
{
    struct tick t = {.index = second,
                     .start_ns = second * NS_PER_S,
                     .end_ns = (second + 1) * NS_PER_S,
                     .stage = stage,
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
    play_begin(&p);
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
    tick(&p, 20, 4, NULL, 0);
    tick(&p, 21, 4, NULL, 0);
    tick(&p, 22, 7, NULL, 0);
    tick(&p, 23, 9, NULL, 0);
    struct run_end end = {.at_ns = 24 * NS_PER_S};
    p.sink.end(p.sink.ctx, &end);
    assert_string_equal(
        said,
        "   0.0 s  jobs: run 1f2e3d4c, 9 stages, 1 min 7 s, to http://127.0.0.1:40123\n"
        "   0.0 s  warm-up: 50.0/s for 5.0 s, not judged\n"
        "   5.0 s  warm-up ended: 50.0/s offered, 50.0/s done, p50 1.10 ms, p95 3.84 ms, p99 8.13 "
        "ms, "
        "errors 0 %\n"
        "   5.0 s  climb@200/s: 200.0/s for 8.0 s\n"
        "   5.4 s  service api is ready \\x1b[31m\n"
        "  15.0 s  climb@200/s so far: 201.1/s offered, 201.0/s done, p50 1.15 ms, p95 4.22 ms, "
        "p99 9.21 ms, errors 0 %\n"
        "  18.0 s  climb@200/s ended: 201.1/s offered, 201.0/s done, p50 1.15 ms, p95 4.22 ms, "
        "p99 9.21 ms, errors 0 %\n"
        "  18.0 s  climb@1200/s: 1,200/s for 8.0 s\n"
        "  19.0 s  ✗ avg < 50ms is missed: 14.4 ms in climb@1200/s\n"
        "  21.0 s  ✓ avg < 50ms is no longer missed: 14.4 ms in climb@1200/s\n"
        "  21.0 s  ⚠ trust is suspect: lag p99.9 is 31 ms\n"
        "  22.0 s  climb@1200/s ended: 1,198/s offered, 1,197/s done, p50 6.40 ms, p95 57.8 ms, "
        "p99 216 ms, errors 0.031 %\n"
        "  22.0 s  crowd: 550 users for 8.0 s\n"
        "  23.0 s  crowd ended: 541.0/s done, p50 1.50 ms, p95 6.08 ms, p99 14.1 ms, errors 0 %\n"
        "  23.0 s  drain: no new arrivals; waiting for what is open\n");
    sample_close(&p.sample);
}

/* A night's run says one line a minute, and tells hours. */
static void long_run(void **state)
{
    (void)state;
    static struct play p;
    sample_open(&p.sample, "holds");
    p.sample.plan.stages[1].length_ns = 8 * 3600 * NS_PER_S;
    play_begin(&p);
    for (uint32_t s = 0; s < 3600; s++) tick(&p, s, 1, NULL, 0);
    uint32_t lines = 0;
    for (size_t i = 0; i < out.len; i++) lines += said[i] == '\n';
    assert_int_equal(lines, 2 + 60);
    assert_non_null(strstr(said, "   0:59:00  climb@200/s so far: "));
    sample_close(&p.sample);
}

static void list_of_runs(void **state)
{
    (void)state;
    struct run_entry entries[] = {
        {.id = "1f2e3d4c",
         .wall_start_ns = UINT64_C(1763836800250000000),
         .length_ns = 67600000000,
         .plan = BYTES_LIT("jobs"),
         .verdict = BYTES_LIT("missed"),
         .has_exit = true,
         .exit_code = 1},
        {.id = "1f2e3d4b",
         .wall_start_ns = UINT64_C(1763836000000000000),
         .length_ns = 12000000000,
         .plan = BYTES_LIT("jobs\x1b[2J"),
         .verdict = BYTES_LIT("no verdict")},
        {.id = "1f2e3d4a", .trouble = BYTES_LIT("it is damaged")},
    };
    struct show_style style = {.width = 80};
    out = text_in(said, sizeof said);
    runs_text_write(&out, entries, COUNT_OF(entries), 3600, &style);
    assert_string_equal(
        said, " RUN       STARTED              PLAN           VERDICT     EXIT     LENGTH\n"
              " 1f2e3d4c  2025-11-22 19:40:00  jobs           missed         1  1 min 8 s\n"
              " 1f2e3d4b  2025-11-22 19:26:40  jobs\\x1b[2J    no verdict             12 s\n"
              " 1f2e3d4a                       it is damaged  unreadable\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run),
        cmocka_unit_test(long_run),
        cmocka_unit_test(list_of_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
