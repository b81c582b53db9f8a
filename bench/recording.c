/* recording.c - a run file of any length in a minute: `recording FOLDER SECONDS`.
 *
 * Why: nobody waits eight hours to measure how fast a report is. Only the requests are made up (ten
 * names, 1000 a second, lognormal with a slow tail, failures and timeouts as they come); the ticks
 * are cut, counted, judged and recorded by the code of a real run, at the pace of the recorder.
 * Its books balance, so a report of it gives a verdict. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/rng.h"
#include "judge/judge.h"
#include "plan/plan_load.h"
#include "show/result_json.h"
#include "store/recorder.h"
#include "store/run_file.h"
#include "tick/bus.h"

#define ARENA_LIMIT ((size_t)256 << 20)
#define NAMES 10
#define PER_NAME_S 100 /* requests a second of each name */
#define STAGES 5
#define PACE_NS (4 * NS_PER_MS) /* between two ticks: the recorder's thread keeps up */
#define FAILED_SHARE 0.001      /* by status */
#define TIMEOUT_SHARE 0.00002   /* after 10 s */
#define TIMEOUT_NS (10 * NS_PER_S)
#define LEAST_SECONDS (STAGES * 2)

static const char plan_head[] = "plan: 1\n"
                                "name: recording\n"
                                "target: http://127.0.0.1:8080\n"
                                "scenarios:\n"
                                "  all:\n"
                                "    steps: [ GET /0, GET /1, GET /2, GET /3, GET /4, GET /5, GET "
                                "/6, GET /7, GET /8, GET /9 ]\n"
                                "objectives:\n"
                                "  - avg < 50ms\n"
                                "  - p50 < 20ms\n"
                                "  - p95 < 100ms\n"
                                "  - p99 < 200ms\n"
                                "  - p99 of \"GET /0\" < 100ms\n"
                                "  - p99.9 < 2s\n"
                                "  - throughput > 900/s\n"
                                "  - throughput > 98% of offered\n"
                                "  - errors < 1%\n"
                                "  - availability > 99%\n"
                                "load:\n"
                                "  stages:\n";

struct making {
    struct arena plan_arena, tick_arena;
    struct plan plan;
    struct run_header header;
    struct bus bus;
    struct recorder *recorder;
    struct judge *judge;
    struct hist lag, wait, measures[MEASURE_COUNT];
};

static struct bytes no_env(void *ctx, struct bytes name)
{
    UNUSED(ctx);
    UNUSED(name);
    return (struct bytes){NULL, 0};
}

static bool open_plan(struct making *m, uint64_t seconds, struct err *err)
{
    static char array[4096];
    static struct diags diags;
    static const struct plan_host host = {.env = no_env};
    struct text source = text_in(array, sizeof array);
    text_adds(&source, plan_head);
    for (uint64_t i = 0; i < STAGES; i++) {
        text_addf(&source, "    - { name: s%" PRIu64 ", rate: %d/s, for: %" PRIu64 "s }\n", i + 1,
                  PER_NAME_S, seconds * (i + 1) / STAGES - seconds * i / STAGES);
    }
    struct plan_input input = {.path = BYTES_LIT("recording.yaml"),
                               .folder = BYTES_LIT("/"),
                               .source = text_bytes(&source),
                               .host = &host};
    if (plan_load(&m->plan, &m->plan_arena, &input, &diags)) return true;
    return err_set(err, ERR_PLAN, 0, "the plan is wrong: %s", diags.items[0].msg);
}

/* ---- the requests of a tick ---- */

static struct hist_sparse sparse_of(struct arena *arena, const struct hist *h)
{
    struct hist_pair *pairs = ARENA_ARRAY(arena, HIST_BUCKETS + 1, struct hist_pair);
    struct hist_sparse out = {h->count, h->sum_ns, h->max_ns, pairs, 0};
    for (uint32_t i = 0; pairs && i < HIST_BUCKETS; i++) {
        if (h->buckets[i] == 0) continue;
        pairs[out.pair_count++] = (struct hist_pair){i, (uint32_t)h->buckets[i]};
    }
    if (pairs && h->over > 0)
        pairs[out.pair_count++] = (struct hist_pair){HIST_OVER, (uint32_t)h->over};
    return out;
}

static double unit(struct rng_stream *s)
{
    return rng_unit(rng_next(s));
}

/* A request of that name; its times are made from one another as they are in truth, since that
 * decides how well they compress. */
