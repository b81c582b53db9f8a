#include "show/result_ndjson.h"

#include <math.h>

#include "show/json_part.h"
#include "show/result_json.h"
#include "show/second.h"

#define LINE_STYLE (JSON_COMPACT | JSON_REAL_PRECISION(JSON_PART_PRECISION))

static int pass_on(const char *piece, size_t len, void *ctx)
{
    outlet_put(ctx, (struct bytes){piece, len});
    return 0;
}

/* Writes the object as a line, and lets go of it. */
static void end_line(struct result_ndjson *n, json_t *o)
{
    int failed = json_dump_callback(o, pass_on, &n->to, LINE_STYLE);
    assert(failed == 0);
    json_decref(o);
    outlet_put(&n->to, BYTES_LIT("\n"));
}

static json_t *line_of(const char *type, double t_s)
{
    json_t *o = json_object();
    json_tree_put(o, "type", json_string(type));
    json_tree_put(o, "t_s", json_part_figure(t_s));
    return o;
}

static double seconds_of(uint64_t ns)
{
    return (double)ns / 1e9;
}

static json_t *stage_name_json(const struct result_ndjson *n, uint32_t stage)
{
    if (stage > n->header->plan->stage_count) return json_null();
    return json_part_text(run_stage_name(n->header, stage));
}

/* ---- begin ---- */

static json_t *stages_json(const struct plan *plan)
{
    json_t *stages = json_array();
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        if (s->by_hand) continue;
        bool open = s->model == MODEL_OPEN;
        json_t *o = json_object();
        json_tree_put(o, "name", json_part_text(s->name));
        json_tree_put(o, "group", json_part_text(s->group));
        json_tree_put(o, "model", json_string(open ? "open" : "closed"));
        json_tree_put(o, "judged", json_boolean(s->judged));
        json_tree_put(o, "planned_s", json_part_figure(seconds_of(s->length_ns)));
        json_tree_put(o, open ? "rate_from_per_s" : "users_from",
                      json_part_figure(open ? s->rate_from : s->users_from));
        json_tree_put(o, open ? "rate_to_per_s" : "users_to",
                      json_part_figure(open ? s->rate_to : s->users_to));
        json_tree_append(stages, o);
    }
    return stages;
}

static void on_begin(void *ctx, const struct run_header *header)
{
    struct result_ndjson *n = ctx;
    n->header = header;
    const struct plan *plan = header->plan;
    json_t *o = line_of("begin", 0);
    json_t *targets = json_array();
    json_t *objectives = json_array();
    for (uint32_t i = 0; i < plan->target_count; i++) {
        json_tree_append(targets, json_part_text(plan->targets[i].text));
    }
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        json_tree_append(objectives, json_part_text(plan->objectives[i].text));
    }
    json_tree_put(o, "format", json_string("prony.stream/1"));
    json_tree_put(o, "run", json_string(header->id));
    json_tree_put(o, "plan", json_part_text(plan->name));
    json_tree_put(o, "version", json_part_text(header->version));
    json_tree_put(o, "started", json_part_moment(header->wall_start_ns));
    json_tree_put(o, "targets", targets);
    json_tree_put(o, "stages", stages_json(plan));
    json_tree_put(o, "objectives", objectives);
    end_line(n, o);
}

/* ---- ticks ---- */

static json_t *times_json(const struct second_times *times)
{
    json_t *o = json_object();
    json_t *at_least = json_array();
    json_tree_put(o, "n", json_part_count(times->n));
    for (int i = 0; i < SECOND_FIGURES; i++) {
        const char *name = second_figure_name((enum second_figure)i);
        json_tree_put(o, name, json_part_figure(times->ns[i] / 1e6));
        if (times->at_least >> i & 1) json_tree_append(at_least, json_string(name));
    }
    json_tree_put(o, "at_least", at_least);
    return o;
}

