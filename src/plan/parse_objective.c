#include "plan/parse_priv.h"
#include "plan/plan_doubt.h"

/* Room for the plan's names, those of what could not be read behind them. */
static struct bytes *names_with(struct parse *p, uint32_t count, const struct parse_lost *lost)
{
    struct bytes *all = ARENA_ARRAY(p->arena, count + lost->count, struct bytes);
    for (uint32_t i = 0; all && i < lost->count; i++) all[count + i] = lost->names[i];
    return all;
}

/* The names of the plan as the sentences see them. */
static bool collect_names(struct parse *p, struct objective_names *out)
{
    const struct plan *plan = p->plan;
    struct bytes *requests = names_with(p, plan->name_count, &p->steps_lost);
    struct bytes *scenarios = ARENA_ARRAY(p->arena, plan->scenario_count, struct bytes);
    struct bytes *services = ARENA_ARRAY(p->arena, plan->service_count, struct bytes);
    struct bytes *stages = names_with(p, plan->stage_count, &p->stages_lost);
    struct bytes *groups = names_with(p, plan->stage_count, &p->stages_lost);
    if (!requests || !scenarios || !services || !stages || !groups) return false;
    for (uint32_t i = 0; i < plan->name_count; i++) requests[i] = plan->names[i];
    for (uint32_t i = 0; i < plan->scenario_count; i++) scenarios[i] = plan->scenarios[i].name;
    for (uint32_t i = 0; i < plan->service_count; i++) services[i] = plan->services[i].name;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        stages[i] = plan->stages[i].name;
        groups[i] = plan->stages[i].group;
    }
    *out = (struct objective_names){.requests = requests,
                                    .scenarios = scenarios,
                                    .services = services,
                                    .stage_names = stages,
                                    .stage_groups = groups,
                                    .request_count = plan->name_count + p->steps_lost.count,
                                    .scenario_count = plan->scenario_count,
                                    .service_count = plan->service_count,
                                    .stage_count = plan->stage_count + p->stages_lost.count,
                                    .requests_wrong = p->steps_lost.count,
                                    .stages_wrong = p->stages_lost.count,
                                    .stages_lost = p->stages_lost.unknown,
                                    .requests_lost = p->steps_lost.unknown};
    return true;
}

/* Whether `sentence` is one that would be read. */
static bool is_good(struct parse *p, const struct text *sentence, bool abort,
                    const struct objective_names *names)
{
    struct diags untold = {.count = 0};
    struct objective ignored;
    struct bytes text = text_bytes(sentence);
    struct span nowhere = {0};
    return !sentence->cut
           && objective_parse(&ignored, p->arena, text, nowhere, abort, names, &untold);
}

/* `p95: < 100ms`, which YAML takes for a key. The cure is one that is read. */
static void tell_map(struct parse *p, const struct node *key, const struct node *value, bool abort,
                     const struct objective_names *names)
{
    static const char *const between[] = {" ", " < ", " > "};
    char hint[200];
    char array[160];
    struct text t = text_in(hint, sizeof hint);
    struct text sentence = text_in(array, sizeof array);
    bool warn = bytes_same_nocase(key->text, BYTES_LIT("warn"))
                || bytes_same_nocase(key->text, BYTES_LIT("warning"));
    for (size_t i = 0; i < COUNT_OF(between) && value->kind == NODE_SCALAR && t.len == 0; i++) {
        text_clear(&sentence);
        if (!warn) text_addf(&sentence, "%.*s%s", BYTES_ARG(key->text), between[i]);
        text_add(&sentence, value->text);
        if (!is_good(p, &sentence, abort, names)) continue;
        text_addf(&t, "write a sentence:  - %s%s", warn ? "warn: " : "", array);
    }
    if (t.len == 0)
        text_adds(&t, abort ? "write a sentence:  errors > 20% for 10s"
                            : "write sentences:  - p95 < 100ms");
    parse_node_error(p, DIAG_OBJECTIVE_MAP, key, hint,
                     "an objective is a sentence; the ': ' makes a key of it");
}

static bool read_sentence(struct parse *p, const struct node *n, bool abort,
                          const struct objective_names *names, struct objective *out)
{
    if (n->kind != NODE_SCALAR)
        return parse_node_is(p, n, SHAPE_SCALAR, abort ? "abort_when" : "objectives");
    if (n->text.len == 0) return parse_node_empty(p, n, abort ? "abort_when" : "objectives");
    struct span at = yaml_doc_span(&p->doc, n, n->text);
    struct bytes text = n->text;
    if (!parse_variable_sentence(p, n, n->text, &text)) return false;
    return objective_parse(out, p->arena, text, at, abort, names, p->diags);
}

