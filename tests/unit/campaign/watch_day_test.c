/* The plan of one file of a watch: hours as stages, up to midnight, whatever the clock does then.
 */
#include "campaign/watch_day.h"

#include <stdlib.h>
#include <time.h>

#include "base/ns.h"
#include "check.h"

#define HOUR_NS (3600 * NS_PER_S)
#define MINUTE_NS (60 * NS_PER_S)

static struct arena arena;
static struct bytes names[] = {{"GET /", 5}};
static struct scenario scenarios[] = {{.name = {"a", 1}, .weight = 3},
                                      {.name = {"b", 1}, .weight = 1}};
static struct objective objectives[] = {
    {.metric = METRIC_QUANTILE, .text = {"p95 < 1s", 8}},
    {.metric = METRIC_THROUGHPUT, .text = {"throughput > 1/s", 16}},
    {.metric = METRIC_USERS, .text = {"users > 1", 9}},
    {.metric = METRIC_ERRORS, .has_in = true, .text = {"errors in s < 1%", 16}},
    {.metric = METRIC_AVG, .scope = SCOPE_SCENARIO, .text = {"avg of a < 1s", 13}},
};

static struct plan plan_of(double probe_per_s, uint64_t roll_ns)
{
    return (struct plan){.names = names,
                         .name_count = 1,
                         .scenarios = scenarios,
                         .scenario_count = 2,
                         .objectives = objectives,
                         .objective_count = 5,
                         .abort_when = objectives,
                         .abort_count = 1,
                         .seed = 7,
                         .watch = {.probe_per_s = probe_per_s, .roll_ns = roll_ns}};
}

/* In local time. */
static uint64_t wall(int month, int day, int hour, int minute)
{
    struct tm tm = {.tm_year = 126,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_isdst = -1};
    return (uint64_t)mktime(&tm) * NS_PER_S;
}

static struct plan make(const struct plan *plan, uint64_t now_ns, uint64_t most_ns, uint32_t index)
{
    struct plan day;
    const struct watch_day_options options = {plan, now_ns, most_ns, index};
    arena_reset(&arena);
    assert_true(watch_day_make(&day, &options, &arena));
    return day;
}

static void check_stage(const struct plan *day, uint32_t index, const char *name, uint64_t ns)
{
    CHECK(name, index < day->stage_count);
    const struct stage *s = &day->stages[index];
    CHECK(name, bytes_is(s->name, name));
    CHECK_U64(name, s->length_ns, ns);
    CHECK(name, s->judged && !s->warmup && s->model == MODEL_OPEN);
}

static uint64_t length_of(const struct plan *day)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < day->stage_count; i++) sum += day->stages[i].length_ns;
    return sum;
}

static void ends_at_midnight(void **state)
{
    struct plan plan = plan_of(1, 0);
    (void)state;
    struct plan day = make(&plan, wall(1, 15, 21, 40), UINT64_MAX, 0);
    assert_int_equal(day.stage_count, 3);
    check_stage(&day, 0, "21h40", 20 * MINUTE_NS);
    check_stage(&day, 1, "22h", HOUR_NS);
    check_stage(&day, 2, "23h", HOUR_NS);
    assert_true(day.stages[0].rate_from == 1 && day.stages[0].rate_to == 1);
    assert_true(day.stages[0].mix[0] == 0.75 && day.stages[0].mix[1] == 0.25);
    day = make(&plan, wall(1, 15, 0, 0), UINT64_MAX, 1);
    assert_int_equal(day.stage_count, 24);
    check_stage(&day, 0, "00h", HOUR_NS);
    assert_int_not_equal(day.seed, plan.seed); /* other rows, another day */
}

static void rolls_and_ends(void **state)
{
    struct plan plan = plan_of(1, 90 * MINUTE_NS);
    (void)state;
    struct plan day = make(&plan, wall(1, 15, 23, 30), UINT64_MAX, 0);
    assert_int_equal(day.stage_count, 2);
    check_stage(&day, 0, "23h30", 30 * MINUTE_NS);
    check_stage(&day, 1, "00h", HOUR_NS);
    day = make(&plan, wall(1, 15, 23, 30), 40 * MINUTE_NS, 0);
    check_stage(&day, 1, "00h", 10 * MINUTE_NS);
    plan.watch.roll_ns = 168 * HOUR_NS; /* a week has each hour seven times */
    day = make(&plan, wall(1, 15, 10, 0), UINT64_MAX, 0);
    assert_int_equal(day.stage_count, 168);
    check_stage(&day, 24, "2026-01-16.10h", HOUR_NS);
    assert_true(length_of(&day) == 168 * HOUR_NS);
}

/* Berlin: on 29 March no hour from 2 to 3, on 25 October two of them. */
static void clocks_that_change(void **state)
{
    struct plan plan = plan_of(1, 0);
    (void)state;
    struct plan day = make(&plan, wall(3, 29, 0, 0), UINT64_MAX, 0);
    assert_int_equal(day.stage_count, 23);
    check_stage(&day, 2, "03h", HOUR_NS);
    day = make(&plan, wall(10, 25, 0, 0), UINT64_MAX, 0);
    assert_int_equal(day.stage_count, 25);
    check_stage(&day, 2, "02h", HOUR_NS);
    check_stage(&day, 3, "2026-10-25.02h", HOUR_NS);
    assert_true(length_of(&day) == 25 * HOUR_NS);
}

static void what_is_judged(void **state)
{
    struct plan plan = plan_of(1, 0);
    (void)state;
    struct plan day = make(&plan, wall(1, 15, 21, 40), UINT64_MAX, 0);
    assert_int_equal(day.objective_count, 2); /* p95, and of a, which the probe walks */
    assert_true(bytes_is(day.objectives[1].text, "avg of a < 1s"));
    assert_int_equal(day.abort_count, 0);
    assert_int_equal(day.name_count, 1);
    plan.watch.probe_per_s = 0;
    day = make(&plan, wall(1, 15, 21, 40), UINT64_MAX, 0);
    assert_int_equal(day.objective_count, 2); /* p95, and what is told of a second */
    assert_true(bytes_is(day.objectives[1].text, "throughput > 1/s"));
    assert_int_equal(day.name_count, 2);
    assert_true(bytes_is(day.names[1], WATCH_DAY_OTHER));
    assert_true(day.stages[0].rate_from == 0);
    for (uint32_t i = 0; i < 5; i++) {
        bool kept = !watch_day_leaves_out(&plan, &objectives[i]);
        CHECK(objectives[i].text.at, kept == (i < 2));
    }
}

static int start(void **state)
{
    (void)state;
    if (setenv("TZ", "Europe/Berlin", 1) != 0) return -1;
    tzset();
    return arena_open(&arena, (size_t)1 << 20, NULL) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_at_midnight), cmocka_unit_test(rolls_and_ends),
        cmocka_unit_test(clocks_that_change), cmocka_unit_test(what_is_judged)};
    return cmocka_run_group_tests_name("watch_day", tests, start, end);
}
