/* `--only SCENARIO|STAGE`: a part of a plan, checked as a whole before.
 *
 * What is left is a plan of its own: without the other stages and scenarios, and without the
 * sentences about them. A capacity that only what was left out could reach is about that, too. */
#include "plan/parse_priv.h"
#include "plan/plan_doubt.h"

#define GONE PLAN_NO_INDEX

struct choice {
    struct parse *p;
    bool *stages;       /* by stage: wanted */
    bool *scenarios;    /* by scenario */
    uint32_t *stage_at; /* by old index: the new one, or GONE */
    uint32_t *scenario_at;
    uint32_t *name_at;
    bool *doubted; /* by objective: the whole plan cannot settle it either */
    bool by_stage, by_scenario;
};

/* -- What is meant -------------------------------------------------------------------------- */

static bool take_prefix(struct bytes *word, struct bytes prefix)
{
    if (!bytes_starts(*word, prefix)) return false;
    *word = bytes_from(*word, prefix.len);
    return true;
}

static bool tell_unknown(struct parse *p, struct span at, struct bytes word)
{
    const struct plan *plan = p->plan;
    struct bytes names[40];
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->scenario_count && count < 16; i++)
        names[count++] = plan->scenarios[i].name;
    for (uint32_t i = 0; i < plan->stage_count && count < COUNT_OF(names); i++) {
        const struct stage *s = &plan->stages[i];
        bool again = i > 0 && bytes_equal(s->group, plan->stages[i - 1].group);
        if (!s->warmup && !again) names[count++] = s->group;
    }
    char hint[240];
    struct text t = text_in(hint, sizeof hint);
    diag_suggest(&t, word, "scenarios and stages", names, count);
    return diag_add(p->diags, DIAG_ONLY, at, hint, "no scenario or stage is named '%.*s'",
                    BYTES_ARG(word));
}

static void mark(struct choice *c, struct span at, struct bytes word)
{
    const struct plan *plan = c->p->plan;
    struct bytes whole = word;
    bool want_scenario = take_prefix(&word, BYTES_LIT("scenario:"));
    bool want_stage = !want_scenario && take_prefix(&word, BYTES_LIT("stage:"));
    bool scenario = false;
    bool stage = false;
    for (uint32_t i = 0; i < plan->scenario_count && !want_stage; i++)
        scenario |= bytes_equal(plan->scenarios[i].name, word);
    for (uint32_t i = 0; i < plan->stage_count && !want_scenario; i++) {
        const struct stage *s = &plan->stages[i];
        stage |= !s->warmup && (bytes_equal(s->name, word) || bytes_equal(s->group, word));
    }
    if (!scenario && !stage) {
        tell_unknown(c->p, at, whole);
        return;
    }
    if (scenario && stage) {
        char hint[240];
        struct text t = text_in(hint, sizeof hint);
        text_addf(&t, "write --only scenario:%.*s or --only stage:%.*s", BYTES_ARG(word),
                  BYTES_ARG(word));
        diag_add(c->p->diags, DIAG_ONLY, at, hint, "a scenario and a stage are named '%.*s'",
                 BYTES_ARG(word));
        return;
    }
    c->by_scenario |= scenario;
    c->by_stage |= stage;
    for (uint32_t i = 0; i < plan->scenario_count && scenario; i++)
        c->scenarios[i] |= bytes_equal(plan->scenarios[i].name, word);
    for (uint32_t i = 0; i < plan->stage_count && stage; i++) {
        const struct stage *s = &plan->stages[i];
        c->stages[i] |= bytes_equal(s->name, word) || bytes_equal(s->group, word);
    }
}

/* -- What is left --------------------------------------------------------------------------- */

static void keep_scenarios(struct choice *c)
{
    struct plan *plan = c->p->plan;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        c->scenario_at[i] = c->by_scenario && !c->scenarios[i] ? GONE : kept;
        if (c->scenario_at[i] != GONE) plan->scenarios[kept++] = plan->scenarios[i];
    }
    plan->scenario_count = kept;
}

/* Weights of what is left, summing to one; false: nothing of it is sent in this stage. */
static bool keep_mix(struct choice *c, struct stage *s, uint32_t scenario_count)
{
    double sum = 0;
    for (uint32_t i = 0; i < scenario_count; i++) {
        double weight = s->mix[i];
        if (c->scenario_at[i] == GONE) continue;
        s->mix[c->scenario_at[i]] = weight; /* never to the right of where it was read */
        sum += weight;
    }
    for (uint32_t i = 0; i < c->p->plan->scenario_count && sum > 0; i++) s->mix[i] /= sum;
    return sum > 0;
}

