/* watching.c - days of `prony watch` in minutes: `watching FOLDER DAYS`.
 *
 * Why: nobody waits for days to see that memory stays and files are small. Only what is seen is
 * made up (a probe of one a second over two requests, a hundred series of a service and its host,
 * ten slow minutes a day); the plan of a day, thinning, judge, explain and recorder are those of a
 * real watch, at the pace of the recorder. Prints a line a day: resident MB after its first hour
 * and at its end, MB of its file, what was told. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rng.h"
#include "campaign/vigil.h"
#include "campaign/watch_day.h"
#include "explain/explain.h"
#include "judge/judge.h"
#include "plan/plan_load.h"
#include "show/result_json.h"
#include "store/recorder.h"
#include "store/run_file.h"
#include "tick/bus.h"

#define ARENA_LIMIT ((size_t)256 << 20)
#define NAMES 2
#define SERIES 100
#define START_NS (UINT64_C(1699920000) * NS_PER_S) /* a midnight in UTC */
#define HOUR_NS (3600 * NS_PER_S)
#define SLOW_FROM_NS (12 * HOUR_NS)
#define SLOW_TO_NS (SLOW_FROM_NS + 600 * NS_PER_S)
#define WAITING_MOST (RECORDER_QUEUE / 2) /* ticks: the recorder's thread keeps up */
#define DAYS_MOST 30

static const char source[] = "plan: 1\n"
                             "name: watching\n"
                             "target: http://127.0.0.1:8080\n"
                             "services: { api: { port: 8080 } }\n"
                             "scenarios: { look: { steps: [ GET /a, GET /b ] } }\n"
                             "load: { stages: [ { rate: 1/s, for: 1s } ] }\n"
                             "watch: { probe: 1/s }\n"
                             "objectives:\n"
                             "  - p95 < 100ms\n"
                             "  - errors < 1%\n"
                             "  - p99 of \"GET /a\" < 500ms\n"
                             "  - memory of api < 512MiB\n";

struct watching {
    struct arena plan_arena, day_arena, tick_arena;
    struct plan plan, day;
    struct run_header header;
    struct bus bus;
    struct recorder *recorder;
    struct judge *judge;
    struct explain *explain;
    struct vigil *vigil;
    struct hist hist;
    struct rng_stream random;
    uint32_t told;
};

static struct bytes no_env(void *ctx, struct bytes name)
{
    UNUSED(ctx);
    UNUSED(name);
    return (struct bytes){NULL, 0};
}

static bool open_plan(struct watching *w, struct err *err)
{
    static struct diags diags;
    static const struct plan_host host = {.env = no_env};
    struct plan_input input = {.path = BYTES_LIT("watching.yaml"),
                               .folder = BYTES_LIT("/"),
                               .source = BYTES_LIT(source),
                               .host = &host};
    if (plan_load(&w->plan, &w->plan_arena, &input, &diags)) return true;
    return err_set(err, ERR_PLAN, 0, "the plan is wrong: %s", diags.items[0].msg);
}

/* ---- a second ---- */

static struct hist_sparse sparse_of(struct arena *arena, const struct hist *h)
{
    struct hist_pair *pairs = ARENA_ARRAY(arena, 8, struct hist_pair);
    struct hist_sparse out = {h->count, h->sum_ns, h->max_ns, pairs, 0};
    for (uint32_t i = 0; pairs && i < HIST_BUCKETS && out.pair_count < 8; i++) {
        if (h->buckets[i] == 0) continue;
        pairs[out.pair_count++] = (struct hist_pair){i, (uint32_t)h->buckets[i]};
    }
    return out;
}

static double unit(struct watching *w)
{
    return rng_unit(rng_next(&w->random));
}

static struct cell cell_of(struct watching *w, const struct tick *tick, uint32_t name)
{
    bool slow = tick->start_ns >= SLOW_FROM_NS && tick->start_ns < SLOW_TO_NS;
    struct cell cell = {.stage = tick->stage, .kind = CELL_REQUEST, .index = name, .begun = 1};
    cell.outcomes[OUTCOME_OK] = 1;
    hist_init(&w->hist);
    hist_record(&w->hist, (uint64_t)((slow ? 300e6 : 10e6) * (0.5 + unit(w))));
    for (int i = MEASURE_OK; i <= MEASURE_TTFB; i++) {
        bool kept = i == MEASURE_OK || i == MEASURE_OK_LESS_LAG || i >= MEASURE_SERVICE;
        if (kept) cell.measures[i] = sparse_of(&w->tick_arena, &w->hist);
    }
    return cell;
}