static struct exemplar draw(struct rng_stream *s, uint32_t name)
{
    double normal = sqrt(-2 * log(unit(s))) * cos(6.283185307179586 * unit(s));
    double service_ns = 2e6 * (1 + name) * exp(0.4 * normal);
    if (unit(s) < 0.01) service_ns *= 10;
    double lag_ns = -log(unit(s)) * 25e3;
    double wait_ns = unit(s) < 0.05 ? 2e5 * unit(s) : 800;
    double fate = unit(s);
    struct exemplar e = {.kind = EXEMPLAR_SLOW,
                         .name = name,
                         .status = 200,
                         .lag_ns = (uint64_t)lag_ns,
                         .wait_ns = (uint64_t)wait_ns,
                         .service_ns = (uint64_t)service_ns,
                         .ttfb_ns = (uint64_t)(0.9 * service_ns)};
    if (fate < FAILED_SHARE) e.outcome = OUTCOME_STATUS, e.status = 503;
    else if (fate < FAILED_SHARE + TIMEOUT_SHARE) e.outcome = OUTCOME_TIMEOUT, e.status = 0;
    if (e.outcome == OUTCOME_TIMEOUT) e.service_ns = TIMEOUT_NS;
    e.response_ns = e.lag_ns + e.wait_ns + e.service_ns;
    return e;
}

static void count(struct making *m, const struct exemplar *e)
{
    hist_record(&m->lag, e->lag_ns);
    hist_record(&m->wait, e->wait_ns);
    if (e->outcome == OUTCOME_STATUS) hist_record(&m->measures[MEASURE_NOT_OK], e->response_ns);
    if (e->outcome == OUTCOME_TIMEOUT) hist_record(&m->measures[MEASURE_TIMEOUT_AGE], TIMEOUT_NS);
    if (e->outcome != OUTCOME_OK) return;
    hist_record(&m->measures[MEASURE_OK], e->response_ns);
    hist_record(&m->measures[MEASURE_OK_LESS_LAG], e->response_ns - e->lag_ns);
    hist_record(&m->measures[MEASURE_SERVICE], e->service_ns);
    hist_record(&m->measures[MEASURE_TTFB], e->ttfb_ns);
}

/* The cell of one name, its slowest request and one by chance. */
static void make_name(struct making *m, const struct tick *tick, uint32_t name, struct cell *cell,
                      struct exemplar shown[2])
{
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = 7, .stage = name}, tick->index);
    uint64_t length_ns = tick->end_ns - tick->start_ns;
    *cell = (struct cell){.stage = tick->stage, .kind = CELL_REQUEST, .index = name};
    cell->begun = PER_NAME_S * length_ns / NS_PER_S;
    for (int i = 0; i < MEASURE_COUNT; i++) hist_init(&m->measures[i]);
    for (uint64_t i = 0; i < cell->begun; i++) {
        struct exemplar e = draw(&s, name);
        e.stage = tick->stage;
        e.intended_ns = tick->start_ns + length_ns * i / cell->begun;
        cell->outcomes[e.outcome]++;
        cell->answered_5xx += e.status == 503;
        count(m, &e);
        if (i == 0 || e.response_ns > shown[0].response_ns) shown[0] = e;
        if (i == cell->begun / 2) shown[1] = e;
    }
    shown[1].kind = EXEMPLAR_RANDOM;
    for (int i = 0; i < MEASURE_COUNT; i++)
        cell->measures[i] = sparse_of(&m->tick_arena, &m->measures[i]);
}

static void make_slots(struct making *m, struct tick *tick)
{
    uint32_t first = (uint32_t)(tick->start_ns / SLOT_NS);
    tick->slot_count = (uint32_t)(tick->end_ns / SLOT_NS) - first;
    struct slot *slots = ARENA_ARRAY(&m->tick_arena, tick->slot_count, struct slot);
    uint32_t planned = NAMES * PER_NAME_S / (NS_PER_S / SLOT_NS);
    for (uint32_t i = 0; slots && i < tick->slot_count; i++) {
        slots[i] = (struct slot){.index = first + i,
                                 .stage = tick->stage,
                                 .planned = planned,
                                 .taken = planned,
                                 .ok = planned - i % 2,
                                 .failed = i % 2};
    }
    tick->slots = slots;
}