static void keep_stages(struct choice *c, uint32_t scenario_count)
{
    struct plan *plan = c->p->plan;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        struct stage s = plan->stages[i];
        bool wanted = !c->by_stage || c->stages[i] || s.warmup;
        c->stage_at[i] = wanted && keep_mix(c, &s, scenario_count) ? kept : GONE;
        if (c->stage_at[i] != GONE) plan->stages[kept++] = s;
    }
    plan->stage_count = kept;
}

static void keep_names(struct choice *c)
{
    struct plan *plan = c->p->plan;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < plan->name_count; i++) c->name_at[i] = GONE;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        for (uint32_t k = 0; k < plan->scenarios[i].step_count; k++)
            c->name_at[plan->scenarios[i].steps[k].name_index] = 0;
    }
    for (uint32_t i = 0; i < plan->name_count; i++) {
        if (c->name_at[i] == GONE) continue;
        plan->names[kept] = plan->names[i];
        c->name_at[i] = kept++;
    }
    plan->name_count = kept;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        for (uint32_t k = 0; k < plan->scenarios[i].step_count; k++) {
            uint32_t *index = &plan->scenarios[i].steps[k].name_index;
            *index = c->name_at[*index];
        }
    }
}

/* Whether the sentence is about something that is left; then its numbers are the new ones. */
static bool move_objective(struct choice *c, struct objective *o)
{
    if (o->scope == SCOPE_REQUEST) o->scope_index = c->name_at[o->scope_index];
    if (o->scope == SCOPE_SCENARIO) o->scope_index = c->scenario_at[o->scope_index];
    bool named = o->scope == SCOPE_REQUEST || o->scope == SCOPE_SCENARIO;
    if (named && o->scope_index == GONE) return false;
    if (!o->has_in) return true;
    uint32_t first = GONE;
    uint32_t count = 0;
    for (uint32_t i = o->stage_first; i < o->stage_first + o->stage_count; i++) {
        if (c->stage_at[i] == GONE) continue;
        if (first == GONE) first = c->stage_at[i];
        count++;
    }
    o->stage_first = first;
    o->stage_count = count;
    return count > 0;
}

static bool is_doubted(const struct plan *plan, const struct objective *o)
{
    char array[200];
    struct text why = text_in(array, sizeof array);
    return plan_doubt_tell(&why, plan, o);
}

/* What the plan's author got wrong stays to be seen; only what --only takes away goes. */
static void keep_objectives(struct choice *c)
{
    struct plan *plan = c->p->plan;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        struct objective o = plan->objectives[i];
        if (o.implicit || !move_objective(c, &o)) continue;
        if (c->doubted[i] || !is_doubted(plan, &o)) plan->objectives[kept++] = o;
    }
    plan->objective_count = kept;
}

static void keep_aborts(struct choice *c)
{
    struct plan *plan = c->p->plan;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < plan->abort_count; i++) {
        struct objective o = plan->abort_when[i];
        if (move_objective(c, &o)) plan->abort_when[kept++] = o;
    }
    plan->abort_count = kept;
}

void plan_only_apply(struct parse *p)
{
    const struct plan_overrides *flags = p->in->overrides;
    struct plan *plan = p->plan;
    if (!flags || flags->only_count == 0 || p->diags->count > 0) return;
    struct choice c = {.p = p,
                       .stages = ARENA_ARRAY(p->arena, plan->stage_count, bool),
                       .scenarios = ARENA_ARRAY(p->arena, plan->scenario_count, bool),
                       .stage_at = ARENA_ARRAY(p->arena, plan->stage_count, uint32_t),
                       .scenario_at = ARENA_ARRAY(p->arena, plan->scenario_count, uint32_t),
                       .name_at = ARENA_ARRAY(p->arena, plan->name_count, uint32_t),
                       .doubted = ARENA_ARRAY(p->arena, plan->objective_count + 1, bool)};
    if (!arena_ok(p->arena)) return;
    for (uint32_t i = 0; i < flags->only_count; i++)
        mark(&c, plan_load_flag_span(p, PARSE_ONLY, i), flags->only[i]);
    if (p->diags->count > 0) return;
    for (uint32_t i = 0; i < plan->objective_count; i++)
        c.doubted[i] = is_doubted(plan, &plan->objectives[i]);
    uint32_t scenario_count = plan->scenario_count;
    keep_scenarios(&c);
    keep_stages(&c, scenario_count);
    keep_names(&c);
    keep_objectives(&c);
    keep_aborts(&c);
    bool sends = plan->stage_count > 0 && !plan->stages[plan->stage_count - 1].warmup;
    if (sends) {
        parse_objective_implicit(p);
        return;
    }
    diag_add(p->diags, DIAG_ONLY, plan_load_flag_span(p, PARSE_ONLY, flags->only_count - 1),
             "take a stage whose mix has the scenario",
             "nothing is left to send: the stage sends nothing of the scenario");
}