static json_t *second_json(const struct second *s)
{
    json_t *o = json_object();
    json_t *outcomes = json_object();
    if (s->kind != SECOND_ALL) json_tree_put(o, "name", json_part_text(s->name));
    json_tree_put(o, "begun", json_part_count(s->begun));
    json_tree_put(o, "ended", json_part_count(s->ended));
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (s->outcomes[i] == 0) continue;
        json_tree_put(outcomes, tick_outcome_name((enum outcome)i),
                      json_part_count(s->outcomes[i]));
    }
    json_tree_put(o, "outcomes", outcomes);
    json_tree_put(o, "in_flight", json_part_figure(s->in_flight));
    json_tree_put(o, "response_ms", times_json(&s->response));
    if (s->kind != SECOND_SCENARIO) {
        json_tree_put(o, "service_ms", times_json(&s->service));
        json_tree_put(o, "ttfb_ms", times_json(&s->ttfb));
    }
    if (s->kind == SECOND_ALL) {
        json_tree_put(o, "users", json_part_figure(s->users));
        json_tree_put(o, "lag_ms", times_json(&s->lag));
        json_tree_put(o, "wait_ms", times_json(&s->wait));
        json_tree_put(o, "connect_ms", times_json(&s->connect));
    }
    return o;
}

static void write_tick(struct result_ndjson *n, const struct tick *tick)
{
    const struct plan *plan = n->header->plan;
    json_t *o = line_of("tick", seconds_of(tick->start_ns));
    json_t *requests = json_array();
    json_t *scenarios = json_array();
    json_tree_put(o, "seconds", json_part_figure(seconds_of(tick->end_ns - tick->start_ns)));
    json_tree_put(o, "stage", stage_name_json(n, tick->stage));
    json_tree_put(o, "judged", json_boolean(tick->judged || n->header->window));
    json_tree_put(o, "generator_cpu_s", json_part_figure(seconds_of(tick->generator_cpu_ns)));
    for (uint32_t row = 0; row < second_count(n->header); row++) {
        struct second s;
        second_read(&s, n->header, tick, row);
        json_t *item = second_json(&s);
        if (row == 0) json_tree_put(o, "all", item);
        else json_tree_append(row <= plan->name_count ? requests : scenarios, item);
    }
    json_tree_put(o, "requests", requests);
    json_tree_put(o, "scenarios", scenarios);
    end_line(n, o);
}

static void write_edge(struct result_ndjson *n, uint64_t at_ns, bool begins)
{
    json_t *o = line_of(begins ? "stage_begin" : "stage_end", seconds_of(at_ns));
    json_tree_put(o, "stage", stage_name_json(n, n->stage));
    end_line(n, o);
}

static void write_event(struct result_ndjson *n, const struct event *e)
{
    json_t *o = line_of("event", seconds_of(e->at_ns));
    json_tree_put(o, "kind", json_string(tick_event_name(e->kind)));
    json_tree_put(o, "stage", stage_name_json(n, e->stage));
    json_tree_put(o, "text", json_part_text(bytes_of(e->text)));
    end_line(n, o);
}

static void write_error(struct result_ndjson *n, const struct exemplar *e)
{
    const struct plan *plan = n->header->plan;
    json_t *o = line_of("error", seconds_of(e->intended_ns));
    json_tree_put(o, "stage", stage_name_json(n, e->stage));
    json_tree_put(o, "name",
                  e->name < plan->name_count ? json_part_text(plan->names[e->name]) : json_null());
    json_tree_put(o, "outcome", json_string(tick_outcome_name(e->outcome)));
    json_tree_put(o, "status", e->status > 0 ? json_integer(e->status) : json_null());
    json_tree_put(o, "response_ms", json_part_figure((double)e->response_ns / 1e6));
    json_tree_put(o, "detail", json_part_text(e->detail));
    json_tree_put(o, "sample", json_part_text(e->sample));
    end_line(n, o);
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct result_ndjson *n = ctx;
    if (!run_has_tick(n->header, tick)) return;
    if (!n->in_stage || tick->stage != n->stage) {
        /* In a window there may be time between the two. */
        if (n->in_stage) write_edge(n, n->header->window ? n->now_ns : tick->start_ns, false);
        n->stage = tick->stage;
        n->in_stage = true;
        write_edge(n, tick->start_ns, true);
    }
    for (uint32_t i = 0; i < tick->event_count; i++) {
        if (tick->events[i].kind != EVENT_STAGE) write_event(n, &tick->events[i]);
    }
    write_tick(n, tick);
    for (uint32_t i = 0; i < tick->exemplar_count; i++) {
        if (tick->exemplars[i].kind == EXEMPLAR_FIRST_ERROR) write_error(n, &tick->exemplars[i]);
    }
    n->now_ns = tick->end_ns;
}

