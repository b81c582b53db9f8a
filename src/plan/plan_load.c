#include "plan/plan_load.h"

#include "base/ns.h"
#include "plan/parse_priv.h"
#include "plan/parse_telemetry.h"

#define VERSION "1"

/* Who has which name: scenarios, requests, services and data share one namespace. */
struct holder {
    struct bytes name;
    struct span at;
    const char *what;
    uint32_t request; /* PLAN_NO_INDEX: not a request */
};

static void push_holder(struct holder *holders, uint32_t *count, struct bytes name, struct span at,
                        const char *what, uint32_t request)
{
    holders[(*count)++] = (struct holder){name, at, what, request};
}

/* Where request name `index` is first used. */
static struct span place_of_request(const struct plan *plan, uint32_t index)
{
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        for (uint32_t k = 0; k < plan->scenarios[i].step_count; k++) {
            const struct step *step = &plan->scenarios[i].steps[k];
            if (step->name_index == index) return step->at;
        }
    }
    return (struct span){1, 1, 1, 0};
}

static void check_namespace(struct parse *p)
{
    const struct plan *plan = p->plan;
    size_t most = (size_t)plan->service_count + plan->data_count + plan->scenario_count
                  + plan->name_count + 1;
    struct holder *all = ARENA_ARRAY(p->arena, most, struct holder);
    uint32_t count = 0;
    if (!all) return;
    const struct otlp_plan *otlp = &plan->telemetry.otlp;
    if (otlp->host.len > 0) {
        push_holder(all, &count, BYTES_LIT("otlp"), otlp->at, "the listener 'otlp:'",
                    PLAN_NO_INDEX);
    }
    for (uint32_t i = 0; i < plan->service_count; i++) {
        push_holder(all, &count, plan->services[i].name, plan->services[i].at, "a service",
                    PLAN_NO_INDEX);
    }
    for (uint32_t i = 0; i < plan->data_count; i++) {
        push_holder(all, &count, plan->data[i].name, plan->data[i].at, "data", PLAN_NO_INDEX);
    }
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        push_holder(all, &count, plan->scenarios[i].name, plan->scenarios[i].at, "a scenario",
                    PLAN_NO_INDEX);
    }
    for (uint32_t i = 0; i < plan->name_count; i++) {
        push_holder(all, &count, plan->names[i], (struct span){0}, "a request", i);
    }
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (!bytes_equal(all[i].name, all[k].name)) continue;
            struct span at = all[i].request == PLAN_NO_INDEX
                                 ? all[i].at
                                 : place_of_request(plan, all[i].request);
            diag_add(p->diags, DIAG_NAME_CLASH, at,
                     "rename one: objectives must know which is meant",
                     "'%.*s' is the name of %s and of %s", BYTES_ARG(all[i].name), all[k].what,
                     all[i].what);
        }
    }
}

static void read_version(struct parse *p, struct fields *f)
{
    struct bytes version = {0};
    if (!parse_node_text(p, f, KEY_PLAN_VERSION, &version) || bytes_is(version, VERSION)) return;
    parse_node_error(p, DIAG_VERSION, f->at[KEY_PLAN_VERSION], "write  plan: 1",
                     "this prony reads version 1 of the plan language, not '%.*s'",
                     BYTES_ARG(version));
}

/* The plan's own name, or that of its file without folder and ending. */
static void read_name(struct parse *p, struct fields *f)
{
    struct bytes name = p->in->path;
    const struct node *n = f->at[KEY_PLAN_NAME];
    if (n && parse_node_name(p, n, "name")) {
        p->plan->name = n->text;
        return;
    }
    for (size_t i = name.len; i > 0; i--) {
        if (name.at[i - 1] != '/') continue;
        name = bytes_from(name, i);
        break;
    }
    size_t dot = name.len;
    while (dot > 0 && name.at[dot - 1] != '.') dot--;
    if (dot > 1) name.len = dot - 1;
    p->plan->name = name.len > 0 ? name : BYTES_LIT("plan");
}

/* Flags stand above what the plan says for the whole run; a step's own limit stays. */
static void apply_timeouts(struct parse *p)
{
    const struct plan_overrides *flags = p->in->overrides;
    if (!flags) return;
    if (flags->connect_timeout_ns) p->timeout.connect_ns = flags->connect_timeout_ns;
    if (flags->response_timeout_ns) p->timeout.response_ns = flags->response_timeout_ns;
}

static void apply_limits(struct parse *p)
{
    const struct plan_overrides *flags = p->in->overrides;
    struct plan *plan = p->plan;
    if (!flags) return;
    if (flags->threads) plan->threads = flags->threads;
    if (flags->connections) plan->connections = flags->connections;
    if (flags->max_in_flight) plan->max_in_flight = flags->max_in_flight;
    if (!flags->has_seed) return;
    plan->seed = flags->seed;
    plan->seed_given = true;
}