/* As a service's processes and threads, its places and its host have them: each moves. */
static void add_samples(struct watching *w, struct tick *tick)
{
    struct series *series = ARENA_ARRAY(&w->tick_arena, SERIES, struct series);
    struct sample *samples = ARENA_ARRAY(&w->tick_arena, SERIES, struct sample);
    for (uint32_t i = 0; series && samples && i < SERIES; i++) {
        char array[40];
        struct text label = text_in(array, sizeof array);
        text_addf(&label, "place %u", i);
        bool memory = i == 0;
        series[i] = (struct series){.id = i,
                                    .of = BYTES_LIT("api"),
                                    .name = memory ? BYTES_LIT("memory") : BYTES_LIT("waiting"),
                                    .unit = memory ? SERIES_BYTES : SERIES_WAITING};
        if (!memory) series[i].label = arena_copy(&w->tick_arena, text_bytes(&label));
        samples[i] = (struct sample){i, memory ? tick->end_ns : tick->start_ns, tick->end_ns,
                                     (double)(float)(memory ? 1e8 + 1e6 * unit(w) : unit(w))};
    }
    tick->series = series;
    tick->series_count = tick->index == 0 ? SERIES : 0;
    tick->samples = samples;
    tick->sample_count = SERIES;
}

static bool make_tick(struct watching *w, struct tick *tick, struct event *events)
{
    struct arena *arena = &w->tick_arena;
    double *in_flight = ARENA_ARRAY(arena, NAMES, double);
    struct cell *cells = ARENA_ARRAY(arena, NAMES + 2, struct cell);
    struct slot *slot = ARENA_NEW(arena, struct slot);
    if (!arena_ok(arena)) return false;
    for (uint32_t i = 0; i < NAMES; i++) {
        cells[i] = cell_of(w, tick, i);
        in_flight[i] = (double)cells[i].measures[MEASURE_OK].sum_ns;
    }
    cells[NAMES] = cells[0];
    cells[NAMES].kind = CELL_ITERATION;
    cells[NAMES].measures[MEASURE_SERVICE] = cells[NAMES].measures[MEASURE_TTFB] =
        (struct hist_sparse){0};
    cells[NAMES + 1] = (struct cell){.stage = tick->stage, .kind = CELL_STAGE};
    hist_init(&w->hist);
    for (int i = 0; i < NAMES; i++) hist_record(&w->hist, (uint64_t)(50e3 * (0.5 + unit(w))));
    cells[NAMES + 1].measures[STAGE_LAG] = sparse_of(arena, &w->hist);
    cells[NAMES + 1].measures[STAGE_WAIT] = sparse_of(arena, &w->hist);
    *slot = (struct slot){.index = (uint32_t)(tick->start_ns / SLOT_NS),
                          .stage = tick->stage,
                          .planned = 1,
                          .taken = 1,
                          .ok = 1};
    tick->cells = cells;
    tick->cell_count = NAMES + 2;
    tick->slots = slot;
    tick->slot_count = 1;
    tick->events = events;
    tick->requests_in_flight = in_flight;
    tick->iterations_in_flight = in_flight;
    tick->generator_cpu_ns = NS_PER_MS;
    add_samples(w, tick);
    vigil_take(w->vigil, NULL, tick);
    return arena_ok(arena);
}

/* ---- a day ---- */

