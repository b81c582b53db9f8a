#include "tape.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/text.h"
#include "check.h"
#include "plan/diag.h"
#include "plan/plan_load.h"

static const char all_of_it[] =
    "plan: 1\n"
    "name: tape\n"
    "target: http://127.0.0.1:8080\n"
    "scenarios:\n"
    "  read:\n"
    "    weight: 3.7\n"
    "    steps:\n"
    "      - GET /jobs\n"
    "      - get: /stats\n"
    "        think: 10ms\n"
    "  job:\n"
    "    weight: 1.3\n"
    "    steps:\n"
    "      - post: /jobs\n"
    "        json: { kind: resize }\n"
    "load:\n"
    "  arrivals: poisson\n"
    "  warmup: { rate: 33.3/s, for: 5s }\n"
    "  stages:\n"
    "    - { name: climb, rate: 100/s..300/s, step: 100/s, each: 10s, settle: 1s }\n"
    "    - { name: spike, rate: 1000.7/s, for: 2s, judge: false, arrivals: even }\n"
    "    - { name: crowd, users: 55, think: 1s..2s, for: 10s, mix: { job: 1 } }\n"
    "  max_in_flight: 5000\n"
    "  connections: 64\n"
    "  seed: 18446744073709551615\n"
    "objectives:\n"
    "  - p99.9 of \"GET /jobs\" < 0.7s\n"
    "  - warn: avg in climb < 12.5ms\n"
    "  - throughput >= 98.3% of offered\n"
    "abort_when: errors > 20% for 10s\n";

static struct bytes no_env(void *ctx, struct bytes name)
{
    (void)ctx;
    (void)name;
    return (struct bytes){NULL, 0};
}

void tape_open(struct tape *tape, const char *yaml)
{
    *tape = (struct tape){.names = 3, .values = 200, .tick_ns = NS_PER_S};
    struct err err;
    assert_true(arena_open(&tape->arena, (size_t)64 << 20, &err));
    static const struct plan_host host = {.env = no_env};
    struct plan_input input = {.path = BYTES_LIT("tape.yaml"),
                               .folder = BYTES_LIT("/tmp"),
                               .source = bytes_of(yaml ? yaml : all_of_it),
                               .host = &host};
    static struct diags diags;
    diags = (struct diags){0};
    if (!plan_load(&tape->plan, &tape->arena, &input, &diags)) {
        char array[2000];
        struct text text = text_in(array, sizeof array);
        diag_print(&text, &diags, input.path, input.source);
        fail_msg("%s", array);
    }
    tape->header = (struct run_header){.id = "0abc1234",
                                       .wall_start_ns = UINT64_C(1700000000123456789),
                                       .tick_ns = tape->tick_ns,
                                       .plan = &tape->plan,
                                       .command = BYTES_LIT("prony run tape.yaml"),
                                       .version = BYTES_LIT("0.1.0"),
                                       .host = BYTES_LIT("bench\xff"),
                                       .kernel = BYTES_LIT("6.1.0"),
                                       .cpu = BYTES_LIT("some model"),
                                       .cores = 2,
                                       .memory_bytes = UINT64_C(8) << 30,
                                       .threads = 2,
                                       .budget_bytes = 12345678,
                                       .response_limit_ns = 12500000,
                                       .watch_ns = 300000000000};
}

void tape_close(struct tape *tape)
{
    arena_close(&tape->arena);
}

/* ---- ticks ---- */

static struct hist_sparse sparse_of(struct arena *arena, const struct hist *h)
{
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) pairs += h->buckets[i] > 0;
    pairs += h->over > 0;
    struct hist_pair *items = ARENA_ARRAY(arena, pairs, struct hist_pair);
    assert_true(arena_ok(arena));
    uint32_t at = 0;
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        if (h->buckets[i] > 0) items[at++] = (struct hist_pair){i, (uint32_t)h->buckets[i]};
    }
    if (h->over > 0) items[at++] = (struct hist_pair){HIST_OVER, (uint32_t)h->over};
    return (struct hist_sparse){h->count, h->sum_ns, h->max_ns, items, pairs};
}

static double normal(struct rng_stream *s)
{
    double a = rng_unit(rng_next(s)), b = rng_unit(rng_next(s));
    return sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
}

struct request_times {
    uint64_t response_ns, less_lag_ns, service_ns, ttfb_ns, lag_ns, wait_ns;
};