/* Fills what a source measures; number, time and stage are there. */
static bool make_tick(struct making *m, struct tick *tick)
{
    static const struct hist_sparse none = {0};
    struct arena *arena = &m->tick_arena;
    double *in_flight = ARENA_ARRAY(arena, NAMES, double);
    double *iterations = ARENA_ARRAY(arena, 1, double);
    struct cell *cells = ARENA_ARRAY(arena, NAMES + 2, struct cell);
    struct exemplar *shown = ARENA_ARRAY(arena, NAMES * 2, struct exemplar);
    if (!arena_ok(arena)) return false;
    uint64_t length_ns = tick->end_ns - tick->start_ns;
    hist_init(&m->lag);
    hist_init(&m->wait);
    for (uint32_t i = 0; i < NAMES; i++) {
        make_name(m, tick, i, &cells[i], &shown[2 * i]);
        in_flight[i] = 0.2 * (i + 1) * (double)length_ns;
        iterations[0] += in_flight[i];
    }
    struct cell *iteration = &cells[NAMES];
    struct cell *stage = &cells[NAMES + 1];
    *iteration = cells[0]; /* one an iteration */
    iteration->kind = CELL_ITERATION;
    iteration->answered_5xx = 0;
    iteration->measures[MEASURE_SERVICE] = iteration->measures[MEASURE_TTFB] = none;
    *stage = (struct cell){.stage = tick->stage, .kind = CELL_STAGE};
    stage->measures[STAGE_LAG] = sparse_of(arena, &m->lag);
    stage->measures[STAGE_WAIT] = sparse_of(arena, &m->wait);
    tick->cells = cells;
    tick->cell_count = NAMES + 2;
    tick->exemplars = shown;
    tick->exemplar_count = NAMES * 2;
    tick->requests_in_flight = in_flight;
    tick->iterations_in_flight = iterations;
    tick->generator_cpu_ns = length_ns / 50;
    make_slots(m, tick);
    return arena_ok(arena);
}

/* ---- the run ---- */

static bool play(struct making *m, uint64_t seconds, struct err *err)
{
    char array[240];
    struct text news = text_in(array, sizeof array);
    struct tick tick = {0};
    uint64_t stage_end_ns = m->plan.stages[0].length_ns;
    bus_begin(&m->bus, &m->header);
    while (tick.end_ns < seconds * NS_PER_S) {
        uint64_t next_ns = (tick.end_ns / m->header.tick_ns + 1) * m->header.tick_ns;
        tick.start_ns = tick.end_ns;
        tick.end_ns = next_ns < stage_end_ns ? next_ns : stage_end_ns;
        tick.judged = run_stage_judged(&m->header, tick.stage);
        tick.last = tick.end_ns == seconds * NS_PER_S;
        arena_reset(&m->tick_arena);
        if (!make_tick(m, &tick)) return err_set(err, ERR_LIMIT, 0, "no memory for a tick");
        bus_tick(&m->bus, &tick);
        clock_sleep_until(clock_now_ns() + PACE_NS);
        if (recorder_trouble(m->recorder, &news)) return err_set(err, ERR_IO, 0, "%s", array);
        tick.index++;
        if (tick.end_ns == stage_end_ns && !tick.last)
            stage_end_ns += m->plan.stages[++tick.stage].length_ns;
    }
    struct run_end end = {.ended = RUN_COMPLETE,
                          .at_ns = tick.end_ns,
                          .generator_cpu_ns = tick.end_ns / 50,
                          .max_rss_bytes = 16 << 20};
    bus_end(&m->bus, &end);
    arena_reset(&m->tick_arena);
    recorder_put_result(m->recorder, result_json_make(&m->tick_arena, judge_result(m->judge)));
    return true;
}

static bool make(const char *folder, uint64_t seconds, struct err *err)
{
    static struct making m;
    if (!arena_open(&m.plan_arena, ARENA_LIMIT, err)) return false;
    if (!arena_open(&m.tick_arena, ARENA_LIMIT, err)) return false;
    if (!open_plan(&m, seconds, err)) return false;
    m.header = (struct run_header){.id = "0rec0rd0",
                                   .wall_start_ns = UINT64_C(1700000000000000000),
                                   .tick_ns = run_file_tick_ns(seconds * NS_PER_S),
                                   .plan = &m.plan,
                                   .command = BYTES_LIT("prony run recording.yaml"),
                                   .version = BYTES_LIT("made up"),
                                   .cores = 2,
                                   .threads = 1,
                                   .response_limit_ns = 20 * NS_PER_MS};
    bus_init(&m.bus);
    if (!judge_open(&m.judge, &m.bus, err)) return false;
    if (!recorder_open(&m.recorder, bytes_of(folder), err)) return false;
    bus_add(&m.bus, judge_sink(m.judge));
    bus_add(&m.bus, recorder_sink(m.recorder));
    bool made = play(&m, seconds, err);
    return recorder_close(m.recorder, made ? err : NULL) && made;
}

int main(int argc, char **argv)
{
    uint64_t seconds;
    struct err err = {0};
    if (argc != 3 || !bytes_to_u64(bytes_of(argv[2]), &seconds) || seconds < LEAST_SECONDS) {
        fprintf(stderr, "usage: recording FOLDER SECONDS\n");
        return 2;
    }
    if (make(argv[1], seconds, &err)) return 0;
    fprintf(stderr, "recording: %s\n", err.msg);
    return 1;
}