static double resident_mb(void)
{
    char words[128];
    size_t len = file_read_at("/proc/self/statm", 0, words, sizeof words);
    struct bytes rest = {words, len};
    uint64_t pages = 0;
    rest = bytes_from(rest, bytes_find(rest, BYTES_LIT(" ")) + 1);
    rest.len = bytes_find(rest, BYTES_LIT(" "));
    if (rest.len >= len || !bytes_to_u64(rest, &pages)) return (double)NAN;
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static void hear(struct watching *w, const struct tick *tick, struct event *event, uint32_t *count)
{
    struct text text = text_in(event->text, sizeof event->text);
    *count = 0;
    if (!judge_news(w->judge, &text)) return;
    event->at_ns = tick->end_ns;
    event->kind = EVENT_OBJECTIVE;
    event->stage = tick->stage;
    *count = 1;
    w->told++;
}

static bool play(struct watching *w, double *after_hour_mb, struct err *err)
{
    char array[240];
    struct text news = text_in(array, sizeof array);
    struct tick tick = {0};
    struct event event;
    uint64_t stage_end_ns = w->day.stages[0].length_ns;
    bus_begin(&w->bus, &w->header);
    while (!tick.last) {
        tick.start_ns = tick.end_ns;
        tick.end_ns += NS_PER_S;
        bool over = tick.end_ns == stage_end_ns;
        tick.judged = true;
        tick.last = over && tick.stage + 1 == w->day.stage_count;
        arena_reset(&w->tick_arena);
        if (!make_tick(w, &tick, &event)) return err_set(err, ERR_LIMIT, 0, "no memory");
        bus_tick(&w->bus, &tick);
        hear(w, &tick, &event, &tick.event_count);
        while (recorder_waiting(w->recorder) > WAITING_MOST)
            clock_sleep_until(clock_now_ns() + NS_PER_MS);
        if (recorder_trouble(w->recorder, &news)) return err_set(err, ERR_IO, 0, "%s", array);
        if (tick.end_ns == HOUR_NS) *after_hour_mb = resident_mb();
        tick.index++;
        if (over && !tick.last) stage_end_ns += w->day.stages[++tick.stage].length_ns;
    }
    struct run_end end = {.ended = RUN_COMPLETE, .at_ns = tick.end_ns, .max_rss_bytes = 16 << 20};
    bus_end(&w->bus, &end);
    arena_reset(&w->tick_arena);
    recorder_put_result(w->recorder, result_json_make(&w->tick_arena, judge_result(w->judge)));
    return true;
}

static bool watch_day(struct watching *w, const char *folder, uint32_t index, struct err *err)
{
    static const uint64_t day_ns = 24 * HOUR_NS;
    const struct watch_day_options options = {
        .plan = &w->plan, .now_ns = START_NS + index * day_ns, .most_ns = day_ns, .index = index};
    const struct vigil_options vigil = {.window_ns = w->plan.watch.window_ns, .probes = true};
    if (!arena_open(&w->day_arena, ARENA_LIMIT, err)) return false;
    bool made = watch_day_make(&w->day, &options, &w->day_arena);
    w->vigil = vigil_open(&vigil, &w->day, &w->day_arena);
    if (!made || !w->vigil) return err_set(err, ERR_LIMIT, 0, "no memory for a day");
    w->header = (struct run_header){.id = "0watch00",
                                    .wall_start_ns = options.now_ns,
                                    .tick_ns = NS_PER_S,
                                    .watch_ns = w->plan.watch.window_ns,
                                    .plan = &w->day,
                                    .command = BYTES_LIT("prony watch watching.yaml"),
                                    .version = BYTES_LIT("made up"),
                                    .cores = 2,
                                    .threads = 1};
    char array[RUN_FILE_PATH_MAX];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s/day-%u", folder, index);
    bus_init(&w->bus);
    if (!file_make_private(array, err) || !judge_open(&w->judge, &w->bus, err)
        || !explain_open(&w->explain, err) || !recorder_open(&w->recorder, bytes_of(array), err)) {
        return false;
    }
    bus_add(&w->bus, judge_sink(w->judge));
    bus_add(&w->bus, explain_sink(w->explain));
    bus_add(&w->bus, recorder_sink(w->recorder));
    double first_mb = 0;
    w->told = 0;
    made = play(w, &first_mb, err);
    double last_mb = resident_mb();
    made = recorder_close(w->recorder, made ? err : NULL) && made;
    printf("day %u: %.1f MB after an hour, %.1f MB at its end, %u turns told, %s\n", index + 1,
           first_mb, last_mb, w->told, result_verdict_name(judge_result(w->judge)->verdict));
    made = fflush(stdout) == 0 && made;
    explain_close(w->explain);
    judge_close(w->judge);
    arena_close(&w->day_arena);
    return made;
}

int main(int argc, char **argv)
{
    static struct watching w;
    uint64_t days;
    struct err err = {0};
    if (argc != 3 || !bytes_to_u64(bytes_of(argv[2]), &days) || days == 0 || days > DAYS_MOST) {
        fprintf(stderr, "usage: watching FOLDER DAYS\n");
        return 2;
    }
    w.random = rng_stream_at((struct rng_key){.seed = 7}, 0);
    bool made = arena_open(&w.plan_arena, ARENA_LIMIT, &err)
                && arena_open(&w.tick_arena, ARENA_LIMIT, &err) && open_plan(&w, &err);
    for (uint32_t i = 0; i < days && made; i++) made = watch_day(&w, argv[1], i, &err);
    if (made) return 0;
    fprintf(stderr, "watching: %s\n", err.msg);
    return 1;
}