/* Each name has its own centre; one in a hundred takes ten times as long. */
static struct request_times request_times(struct rng_stream *s, uint32_t name)
{
    double median_ns = 2e6 * (1 + name), lag_ns = -log(rng_unit(rng_next(s))) * 25e3;
    double service_ns = median_ns * exp(0.4 * normal(s));
    if (rng_unit(rng_next(s)) < 0.01) service_ns *= 10;
    double wait_ns = rng_unit(rng_next(s)) < 0.05 ? 2e5 * rng_unit(rng_next(s)) : 800;
    double ttfb_ns = service_ns - 2e4 * rng_unit(rng_next(s));
    return (struct request_times){.response_ns = (uint64_t)(service_ns + lag_ns + wait_ns),
                                  .less_lag_ns = (uint64_t)(service_ns + wait_ns),
                                  .service_ns = (uint64_t)service_ns,
                                  .ttfb_ns = (uint64_t)(ttfb_ns > 1000 ? ttfb_ns : 1000),
                                  .lag_ns = (uint64_t)lag_ns,
                                  .wait_ns = (uint64_t)wait_ns};
}

static struct hist work[MEASURE_COUNT], lag_hist, wait_hist;

static void make_name_cell(const struct tape *tape, struct arena *arena, uint32_t index,
                           uint32_t stage, uint32_t name, struct cell *out)
{
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = 7, .stage = name}, index);
    for (int m = 0; m < MEASURE_COUNT; m++) hist_init(&work[m]);
    *out = (struct cell){.stage = stage,
                         .settle = index % 5 == 0,
                         .kind = CELL_REQUEST,
                         .index = name,
                         .begun = tape->values,
                         .answered_5xx = index % 3};
    for (uint32_t i = 0; i < tape->values; i++) {
        struct request_times t = request_times(&s, name);
        bool failed = rng_unit(rng_next(&s)) < 0.001;
        out->outcomes[failed ? OUTCOME_STATUS : OUTCOME_OK]++;
        hist_record(&lag_hist, t.lag_ns);
        hist_record(&wait_hist, t.wait_ns);
        hist_record(&work[failed ? MEASURE_NOT_OK : MEASURE_OK], t.response_ns);
        if (failed) continue;
        hist_record(&work[MEASURE_OK_LESS_LAG], t.less_lag_ns);
        hist_record(&work[MEASURE_SERVICE], t.service_ns);
        hist_record(&work[MEASURE_TTFB], t.ttfb_ns);
    }
    if (index % 7 == 3) { /* a timeout now and then, over the range of a histogram too */
        out->outcomes[OUTCOME_TIMEOUT]++;
        hist_record(&work[MEASURE_TIMEOUT_AGE], UINT64_C(1) << (index % 14 == 3 ? 43 : 33));
    }
    if (index % 9 == 4) { /* and something of our own that was short */
        out->outcomes[OUTCOME_DROPPED] += 5;
        out->outcomes[OUTCOME_CHECK] += 300;
        out->shortages[SHORTAGE_ROWS] = index % 2;
        out->shortages[SHORTAGE_PORTS] = 2;
        out->shortages[SHORTAGE_ROOM] = 300;
    }
    for (int m = 0; m < MEASURE_COUNT; m++) out->measures[m] = sparse_of(arena, &work[m]);
}

static void add_slots(const struct tape *tape, struct arena *arena, struct tick *t)
{
    uint32_t count = (uint32_t)((t->end_ns - t->start_ns) / SLOT_NS);
    struct slot *slots = ARENA_ARRAY(arena, count, struct slot);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t planned = tape->names * tape->values / count + (t->index + i) % 9;
        slots[i] = (struct slot){.index = (uint32_t)(t->start_ns / SLOT_NS) + i,
                                 .stage = t->stage,
                                 .planned = planned,
                                 .taken = planned,
                                 .ok = planned - i % 2,
                                 .failed = i % 2,
                                 .over = i % 3,
                                 .lacking = i % 2};
    }
    t->slots = slots;
    t->slot_count = count;
}

static void add_gaps(struct arena *arena, struct tick *t)
{
    uint32_t count = t->index % 3 == 0 ? 0 : 64;
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = 9}, t->index);
    struct takeup_gap *gaps = ARENA_ARRAY(arena, count, struct takeup_gap);
    for (uint32_t i = 0; i < count; i++) {
        gaps[i] = (struct takeup_gap){t->stage, (uint32_t)(-1e6 * log(rng_unit(rng_next(&s))))};
    }
    if (count > 0) gaps[0].millionths = UINT32_MAX;
    t->gaps = gaps;
    t->gap_count = count;
}

