/* histogram.c - what it takes to count a time, and to make a tick of a second's sheets.
 *
 * Why: both are too small to be seen from outside. The code is the engine's own: live_record() into
 * a worker's sheet, and collect_tick() over the sheets of two workers, with 20 names of 1,000
 * requests each in the second (four histograms a name, as a request that is ok fills them), their
 * clearing included. Only the times are made up: lognormal, spread over two powers of ten.
 * Prints a line of JSON: of ROUNDS rounds by the thread's own CPU clock the median, the smallest
 * and the largest. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/ns.h"
#include "base/rng.h"
#include "base/text.h"
#include "load/collect.h"
#include "plan/plan_load.h"

#define ARENA_LIMIT ((size_t)256 << 20)
#define NAMES 20
#define WORKERS 2
#define A_SECOND 20000u /* requests, of all workers and names */
#define ROUNDS 9
#define TIMES (1u << 16)
#define RECORDS (1u << 24)
#define MERGES 11 /* of a round, whose figure is their mean */

struct bench {
    struct arena arena;
    struct plan plan;
    struct program program;
    struct timeline timeline;
    struct route route;
    struct worker_setting setting;
    struct worker *workers[WORKERS];
    struct collector collector;
    uint64_t times_ns[TIMES];
};

static void must(bool ok, const struct err *err)
{
    if (ok) return;
    fprintf(stderr, "histogram: %s\n", err->msg);
    exit(1);
}

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct bytes no_env(void *ctx, struct bytes name)
{
    UNUSED(ctx);
    UNUSED(name);
    return (struct bytes){NULL, 0};
}

static bool open_plan(struct bench *b, struct err *err)
{
    static char array[4096];
    static struct diags diags;
    static const struct plan_host host = {.env = no_env};
    struct text source = text_in(array, sizeof array);
    text_adds(&source, "plan: 1\nname: histogram\ntarget: http://127.0.0.1:1\nscenarios:\n"
                       "  all:\n    steps: [ GET /0");
    for (int i = 1; i < NAMES; i++) text_addf(&source, ", GET /%d", i);
    text_adds(&source, " ]\nload:\n  stages: [ { name: hold, rate: 1000/s, for: 1h } ]\n");
    struct plan_input input = {.path = BYTES_LIT("histogram.yaml"),
                               .folder = BYTES_LIT("/"),
                               .source = text_bytes(&source),
                               .host = &host};
    if (plan_load(&b->plan, &b->arena, &input, &diags)) return true;
    return err_set(err, ERR_PLAN, 0, "the plan is wrong: %s", diags.items[0].msg);
}

static void open_all(struct bench *b)
{
    struct err err = {0};
    must(arena_open(&b->arena, ARENA_LIMIT, &err) && open_plan(b, &err)
             && program_build(&b->program, &b->plan, &b->arena, &err),
         &err);
    timeline_init(&b->timeline, &b->plan, NS_PER_S, &b->arena);
    b->setting = (struct worker_setting){
        .plan = &b->plan,
        .program = &b->program,
        .timeline = &b->timeline,
        .routes = &b->route,
        .over_ns = UINT64_MAX,
        .worker_count = WORKERS,
        .shape = {b->plan.stage_count + 1, NAMES, b->plan.scenario_count, 64}};
    for (uint32_t i = 0; i < WORKERS; i++)
        must(worker_open(&b->workers[i], &b->setting, i, &err), &err);
    must(collect_open(&b->collector, &b->setting, b->workers, &err), &err);
    struct rng_stream s = rng_stream_at((struct rng_key){.seed = 7}, 0);
    for (uint32_t i = 0; i < TIMES; i++) {
        double radius = sqrt(-2 * log(rng_unit(rng_next(&s))));
        double normal = radius * cos(6.283185307179586 * rng_unit(rng_next(&s)));
        b->times_ns[i] = (uint64_t)(2e6 * exp(0.5 * normal));
    }
}

