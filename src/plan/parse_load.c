#include "plan/parse_priv.h"

#define THREADS_MAX 256
#define CONNECTIONS_MAX 1000000
#define IN_FLIGHT_MAX 10000000
#define IN_FLIGHT_DEFAULT 10000 /* 100 MB or so at worst; 1000/s may wait 10 s each */

/* Reads a count of at least one. */
static bool read_some(struct parse *p, struct fields *f, enum key k, uint64_t most, uint64_t *out)
{
    uint64_t value = 0;
    if (!parse_node_count(p, f, k, most, &value)) return false;
    if (value == 0) {
        return parse_node_error(p, DIAG_NUMBER, f->at[k], "leave it out for the default",
                                "'%s' is at least 1", key_table_row(k)->name);
    }
    *out = value;
    return true;
}

void parse_load_limits(struct parse *p, struct fields *load)
{
    static const char *const patterns[] = {"poisson", "even", "exact"};
    struct plan *plan = p->plan;
    uint64_t count = 0;
    uint32_t pattern = 0;
    if (parse_node_choice(p, load, KEY_LOAD_ARRIVALS, patterns, COUNT_OF(patterns), &pattern)) {
        p->arrivals = (enum arrivals)pattern;
    }
    plan->max_in_flight = IN_FLIGHT_DEFAULT;
    if (read_some(p, load, KEY_LOAD_MAX_IN_FLIGHT, IN_FLIGHT_MAX, &count))
        plan->max_in_flight = count;
    if (read_some(p, load, KEY_LOAD_CONNECTIONS, CONNECTIONS_MAX, &count)) {
        plan->connections = (uint32_t)count;
    }
    if (read_some(p, load, KEY_LOAD_THREADS, THREADS_MAX, &count)) plan->threads = (uint32_t)count;
    plan->seed_given = parse_node_count(p, load, KEY_LOAD_SEED, UINT64_MAX, &plan->seed);
    if (load->at[KEY_LOAD_TIMEOUT])
        parse_scenario_timeout(p, load->at[KEY_LOAD_TIMEOUT], &p->timeout);
}

/* Names are how objectives find a stage, so each stands once; rungs share their group's. */
static void check_names(struct parse *p)
{
    const struct plan *plan = p->plan;
    for (uint32_t i = 1; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        for (uint32_t k = 0; k < i; k++) {
            const struct stage *other = &plan->stages[k];
            bool same_entry = s->at.offset == other->at.offset;
            bool clash = bytes_equal(s->name, other->name) || bytes_equal(s->group, other->name)
                         || bytes_equal(s->name, other->group)
                         || bytes_equal(s->group, other->group);
            if (same_entry || !clash) continue;
            diag_add(p->diags, DIAG_NAME_CLASH, s->at, "give each stage its own name",
                     "a stage named '%.*s' stands before", BYTES_ARG(s->group));
            break;
        }
    }
}

void parse_load_stages(struct parse *p, struct fields *load)
{
    const struct node *warmup = load->at[KEY_LOAD_WARMUP];
    const struct node *stages = load->at[KEY_LOAD_STAGES];
    if (warmup) parse_stage_warmup(p, warmup);
    if (!stages) return;
    if (stages->count == 0)
        parse_node_error(p, DIAG_MISSING, stages,
                         "write one: - { name: load, rate: 50/s, for: 30s }",
                         "'stages' is an empty list");
    for (uint32_t i = 0; i < stages->count; i++) {
        if (parse_stage_read(p, stages->items[i].value, i + 1)) continue;
        if (!arena_ok(p->arena)) return;
        parse_node_lose(p, stages->items[i].value, &p->stages_lost);
    }
    check_names(p);
}