/* Two passes of a source, and an instant; a series is met in every fifth tick. */
static void add_samples(struct arena *arena, struct tick *t)
{
    uint32_t known = t->index / 5 + 1;
    struct sample *samples = ARENA_ARRAY(arena, 2 * known + 1, struct sample);
    for (uint32_t i = 0; i < 2 * known; i++) {
        uint64_t to_ns = t->end_ns - (i < known ? 1000 : 7);
        samples[i] = (struct sample){i % known, t->start_ns, to_ns,
                                     (double)((float)(t->index + 1) / (float)(i + 3))};
    }
    samples[2 * known] = (struct sample){0, t->end_ns, t->end_ns, -0.5};
    t->samples = samples;
    t->sample_count = 2 * known + 1;
    if (t->index % 5 != 0) return;
    struct series *series = ARENA_NEW(arena, struct series);
    *series = (struct series){.id = known - 1,
                              .of = BYTES_LIT("api"),
                              .name = BYTES_LIT("waiting"),
                              .label = known % 2 ? BYTES_LIT("lock of db-#") : BYTES_LIT(""),
                              .unit = SERIES_WAITING};
    t->series = series;
    t->series_count = 1;
}

static void add_stalls(struct arena *arena, struct tick *t)
{
    uint32_t count = t->index % 4;
    struct stall *stalls = ARENA_ARRAY(arena, count, struct stall);
    for (uint32_t i = 0; i < count; i++) {
        stalls[i] = (struct stall){.start_ns = t->start_ns + i,
                                   .end_ns = t->end_ns,
                                   .stage = t->stage,
                                   .held = t->index + i,
                                   .open = 64,
                                   .others = i,
                                   .worker = i == 2 ? STALL_NO_WORKER : 255 - i};
    }
    t->stalls = stalls;
    t->stall_count = count;
}

static void add_rows(struct arena *arena, struct tick *t)
{
    if (t->index % 10 != 1) return;
    struct event *events = ARENA_ARRAY(arena, 9, struct event);
    for (uint32_t i = 0; i < 9; i++) {
        events[i] = (struct event){.at_ns = t->start_ns + i,
                                   .kind = i % 2 ? EVENT_SERVICE : EVENT_STAGE,
                                   .stage = t->stage};
        struct text text = text_in(events[i].text, sizeof events[i].text);
        text_addf(&text, "event %u of tick %u", i, t->index);
    }
    struct exemplar *exemplars = ARENA_ARRAY(arena, 2, struct exemplar);
    exemplars[0] = (struct exemplar){
        .kind = EXEMPLAR_SLOW, .name = 1, .response_ns = 77, .intended_ns = t->start_ns};
    exemplars[1] = (struct exemplar){.kind = EXEMPLAR_FIRST_ERROR,
                                     .outcome = OUTCOME_STATUS,
                                     .status = 503,
                                     .lag_ns = 1,
                                     .wait_ns = 2,
                                     .connect_ns = 3,
                                     .tls_ns = 4,
                                     .ttfb_ns = 4,
                                     .service_ns = 5,
                                     .detail = BYTES_LIT("status 503"),
                                     .sample = BYTES_LIT("a\0b\xff")};
    t->events = events;
    t->event_count = 9;
    t->exemplars = exemplars;
    t->exemplar_count = 2;
}

struct tick tape_tick(const struct tape *tape, struct arena *arena, uint32_t index)
{
    const struct plan *plan = &tape->plan;
    uint32_t stage = index / 8 < plan->stage_count ? index / 8 : plan->stage_count;
    struct tick t = {.index = index,
                     .start_ns = index * tape->tick_ns,
                     .end_ns = (index + 1) * tape->tick_ns,
                     .stage = stage,
                     .judged = run_stage_judged(&tape->header, stage),
                     .users = 0.1 * index * 1e9,
                     .generator_cpu_ns = 300000000 + index};
    for (uint32_t i = 0; i < STRAIN_COUNT; i++) {
        t.strain.of[i] = (index + i) % 3 == 0 ? 0 : UINT64_C(1) << (index * 7 + i) % 64;
    }
    hist_init(&lag_hist);
    hist_init(&wait_hist);
    struct cell *cells = ARENA_ARRAY(arena, tape->names + 2, struct cell);
    double *in_flight = ARENA_ARRAY(arena, plan->name_count, double);
    double *iterations = ARENA_ARRAY(arena, plan->scenario_count, double);
    for (uint32_t i = 0; i < tape->names; i++) {
        make_name_cell(tape, arena, index, stage, i, &cells[i]);
        in_flight[i] = 1e9 * (double)(i + 1) / 3;
    }
    struct cell *scenario = &cells[tape->names], *whole = &cells[tape->names + 1];
    *scenario = (struct cell){.kind = CELL_ITERATION, .stage = stage, .begun = index};
    *whole = (struct cell){.kind = CELL_STAGE,
                           .stage = stage,
                           .rested_ns = index * 77,
                           .shortages = {index % 4, 300 * (index % 3), 0, 1, index % 2}};
    whole->measures[STAGE_LAG] = sparse_of(arena, &lag_hist);
    whole->measures[STAGE_WAIT] = sparse_of(arena, &wait_hist);
    iterations[0] = 0.1;
    t.cells = cells;
    t.cell_count = tape->names + 2;
    t.requests_in_flight = in_flight;
    t.iterations_in_flight = iterations;
    add_slots(tape, arena, &t);
    add_gaps(arena, &t);
    add_stalls(arena, &t);
    add_samples(arena, &t);
    add_rows(arena, &t);
    assert_true(arena_ok(arena));
    return t;
}

