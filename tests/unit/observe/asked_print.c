/* asked_print - what the observer sees of one server, as lines for the tests in Python.
 *
 *     asked_print KIND WHERE SECONDS
 *
 * KIND and WHERE are a key of a service and its value. A value is `value TAB name TAB label TAB
 * number TAB from TAB to`, an event `event TAB text`; a line `second TAB n` ends each second. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "observe/observer.h"
#include "plan/plan_load.h"

static struct series known[SERIES_MAX];

static bool load(struct plan *plan, struct arena *arena, const char *kind, const char *where)
{
    static struct diags diags;
    char array[4096];
    struct text yaml = text_in(array, sizeof array);
    text_addf(&yaml,
              "plan: 1\ntarget: http://127.0.0.1:1\nservices: { asked: { %s: \"%s\" } }\n"
              "scenarios: { a: { steps: [ GET / ] } }\n"
              "load: { stages: [ { rate: 1/s, for: 1s } ] }\n",
              kind, where);
    const struct plan_input input = {.source = arena_copy(arena, text_bytes(&yaml))};
    if (plan_load(plan, arena, &input, &diags)) return true;
    fprintf(stderr, "%s\n", diags.items[0].msg);
    return false;
}

static void print_new(struct observer *observer)
{
    struct event events[16];
    struct tick tick = {.events = events};
    observer_take(observer, &tick, events, 16);
    for (uint32_t i = 0; i < tick.series_count; i++) known[tick.series[i].id] = tick.series[i];
    for (uint32_t i = 0; i < tick.sample_count; i++) {
        const struct sample *s = &tick.samples[i];
        const struct series *series = &known[s->series];
        if (!bytes_is(series->of, "asked")) continue; /* the host, prony itself */
        printf("value\t%.*s\t%.*s\t%.9g\t%.3f\t%.3f\n", BYTES_ARG(series->name),
               BYTES_ARG(series->label), s->value, (double)s->from_ns / 1e9,
               (double)s->to_ns / 1e9);
    }
    for (uint32_t i = 0; i < tick.event_count; i++) printf("event\t%s\n", events[i].text);
}

static int watch(const struct plan *plan, uint64_t seconds)
{
    struct err err = {0};
    struct observer *observer;
    const pid_t pids[1] = {0};
    const struct observer_options options = {
        .plan = plan, .pids = pids, .origin_ns = clock_now_ns()};
    if (!observer_start(&observer, &options, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    for (uint64_t i = 1; i <= seconds; i++) {
        /* Behind the look of the second, which may take a while. */
        clock_sleep_until(options.origin_ns + i * NS_PER_S + 900 * NS_PER_MS);
        print_new(observer);
        printf("second\t%" PRIu64 "\n", i);
        if (fflush(stdout) != 0) break;
    }
    observer_stop(observer);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct plan plan;
    struct err err = {0};
    if (argc != 4 || !arena_open(&arena, (size_t)64 << 20, &err)) return 2;
    if (!load(&plan, &arena, argv[1], argv[2])) return 2;
    uint64_t seconds;
    if (!bytes_to_u64(bytes_of(argv[3]), &seconds)) return 2;
    int failed = watch(&plan, seconds);
    arena_close(&arena);
    return failed;
}