/* ---- what the judge says ---- */

static void write_objective(struct result_ndjson *n, const struct objective_result *r)
{
    const struct objective *objective = r->objective;
    const struct plan *plan = n->header->plan;
    json_t *o = line_of("objective", seconds_of(n->now_ns));
    json_tree_put(o, "text", json_part_text(objective->text));
    json_tree_put(o, "of",
                  r->each_index < plan->name_count ? json_part_text(plan->names[r->each_index])
                                                   : json_null());
    json_tree_put(o, "verdict", json_string(result_verdict_name(r->verdict)));
    json_tree_put(o, "value", json_part_figure(json_part_in_unit(objective, r->value)));
    json_tree_put(o, "at_least", json_boolean(r->at_least));
    json_tree_put(o, "unit", json_string(json_part_unit(objective)));
    json_tree_put(o, "limit", json_part_figure(json_part_in_unit(objective, objective->value)));
    json_tree_put(o, "stage",
                  r->stage < plan->stage_count ? stage_name_json(n, r->stage) : json_null());
    json_tree_put(o, "warn", json_boolean(objective->warn));
    end_line(n, o);
}

static void write_trust(struct result_ndjson *n, const struct result *r)
{
    json_t *o = line_of("trust", seconds_of(n->now_ns));
    const char *why = "";
    for (uint32_t i = r->reason_count; i > 0; i--) {
        bool doubts = r->trust != TRUST_VALID && r->reasons[i - 1].level == r->trust;
        if (doubts) why = r->reasons[i - 1].text;
    }
    json_tree_put(o, "level", json_string(result_trust_name(r->trust)));
    json_tree_put(o, "text", json_part_text(bytes_of(why)));
    end_line(n, o);
}

static void on_result(void *ctx, const struct result *r)
{
    struct result_ndjson *n = ctx;
    for (uint32_t i = 0; i < r->objective_count && i < RESULT_NDJSON_OBJECTIVES; i++) {
        const struct objective_result *o = &r->objectives[i];
        if (n->known[i] && n->verdicts[i] == o->verdict) continue;
        n->verdicts[i] = o->verdict;
        n->known[i] = true;
        write_objective(n, o);
    }
    if (r->trust != n->trust) write_trust(n, r);
    n->trust = r->trust;
    if (!r->final) return;
    json_t *o = line_of("result", seconds_of(r->end.at_ns));
    json_tree_put(o, "result", result_json_object(r));
    end_line(n, o);
}

static void on_end(void *ctx, const struct run_end *end)
{
    struct result_ndjson *n = ctx;
    if (n->in_stage) write_edge(n, n->header->window ? n->now_ns : end->at_ns, false);
    n->in_stage = false;
    n->now_ns = end->at_ns;
}

void result_ndjson_init(struct result_ndjson *n, struct outlet to)
{
    *n = (struct result_ndjson){.to = to};
}

struct sink result_ndjson_sink(struct result_ndjson *n)
{
    return (struct sink){
        .ctx = n, .begin = on_begin, .tick = on_tick, .result = on_result, .end = on_end};
}
