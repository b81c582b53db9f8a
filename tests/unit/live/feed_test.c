#include "live/feed.h"

#include <math.h>

#include "base/clock.h"
#include "check.h"
#include "specimen.h"

/* A tick of so many ok requests of the first name, each of so many ms. */
struct told {
    uint32_t stage;
    uint64_t start_ms, end_ms;
    uint32_t count, ms;
};

static void tell(struct feed *f, const struct told *told)
{
    static const double nothing[8];
    struct hist_pair pair = {hist_bucket(told->ms * NS_PER_MS), told->count};
    struct cell cell = {.stage = told->stage, .kind = CELL_REQUEST, .begun = told->count};
    cell.outcomes[OUTCOME_OK] = told->count;
    cell.measures[MEASURE_OK] = (struct hist_sparse){.count = told->count,
                                                     .sum_ns = told->count * told->ms * NS_PER_MS,
                                                     .max_ns = told->ms * NS_PER_MS,
                                                     .pairs = &pair,
                                                     .pair_count = 1};
    struct tick tick = {.start_ns = told->start_ms * NS_PER_MS,
                        .end_ns = told->end_ms * NS_PER_MS,
                        .stage = told->stage,
                        .cells = &cell,
                        .cell_count = told->count > 0,
                        .requests_in_flight = nothing,
                        .iterations_in_flight = nothing,
                        .generator_cpu_ns = 100 * NS_PER_MS};
    feed_tick(f, &tick);
    feed_result(f, f->result);
}

static void open_feed(struct feed *f, struct specimen *s)
{
    struct err err;
    sample_open(s, "holds");
    for (uint32_t i = 0; i < s->plan.objective_count; i++)
        s->plan.objectives[i].per_million = 990000;
    assert_true(feed_open(f, &err));
    feed_begin(f, &s->header);
    f->result = &s->result;
}

static void close_feed(struct feed *f, struct specimen *s)
{
    feed_close(f);
    sample_close(s);
}

static double value(const struct feed *f, uint32_t back, enum signal signal)
{
    const struct feed_point *point = feed_point(f, back);
    return point ? point->values[signal] : (double)NAN;
}

/* Ticks that an edge cut short are one point, with rates of the time that they cover. */
static void a_point_a_second(void **state)
{
    (void)state;
    struct feed f;
    struct specimen s;
    open_feed(&f, &s);
    static const struct told ticks[] = {
        {1, 0, 1000, 200, 10}, {1, 1000, 1400, 80, 10}, {2, 1400, 2400, 600, 30},
        {2, 2400, 3400, 0, 0}, {7, 5400, 6400, 50, 20},
    };
    for (size_t i = 0; i < COUNT_OF(ticks); i++) tell(&f, &ticks[i]);
    assert_true(fabs(value(&f, 5, SIGNAL_DONE) - 200) < 1e-6);
    assert_true(fabs(value(&f, 4, SIGNAL_DONE) - 680 / 1.4) < 1e-6); /* 1.0 to 2.4 s */
    assert_true(fabs(value(&f, 4, SIGNAL_OFFERED) - 680 / 1.4) < 1e-6);
    assert_true(fabs(value(&f, 4, SIGNAL_P50) - 30e6) < 0.01 * 30e6);
    assert_true(fabs(value(&f, 4, SIGNAL_CPU) - 0.2 / 1.4) < 1e-6);
    assert_true(fabs(value(&f, 3, SIGNAL_DONE)) < 1e-6);
    assert_true(isnan(value(&f, 3, SIGNAL_P50)));     /* nothing ended: no time, not 0 */
    assert_null(feed_point(&f, 2));                   /* no tick began in that second */
    assert_true(isnan(value(&f, 0, SIGNAL_OFFERED))); /* closed: each comes when it is ready */
    assert_true(fabs(value(&f, 0, SIGNAL_DONE) - 50) < 1e-6);
    assert_null(feed_point(&f, 6)); /* before the run */
    assert_int_equal(f.course_count, 3);
    assert_int_equal(f.course[2], 7);
    assert_int_equal(f.outcomes[OUTCOME_OK], 930);
    close_feed(&f, &s);
}

/* `now` is of ten seconds at the most, and never of two stages. */
static void now_is_ten_seconds_of_this_stage(void **state)
{
    (void)state;
    struct feed f;
    struct specimen s;
    open_feed(&f, &s);
    uint32_t p99 = 0;
    while (s.result.objectives[p99].objective->metric != METRIC_QUANTILE
           || s.result.objectives[p99].objective->scope != SCOPE_ALL)
        p99++;
    for (uint32_t t = 0; t < 15; t++) {
        struct told told = {1, t * 1000, t * 1000 + 1000, 100, t < 5 ? 400 : 20};
        tell(&f, &told);
    }
    assert_true(fabs(f.now[p99].value - 20e6) < 0.01 * 20e6); /* the slow ones are too old */
    struct told next = {2, 15000, 16000, 100, 7};
    tell(&f, &next);
    assert_true(fabs(f.now[p99].value - 7e6) < 0.01 * 7e6);
    struct told none = {2, 16000, 17000, 0, 0};
    for (uint32_t t = 0; t < 12; t++) {
        none.start_ms = 16000 + t * 1000;
        none.end_ms = none.start_ms + 1000;
        tell(&f, &none);
    }
    assert_true(isnan(f.now[p99].value));
    close_feed(&f, &s);
}

/* More than there is room for: the oldest go. */
static void points_and_lines_are_rings(void **state)
{
    (void)state;
    struct feed f;
    struct specimen s;
    open_feed(&f, &s);
    for (uint32_t t = 0; t < FEED_POINTS + 30; t++) {
        struct told told = {1, t * 1000, t * 1000 + 1000, t + 1, 10};
        char array[32];
        struct text text = text_in(array, sizeof array);
        text_addf(&text, "line %u", t);
        tell(&f, &told);
        feed_line(&f, text_bytes(&text));
    }
    assert_true(fabs(value(&f, 0, SIGNAL_DONE) - (FEED_POINTS + 30)) < 1e-6);
    assert_true(fabs(value(&f, FEED_POINTS - 1, SIGNAL_DONE) - 31) < 1e-6);
    assert_null(feed_point(&f, FEED_POINTS));
    assert_string_equal(feed_line_at(&f, 0), "line 429");
    assert_string_equal(feed_line_at(&f, FEED_LINES - 1), "line 230");
    assert_null(feed_line_at(&f, FEED_LINES));
    close_feed(&f, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_a_second),
        cmocka_unit_test(now_is_ten_seconds_of_this_stage),
        cmocka_unit_test(points_and_lines_are_rings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
