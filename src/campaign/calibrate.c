#include "campaign/calibrate.h"

#include <math.h>

#include "base/arena.h"
#include "base/ns.h"
#include "base/text.h"
#include "campaign/targets.h"
#include "load/engine.h"
#include "net/null_server.h"
#include "plan/diag.h"
#include "plan/plan_load.h"
#include "tick/run.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define REACH_WITHIN_NS (2 * NS_PER_S)
#define SOURCE_BYTES 512
#define P50_PER_MILLION 500000
#define P99_PER_MILLION 990000

enum { STAGE_FLOOR, STAGE_CEILING };

struct calibrating {
    struct arena arena;
    struct null_server server;
    struct plan plan;
    struct run_header header;
    struct targets targets;
    struct engine *engine;
    struct hist *times;
    uint64_t done;
    double seconds;
};

/* A rate at which nothing waits for anything, then as many users as keep each thread busy. */
static bool write_plan(struct calibrating *c, uint32_t threads, struct err *err)
{
    char array[SOURCE_BYTES];
    struct text text = text_in(array, sizeof array);
    text_addf(&text,
              "plan: 1\nname: calibration\ntarget: http://127.0.0.1:%u\n"
              "scenarios: { null: { steps: [ GET / ] } }\n"
              "load:\n  threads: %u\n  stages:\n"
              "    - { name: floor, rate: 400/s, for: 1s, arrivals: even, settle: 250ms }\n"
              "    - { name: ceiling, users: %u, for: 1s, settle: 250ms }\n",
              c->server.port, threads, 32 * threads);
    struct diags *diags = ARENA_NEW(&c->arena, struct diags);
    struct plan_host host = {.ctx = c};
    struct plan_input input = {.host = &host};
    input.source = arena_copy(&c->arena, text_bytes(&text));
    if (!diags || !input.source.at) return err_set(err, ERR_LIMIT, 0, "no memory to calibrate");
    if (plan_load(&c->plan, &c->arena, &input, diags)) return true;
    return err_set(err, ERR_BUG, 0, "the plan to calibrate by is wrong");
}

static void take(struct calibrating *c, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (cell->kind != CELL_REQUEST || cell->settle) continue;
        if (cell->stage == STAGE_FLOOR) hist_merge_sparse(c->times, &cell->measures[MEASURE_OK]);
        if (tick->stage == STAGE_CEILING && tick->judged) c->done += cell->outcomes[OUTCOME_OK];
    }
    if (tick->stage == STAGE_CEILING && tick->judged) {
        c->seconds += (double)(tick->end_ns - tick->start_ns) / (double)NS_PER_S;
    }
}

/* False: somebody wants it to end. */
static bool watch(struct calibrating *c, bool (*cancelled)(void *ctx), void *ctx)
{
    struct tick tick;
    bool left = false;
    for (;;) {
        enum engine_step step = engine_next_tick(c->engine, &tick);
        if (step == ENGINE_END) return !left;
        if (step == ENGINE_TICK) take(c, &tick);
        if (left || !cancelled(ctx)) continue;
        left = true;
        engine_leave(c->engine);
    }
}

static bool start(struct calibrating *c, uint32_t threads, bool (*cancelled)(void *ctx), void *ctx,
                  struct err *err)
{
    const struct targets_options targets = {
        .plan = &c->plan, .within_ns = REACH_WITHIN_NS, .cancelled = cancelled, .ctx = ctx};
    c->times = ARENA_NEW(&c->arena, struct hist);
    if (!c->times) return err_set(err, ERR_LIMIT, 0, "no memory to calibrate");
    if (!targets_open(&c->targets, &targets, err)) return false;
    c->header = (struct run_header){.plan = &c->plan, .threads = threads, .tick_ns = NS_PER_S};
    const struct engine_options options = {.header = &c->header,
                                           .routes = c->targets.routes,
                                           .sources = c->targets.sources,
                                           .source_count = c->targets.source_count};
    return engine_start(&c->engine, &options, err);
}

static void conclude(const struct calibrating *c, struct calibration *out)
{
    *out = (struct calibration){0};
    if (!hist_quantile(c->times, P50_PER_MILLION, &out->floor_p50_ns)
        || !hist_quantile(c->times, P99_PER_MILLION, &out->floor_p99_ns) || c->seconds <= 0) {
        return;
    }
    out->ceiling_per_s = (double)c->done / c->seconds;
}

bool calibrate_run(struct calibration *out, uint32_t threads, bool (*cancelled)(void *ctx),
                   void *ctx, struct err *err)
{
    struct calibrating c = {.server.port = 0};
    *out = (struct calibration){0};
    *err = (struct err){0};
    if (!arena_open(&c.arena, ARENA_LIMIT, err)) return false;
    bool ok = false;
    if (!null_server_open(&c.server, err)) goto out;
    ok = write_plan(&c, threads, err) && start(&c, threads, cancelled, ctx, err)
         && watch(&c, cancelled, ctx);
    if (ok) conclude(&c, out);
    if (c.engine) engine_close(c.engine);
    targets_close(&c.targets);
    null_server_close(&c.server);
out:
    arena_close(&c.arena);
    return ok;
}

/* Requests of an iteration of the stage's mix; polls count once. */
static double steps_each(const struct plan *plan, const struct stage *stage)
{
    double steps = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        steps += (stage->mix ? stage->mix[i] : 1) * plan->scenarios[i].step_count;
    }
    return steps;
}

bool calibrate_too_much(const struct calibration *c, const struct plan *plan, double *share)
{
    double most = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *stage = &plan->stages[i];
        if (stage->model != MODEL_OPEN || stage->by_hand) continue;
        most = fmax(most, fmax(stage->rate_from, stage->rate_to) * steps_each(plan, stage));
    }
    *share = c->ceiling_per_s > 0 ? most / c->ceiling_per_s : 0;
    return *share > CALIBRATE_SHARE_MOST;
}