/* ---- comparing ---- */

static void check_hist(const char *name, const struct hist_sparse *got,
                       const struct hist_sparse *want)
{
    CHECK_U64(name, got->count, want->count);
    CHECK_U64(name, got->pair_count, want->pair_count);
    if (want->count == 0) return;
    CHECK_U64(name, got->sum_ns, want->sum_ns);
    CHECK_U64(name, got->max_ns, want->max_ns);
    CHECK(name, memcmp(got->pairs, want->pairs, want->pair_count * sizeof *want->pairs) == 0);
}

static void check_exemplar(const char *name, const struct exemplar *got,
                           const struct exemplar *want)
{
    CHECK_U64(name, got->kind, want->kind);
    CHECK_U64(name, got->stage, want->stage);
    CHECK_U64(name, got->name, want->name);
    CHECK_U64(name, got->outcome, want->outcome);
    CHECK_U64(name, got->status, want->status);
    CHECK_U64(name, got->intended_ns, want->intended_ns);
    CHECK_U64(name, got->response_ns, want->response_ns);
    CHECK_U64(name, got->lag_ns, want->lag_ns);
    CHECK_U64(name, got->wait_ns, want->wait_ns);
    CHECK_U64(name, got->connect_ns, want->connect_ns);
    CHECK_U64(name, got->tls_ns, want->tls_ns);
    CHECK_U64(name, got->ttfb_ns, want->ttfb_ns);
    CHECK_U64(name, got->service_ns, want->service_ns);
    CHECK(name, bytes_equal(got->detail, want->detail));
    CHECK(name, bytes_equal(got->sample, want->sample));
}

static void check_cell(const char *name, const struct cell *got, const struct cell *want)
{
    CHECK_U64(name, got->stage, want->stage);
    CHECK_U64(name, got->settle, want->settle);
    CHECK_U64(name, got->kind, want->kind);
    CHECK_U64(name, got->index, want->index);
    CHECK_U64(name, got->begun, want->begun);
    CHECK_U64(name, got->answered_5xx, want->answered_5xx);
    CHECK_U64(name, got->rested_ns, want->rested_ns);
    CHECK(name, memcmp(got->shortages, want->shortages, sizeof want->shortages) == 0);
    CHECK(name, memcmp(got->outcomes, want->outcomes, sizeof want->outcomes) == 0);
    for (int m = 0; m < MEASURE_COUNT; m++) {
        check_hist(name, &got->measures[m], &want->measures[m]);
    }
}

/* Bit for bit. */
static void check_doubles(const char *name, const double *got, const double *want, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) CHECK(name, memcmp(&got[i], &want[i], sizeof *got) == 0);
}

