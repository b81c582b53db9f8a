#include "campaign/walk.h"

#include "base/clock.h"
#include "base/file.h"
#include "campaign/interrupt.h"
#include "campaign/targets.h"
#include "load/engine.h"
#include "rig/services.h"
#include "tick/run.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define REACH_WITHIN_NS (2 * NS_PER_S) /* the one connect to each target */
#define STAGE_NS (600 * NS_PER_S) /* of a scenario at the longest; it ends with its last reply */

struct walk {
    const struct walk_options *options;
    struct arena arena;
    struct interrupt interrupt;
    struct services services;
    struct run_header header;
    struct plan plan; /* as the engine sees it */
    struct engine *engine;
    struct targets targets;
};

static bool cancelled(void *ctx)
{
    struct walk *w = ctx;
    return interrupt_look(&w->interrupt) > 0;
}

static void pass_on(void *ctx, const char *line)
{
    const struct walk *w = ctx;
    w->options->say(w->options->ctx, line);
}

/* The scenarios without their pauses; polls keep theirs, or they would hammer. */
static bool copy_scenarios(struct walk *w)
{
    struct plan *plan = &w->plan;
    struct scenario *scenarios = ARENA_ARRAY(&w->arena, plan->scenario_count, struct scenario);
    for (uint32_t i = 0; scenarios && i < plan->scenario_count; i++) {
        struct scenario *s = &scenarios[i];
        *s = plan->scenarios[i];
        struct step *steps = ARENA_ARRAY(&w->arena, s->step_count, struct step);
        if (!steps) return false;
        memcpy(steps, s->steps, s->step_count * sizeof *steps);
        for (uint32_t k = 0; k < s->step_count; k++) steps[k].has_think = false;
        s->steps = steps;
    }
    plan->scenarios = scenarios;
    return scenarios != NULL;
}

/* A stage for each scenario: one user, one iteration. */
static bool make_stages(struct walk *w)
{
    struct plan *plan = &w->plan;
    plan->stages = ARENA_ARRAY(&w->arena, plan->scenario_count, struct stage);
    plan->stage_count = plan->scenario_count;
    for (uint32_t i = 0; plan->stages && i < plan->stage_count; i++) {
        double *mix = ARENA_ARRAY(&w->arena, plan->scenario_count, double);
        if (!mix) return false;
        mix[i] = 1;
        plan->stages[i] = (struct stage){.name = plan->scenarios[i].name,
                                         .group = plan->scenarios[i].name,
                                         .model = MODEL_CLOSED,
                                         .users_from = 1,
                                         .users_to = 1,
                                         .requests = 1,
                                         .length_ns = STAGE_NS,
                                         .mix = mix};
    }
    plan->objective_count = plan->abort_count = 0;
    return plan->stages != NULL;
}

static bool start(struct walk *w, struct err *err)
{
    const struct services_options services = {.plan = &w->plan,
                                              .folder = w->options->folder,
                                              .cancelled = cancelled,
                                              .say = pass_on,
                                              .ctx = w};
    const struct targets_options targets = {.plan = &w->plan,
                                            .within_ns = REACH_WITHIN_NS,
                                            .cancelled = cancelled,
                                            .say = pass_on,
                                            .ctx = w};
    if (!services_start(&w->services, &w->arena, &services, err)) return false;
    if (!targets_open(&w->targets, &targets, err)) return false;
    w->header.plan = &w->plan;
    w->header.threads = 1;
    w->header.tick_ns = NS_PER_S;
    const struct engine_options engine = {.header = &w->header,
                                          .routes = w->targets.routes,
                                          .sources = w->targets.sources,
                                          .source_count = w->targets.source_count,
                                          .tap = w->options->tap};
    return engine_start(&w->engine, &engine, err);
}

/* The ticks are nobody's; they say when it is over. */
static void wait_for_end(struct walk *w)
{
    struct tick tick;
    bool left = false;
    while (engine_next_tick(w->engine, &tick) != ENGINE_END) {
        if (left || !cancelled(w)) continue;
        left = true;
        engine_leave(w->engine);
    }
}

bool walk_run(const struct walk_options *options, int *signal, struct err *err)
{
    struct walk w = {.options = options, .interrupt.fd = -1, .plan = *options->plan};
    bool ok = false;
    *signal = 0;
    if (!arena_open(&w.arena, ARENA_LIMIT, err) || !interrupt_open(&w.interrupt, err)
        || !file_make_private(options->folder, err)) {
        goto out;
    }
    if (!copy_scenarios(&w) || !make_stages(&w)) {
        err_set(err, ERR_LIMIT, 0, "no memory for the plan");
    } else if (start(&w, err)) {
        wait_for_end(&w);
        ok = true;
    }
    if (w.engine) engine_close(w.engine);
    targets_close(&w.targets);
    services_stop(&w.services);
    if (!file_remove_tree(options->folder, err)) ok = false;
out:
    *signal = w.interrupt.signal;
    interrupt_close(&w.interrupt);
    arena_close(&w.arena);
    return ok;
}