static void close_all(struct bench *b)
{
    collect_close(&b->collector);
    for (uint32_t i = 0; i < WORKERS; i++) worker_close(b->workers[i]);
    program_close(&b->program);
    arena_close(&b->arena);
}

/* A block of records into one histogram, in ns each, the reading of the time to record included. */
static double record_ns(const struct bench *b)
{
    struct live_cell *cell = sheet_cell(worker_sheet(b->workers[0], 0), 0, false, CELL_REQUEST, 0);
    double start = cpu_ns();
    for (uint32_t i = 0; i < RECORDS; i++)
        live_record(cell, MEASURE_OK, b->times_ns[i & (TIMES - 1)]);
    double took = (cpu_ns() - start) / RECORDS;
    sheet_clear(worker_sheet(b->workers[0], 0));
    return took;
}

static void fill(struct bench *b, uint32_t worker)
{
    struct sheet *t = worker_sheet(b->workers[worker], b->collector.tick);
    t->start_ns = b->collector.tick * NS_PER_S;
    t->end_ns = t->start_ns + NS_PER_S;
    for (uint32_t i = worker; i < A_SECOND; i += WORKERS) {
        struct live_cell *cell = sheet_cell(t, 0, false, CELL_REQUEST, i / WORKERS % NAMES);
        struct live_cell *stage = sheet_cell(t, 0, false, CELL_STAGE, 0);
        uint64_t time_ns = b->times_ns[(b->collector.tick * A_SECOND + i) & (TIMES - 1)];
        cell->outcomes[OUTCOME_OK]++;
        live_record(cell, MEASURE_OK, time_ns + 30000);
        live_record(cell, MEASURE_OK_LESS_LAG, time_ns + 2000);
        live_record(cell, MEASURE_SERVICE, time_ns);
        live_record(cell, MEASURE_TTFB, time_ns - time_ns / 16);
        live_record(stage, STAGE_LAG, 30000 + time_ns / 256);
        live_record(stage, STAGE_WAIT, 2000);
        sheet_slot(t, 0, t->start_ns + i * (NS_PER_S / A_SECOND))->ok++;
    }
    shared_publish(&worker_board(b->workers[worker])->published, b->collector.tick + 1);
}

/* The sheets of a second made into a tick, in ms. */
static double merge_one_ms(struct bench *b)
{
    struct tick tick;
    uint64_t count = 0;
    for (uint32_t i = 0; i < WORKERS; i++) fill(b, i);
    double start = cpu_ns();
    collect_tick(&b->collector, &tick);
    double took = (cpu_ns() - start) / 1e6;
    for (uint32_t i = 0; i < tick.cell_count; i++) {
        if (tick.cells[i].kind == CELL_REQUEST) count += tick.cells[i].measures[MEASURE_OK].count;
    }
    struct err err = {0};
    must(count == A_SECOND || err_set(&err, ERR_BUG, 0, "requests were lost"), &err);
    return took;
}

static double merge_ms(struct bench *b)
{
    double sum_ms = 0;
    for (int i = 0; i < MERGES; i++) sum_ms += merge_one_ms(b);
    return sum_ms / MERGES;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, double *values, const char *end)
{
    qsort(values, ROUNDS, sizeof values[0], by_value);
    printf("\"%s\": [%.4f, %.4f, %.4f]%s", name, values[ROUNDS / 2], values[0], values[ROUNDS - 1],
           end);
}

int main(void)
{
    static struct bench b;
    double records[ROUNDS];
    double merges[ROUNDS];
    open_all(&b);
    record_ns(&b); /* pages, caches */
    merge_ms(&b);
    for (int i = 0; i < ROUNDS; i++) {
        records[i] = record_ns(&b);
        merges[i] = merge_ms(&b);
    }
    printf("{");
    print("record_ns", records, ", ");
    print("merge_ms", merges, "}\n");
    close_all(&b);
    return 0;
}
