/* Any bytes as a plan: no crash, and either a plan that can be run or an error that has a place. */
#include "laws.h"
#include "plan/plan_load.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define MAX_PLAN (1u << 20)

static uint16_t free_port(void *ctx)
{
    (void)ctx;
    return 4001;
}

static struct bytes private_dir(void *ctx, struct arena *arena, struct bytes service)
{
    (void)ctx;
    (void)arena;
    (void)service;
    return BYTES_LIT("/private");
}

/* Every other name is set, so that both ways are taken. */
static struct bytes env(void *ctx, struct bytes name)
{
    (void)ctx;
    return name.len % 2 ? BYTES_LIT("value\"of\nenv") : (struct bytes){0};
}

/* A file holds its own name: CSV of the fuzzer's choice. */
static bool read_file(void *ctx, struct arena *arena, struct bytes path, struct bytes *out,
                      struct err *err)
{
    (void)ctx;
    if (path.len % 2) return err_set(err, ERR_IO, 0, "no such file");
    *out = arena_copy(arena, path);
    return true;
}

/* Touches what the engine would touch. */
static void use_pattern(const struct plan *plan, const struct scenario *scenario,
                        const struct pattern *p)
{
    for (uint32_t i = 0; i < p->piece_count; i++) {
        const struct piece *piece = &p->pieces[i];
        if (piece->kind == PIECE_TEXT) LAW(piece->text.len > 0);
        if (piece->kind == PIECE_RAND) LAW(piece->lo <= piece->hi);
        if (piece->kind == PIECE_CAPTURE) LAW(piece->index < scenario->capture_count);
        if (piece->kind != PIECE_DATA) continue;
        LAW(piece->index < plan->data_count && plan->data[piece->index].row_count > 0);
        LAW(piece->column < plan->data[piece->index].column_count);
    }
}

static void use_step(const struct plan *plan, const struct scenario *scenario,
                     const struct step *step)
{
    LAW(step->name_index < plan->name_count && step->method.len > 0);
    LAW(step->url.piece_count > 0 && step->timeout.response_ns > 0 && step->timeout.connect_ns > 0);
    use_pattern(plan, scenario, &step->url);
    use_pattern(plan, scenario, &step->body);
    for (uint32_t i = 0; i < step->header_count; i++)
        use_pattern(plan, scenario, &step->headers[i].value);
    for (uint32_t i = 0; i < step->check_count; i++)
        use_pattern(plan, scenario, &step->checks[i].right);
    for (uint32_t i = 0; i < step->capture_count; i++) {
        LAW(step->captures[i].slot < scenario->capture_count);
    }
    LAW(!step->until || (step->every_ns > 0 && step->within_ns > 0));
}

static void use_plan(const struct plan *plan)
{
    LAW(plan->target_count > 0 && plan->scenario_count > 0 && plan->stage_count > 0);
    LAW(plan->objective_count > 0 && plan->max_in_flight > 0);
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario *s = &plan->scenarios[i];
        LAW(s->step_count > 0 && s->weight > 0);
        for (uint32_t k = 0; k < s->step_count; k++) use_step(plan, s, &s->steps[k]);
    }
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        double sum = 0;
        for (uint32_t k = 0; k < plan->scenario_count; k++) sum += s->mix[k];
        LAW(sum > 0.999 && sum < 1.001);
        LAW(s->length_ns > 0);
        LAW(s->model == MODEL_OPEN ? s->rate_from + s->rate_to > 0
                                   : s->users_from + s->users_to > 0);
    }
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        const struct objective *o = &plan->objectives[i];
        LAW(!o->has_in || o->stage_first + o->stage_count <= plan->stage_count);
        if (o->scope == SCOPE_REQUEST) LAW(o->scope_index < plan->name_count);
        if (o->scope == SCOPE_SCENARIO) LAW(o->scope_index < plan->scenario_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    static struct arena arena;
    static char shown[1 << 18];
    if (guard.size == 0) guard = guard_open(MAX_PLAN);
    if (size > MAX_PLAN) return 0;
    if (!arena.base) LAW(arena_open(&arena, ARENA_BYTES, NULL));
    arena_reset(&arena);
    struct bytes source = guard_put(&guard, (struct bytes){(const char *)data, size});
    const struct plan_host host = {NULL, free_port, private_dir, env, read_file, NULL};
    const struct plan_input input = {
        .path = BYTES_LIT("plan.yaml"), .folder = BYTES_LIT("/p"), .source = source, .host = &host};
    struct diags diags = {0};
    struct plan plan;
    if (plan_load(&plan, &arena, &input, &diags)) {
        LAW(diags.count == 0);
        use_plan(&plan);
        return 0;
    }
    LAW(diags.count > 0);
    for (uint32_t i = 0; i < diags.count; i++) {
        const struct diag *d = &diags.items[i];
        LAW(d->at.line > 0 && d->at.col > 0 && d->at.offset <= size && d->msg[0] != '\0');
    }
    struct text out = text_in(shown, sizeof shown);
    diag_print(&out, &diags, input.path, input.source);
    LAW(!out.cut);
    return 0;
}