/* One entry of the list: a sentence, or `warn: sentence`. */
static bool read_entry(struct parse *p, const struct node *n, bool abort,
                       const struct objective_names *names, struct objective *out)
{
    if (n->kind != NODE_MAP) return read_sentence(p, n, abort, names, out);
    bool warn = n->count == 1 && bytes_is(n->items[0].key->text, "warn");
    if (warn && !abort) {
        bool good = read_sentence(p, n->items[0].value, abort, names, out);
        out->warn = true;
        return good;
    }
    if (warn) {
        return parse_node_error(p, DIAG_OBJECTIVE, n->items[0].key, "make it an objective",
                                "what ends a run cannot be a mere warning");
    }
    for (uint32_t i = 0; i < n->count; i++) {
        tell_map(p, n->items[i].key, n->items[i].value, abort, names);
    }
    return false;
}

static void read_list(struct parse *p, const struct node *n, bool abort,
                      const struct objective_names *names, struct objective **items,
                      uint32_t *count)
{
    bool list = n->kind == NODE_LIST;
    uint32_t most = list ? n->count : 1;
    *items = ARENA_ARRAY(p->arena, most, struct objective);
    for (uint32_t i = 0; i < most && *items; i++) {
        const struct node *item = list ? n->items[i].value : n;
        if (read_entry(p, item, abort, names, &(*items)[*count])) (*count)++;
    }
}

static void read_flags(struct parse *p, const struct plan_overrides *flags,
                       const struct objective_names *names)
{
    struct plan *plan = p->plan;
    plan->objectives = ARENA_ARRAY(p->arena, flags->objective_count, struct objective);
    for (uint32_t i = 0; i < flags->objective_count && plan->objectives; i++) {
        struct objective *out = &plan->objectives[plan->objective_count];
        struct span at = plan_load_flag_span(p, PARSE_OBJECTIVE, i);
        if (objective_parse(out, p->arena, flags->objectives[i], at, false, names, p->diags)) {
            plan->objective_count++;
        }
    }
}

static void add_implicit(struct parse *p, const struct objective_names *names)
{
    struct plan *plan = p->plan;
    struct objective *all = ARENA_ARRAY(p->arena, plan->objective_count + 1, struct objective);
    if (!all) return;
    for (uint32_t i = 0; i < plan->objective_count; i++) all[i] = plan->objectives[i];
    struct objective *implicit = &all[plan->objective_count];
    struct span nowhere = {0};
    if (!objective_parse(implicit, p->arena, BYTES_LIT(OBJECTIVE_IMPLICIT), nowhere, false, names,
                         p->diags))
        return;
    implicit->implicit = true;
    plan->objectives = all;
    plan->objective_count++;
}

void parse_objective_implicit(struct parse *p)
{
    struct objective_names names;
    const struct plan *plan = p->plan;
    if (!collect_names(p, &names)) return;
    if (!objective_says_failures(plan->objectives, plan->objective_count)) add_implicit(p, &names);
}

/* Is a stage of the plan's own behind that one? */
static bool has_after(const struct plan *plan, uint32_t stage)
{
    return stage + 1 < plan->stage_count && !plan->stages[stage + 1].by_hand;
}

/* Sentences that no stage of the plan can judge, for certain. */
static void check_judged(struct parse *p)
{
    const struct plan *plan = p->plan;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        const struct objective *o = &plan->objectives[i];
        if (o->metric == METRIC_RECOVERY && !has_after(plan, o->after_stage)) {
            diag_add(p->diags, DIAG_OBJECTIVE, o->at,
                     "add a stage behind it, as long as it may take, and 5s",
                     "nothing is sent after the last stage, so nothing shows that it recovers");
            continue;
        }
        uint32_t stage = 0;
        while (stage < plan->stage_count && !plan_doubt_looks_at(o, plan, stage)) stage++;
        if (stage < plan->stage_count) continue;
        if (o->of_offered) {
            diag_add(p->diags, DIAG_OBJECTIVE, o->at,
                     "write an amount:  throughput >= 100/s,  or give a judged stage a rate",
                     "no stage that it looks at has a 'rate': nothing is offered there");
        } else {
            diag_add(p->diags, DIAG_OBJECTIVE, o->at,
                     "name one:  in STAGE,  or take a 'judge: false' away",
                     "no stage is judged: all have 'judge: false'");
        }
    }
}

void parse_objective_all(struct parse *p, const struct node *objectives, const struct node *abort)
{
    const struct plan_overrides *flags = p->in->overrides;
    struct plan *plan = p->plan;
    struct objective_names names;
    if (!collect_names(p, &names)) return;
    if (objectives)
        read_list(p, objectives, false, &names, &plan->objectives, &plan->objective_count);
    if (abort) read_list(p, abort, true, &names, &plan->abort_when, &plan->abort_count);
    if (flags && flags->objective_count > 0) {
        plan->objective_count = 0; /* the plan's own have been checked, and are left out */
        read_flags(p, flags, &names);
    }
    if (p->diags->count == 0) check_judged(p);
    bool says = objective_says_failures(plan->objectives, plan->objective_count);
    if (p->diags->count == 0 && !says) add_implicit(p, &names);
}