/* Order matters: a variable may name only what has been read before it. */
static void read_plan(struct parse *p, struct fields *f)
{
    struct fields load = {.map = f->map};
    const struct node *at_load = f->at[KEY_PLAN_LOAD];
    const struct node *timeout = f->at[KEY_PLAN_TIMEOUT];
    read_version(p, f);
    read_name(p, f);
    parse_vars_all(p, f->at[KEY_PLAN_VARS]);
    parse_telemetry_trace(p, f->at[KEY_PLAN_TRACE]);
    parse_telemetry_otlp(p, f->at[KEY_PLAN_OTLP]);
    if (f->at[KEY_PLAN_SERVICES]) parse_service_names(p, f->at[KEY_PLAN_SERVICES]);
    if (f->at[KEY_PLAN_DATA]) parse_data_all(p, f->at[KEY_PLAN_DATA]);
    if (f->at[KEY_PLAN_TARGET]) {
        p->constant = true;
        parse_target_all(p, f->at[KEY_PLAN_TARGET], f->at[KEY_PLAN_HOSTS]);
        p->constant = false;
    }
    if (f->at[KEY_PLAN_TLS]) parse_tls_all(p, f->at[KEY_PLAN_TLS]);
    parse_watch_all(p, f->at[KEY_PLAN_WATCH]);
    if (f->at[KEY_PLAN_SOURCE]) parse_target_sources(p, f->at[KEY_PLAN_SOURCE]);
    if (f->at[KEY_PLAN_SERVICES]) parse_service_all(p, f->at[KEY_PLAN_SERVICES]);
    if (at_load && parse_node_fields(p, at_load, PLACE_LOAD, &load)) parse_load_limits(p, &load);
    if (timeout && load.at[KEY_LOAD_TIMEOUT]) {
        parse_node_error(p, DIAG_CONFLICT, timeout, "keep one of them",
                         "'timeout' of the plan and 'timeout' of load mean the same");
    } else if (timeout) {
        parse_scenario_timeout(p, timeout, &p->timeout);
    }
    apply_timeouts(p);
    parse_scenario_headers(p, f->at[KEY_PLAN_HEADERS], &p->headers);
    if (f->at[KEY_PLAN_SCENARIOS]) parse_scenario_all(p, f->at[KEY_PLAN_SCENARIOS]);
    if (at_load) parse_load_stages(p, &load);
    apply_limits(p);
    check_namespace(p);
    parse_objective_all(p, f->at[KEY_PLAN_OBJECTIVES], f->at[KEY_PLAN_ABORT_WHEN]);
    if (f->at[KEY_PLAN_OUTPUTS]) parse_output_all(p, f->at[KEY_PLAN_OUTPUTS]);
    plan_only_apply(p);
}

/* Errors that may only follow from a line that could not be read are left out. */
static void drop_consequences(struct diags *diags, uint32_t from)
{
    uint32_t kept = from;
    for (uint32_t i = from; i < diags->count; i++) {
        enum diag_code code = diags->items[i].code;
        bool follows = code == DIAG_MISSING || code == DIAG_UNKNOWN_NAME
                       || code == DIAG_UNKNOWN_VARIABLE || code == DIAG_METHOD || code == DIAG_STAGE
                       || code == DIAG_CONFLICT || code == DIAG_SHAPE || code == DIAG_SERVICE
                       || code == DIAG_DATA;
        if (!follows) diags->items[kept++] = diags->items[i];
    }
    diags->count = kept;
}

/* The words of the command line that change the plan; in the order of plan_load_flag_span(). */
static void name_words(struct parse *p)
{
    const struct plan_overrides *flags = p->in->overrides;
    if (!flags) return;
    size_t most =
        (size_t)flags->set_count + flags->var_count + flags->only_count + flags->objective_count;
    struct diag_word *words = ARENA_ARRAY(p->arena, most, struct diag_word);
    if (!words) return;
    p->diags->words = words;
    p->diags->word_count = (uint32_t)most;
    for (uint32_t i = 0; i < flags->set_count; i++)
        *words++ = (struct diag_word){"set", flags->sets[i]};
    for (uint32_t i = 0; i < flags->var_count; i++)
        *words++ = (struct diag_word){"var", flags->vars[i].name};
    for (uint32_t i = 0; i < flags->only_count; i++)
        *words++ = (struct diag_word){"only", flags->only[i]};
    for (uint32_t i = 0; i < flags->objective_count; i++) {
        bool known = flags->objective_words != NULL;
        *words++ = known ? flags->objective_words[i] : (struct diag_word){"", flags->objectives[i]};
    }
}

struct span plan_load_flag_span(const struct parse *p, enum parse_flag flag, uint32_t index)
{
    const struct plan_overrides *flags = p->in->overrides;
    const uint32_t counts[PARSE_OBJECTIVE] = {flags->set_count, flags->var_count,
                                              flags->only_count};
    for (unsigned before = 0; before < flag && before < COUNT_OF(counts); before++)
        index += counts[before];
    bool named = index < p->diags->word_count;
    return (struct span){.col = index + 1,
                         .len = named ? (uint32_t)p->diags->words[index].value.len : 1};
}

bool plan_load(struct plan *out, struct arena *arena, const struct plan_input *input,
               struct diags *diags)
{
    uint32_t before = diags->count + diags->dropped;
    *out = (struct plan){.path = arena_copy(arena, input->path),
                         .source = arena_copy(arena, input->source),
                         .folder = arena_copy(arena, input->folder)};
    struct parse p = {.in = input,
                      .plan = out,
                      .arena = arena,
                      .diags = diags,
                      .timeout = {.connect_ns = 2 * NS_PER_S, .response_ns = 10 * NS_PER_S}};
    struct fields f;
    if (arena_ok(arena) && yaml_doc_load(&p.doc, arena, out->source, diags)) {
        uint32_t syntax = diags->count;
        name_words(&p);
        if (p.doc.root->kind == NODE_MAP) plan_set_apply(&p);
        const struct node *root = p.doc.root;
        if (root->kind != NODE_MAP) {
            parse_node_error(&p, DIAG_SHAPE, root, "it begins with  plan: 1",
                             "a plan is a map of keys");
        } else if (parse_node_fields(&p, root, PLACE_PLAN, &f)) {
            read_plan(&p, &f);
        }
        if (p.doc.repaired) drop_consequences(diags, syntax);
    }
    if (!arena_ok(arena)) {
        diag_add(diags, DIAG_TOO_BIG, (struct span){1, 1, 1, 0}, "make its data smaller",
                 "the plan and its data do not fit into the memory set aside for them");
    }
    return diags->count + diags->dropped == before;
}