void tape_check_tick(const char *name, const struct blob_dims *dims, const struct tick *got,
                     const struct tick *want)
{
    CHECK_U64(name, got->index, want->index);
    CHECK_U64(name, got->start_ns, want->start_ns);
    CHECK_U64(name, got->end_ns, want->end_ns);
    CHECK_U64(name, got->stage, want->stage);
    CHECK_U64(name, got->judged, want->judged);
    CHECK_U64(name, got->last, want->last);
    CHECK_U64(name, got->generator_cpu_ns, want->generator_cpu_ns);
    CHECK(name, memcmp(&got->users, &want->users, sizeof want->users) == 0);
    check_doubles(name, got->requests_in_flight, want->requests_in_flight, dims->name_count);
    check_doubles(name, got->iterations_in_flight, want->iterations_in_flight,
                  dims->scenario_count);
    CHECK_U64(name, got->cell_count, want->cell_count);
    for (uint32_t i = 0; i < want->cell_count; i++) {
        check_cell(name, &got->cells[i], &want->cells[i]);
    }
    CHECK_U64(name, got->slot_count, want->slot_count);
    for (uint32_t i = 0; i < want->slot_count; i++) {
        CHECK(name, memcmp(&got->slots[i], &want->slots[i], sizeof(struct slot)) == 0);
    }
    CHECK(name, memcmp(&got->strain, &want->strain, sizeof want->strain) == 0);
    CHECK_U64(name, got->stall_count, want->stall_count);
    for (uint32_t i = 0; i < want->stall_count; i++) {
        const struct stall *a = &got->stalls[i];
        const struct stall *b = &want->stalls[i];
        CHECK(name, a->start_ns == b->start_ns && a->end_ns == b->end_ns && a->stage == b->stage);
        CHECK(name, a->held == b->held && a->open == b->open && a->others == b->others);
        CHECK_U64(name, a->worker, b->worker);
    }
    CHECK_U64(name, got->gap_count, want->gap_count);
    for (uint32_t i = 0; i < want->gap_count; i++) {
        CHECK(name, memcmp(&got->gaps[i], &want->gaps[i], sizeof(struct takeup_gap)) == 0);
    }
    CHECK_U64(name, got->sample_count, want->sample_count);
    for (uint32_t i = 0; i < want->sample_count; i++) {
        const struct sample *a = &got->samples[i];
        const struct sample *b = &want->samples[i];
        CHECK(name, a->series == b->series && a->from_ns == b->from_ns && a->to_ns == b->to_ns);
        CHECK(name, a->value == b->value);
    }
    /* Those of ticks that were lost come with the next, before its own. */
    CHECK(name, got->series_count >= want->series_count);
    uint32_t before = got->series_count - want->series_count;
    for (uint32_t i = 0; i < want->series_count; i++) {
        const struct series *a = &got->series[before + i];
        const struct series *b = &want->series[i];
        CHECK(name, a->id == b->id && a->unit == b->unit && bytes_equal(a->of, b->of));
        CHECK(name, bytes_equal(a->name, b->name) && bytes_equal(a->label, b->label));
    }
    CHECK_U64(name, got->event_count, want->event_count);
    for (uint32_t i = 0; i < want->event_count; i++) {
        CHECK_U64(name, got->events[i].at_ns, want->events[i].at_ns);
        CHECK_U64(name, got->events[i].kind, want->events[i].kind);
        CHECK_U64(name, got->events[i].stage, want->events[i].stage);
        CHECK_STR(name, got->events[i].text, want->events[i].text);
    }
    CHECK_U64(name, got->exemplar_count, want->exemplar_count);
    for (uint32_t i = 0; i < want->exemplar_count; i++) {
        check_exemplar(name, &got->exemplars[i], &want->exemplars[i]);
    }
}

/* ---- listening ---- */

static void on_begin(void *ctx, const struct run_header *header)
{
    struct tape_listener *l = ctx;
    assert_false(l->began);
    assert_string_equal(header->id, l->tape->header.id);
    l->began = true;
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct tape_listener *l = ctx;
    assert_true(l->began);
    l->skipped += tick->index - l->ticks - l->skipped;
    arena_reset(&l->arena);
    struct tick want = tape_tick(l->tape, &l->arena, tick->index);
    struct blob_dims dims = tick_blob_dims(&l->tape->header);
    char name[32];
    struct text text = text_in(name, sizeof name);
    text_addf(&text, "tick %u", tick->index);
    tape_check_tick(name, &dims, tick, &want);
    l->ticks++;
}

static void on_end(void *ctx, const struct run_end *end)
{
    struct tape_listener *l = ctx;
    assert_false(l->ended);
    l->ended = true;
    l->end = *end;
}

struct sink tape_listen(struct tape_listener *listener)
{
    return (struct sink){.ctx = listener, .begin = on_begin, .tick = on_tick, .end = on_end};
}

/* ---- folders ---- */

void tape_folder(char *array, size_t size)
{
    struct text text = text_in(array, size);
    text_adds(&text, P_tmpdir "/prony-store-XXXXXX");
    assert_non_null(mkdtemp(array));
}

void tape_remove(const char *folder)
{
    struct err err;
    assert_true(file_remove_tree(folder, &err));
}
