#include "store/header_json.h"

#include <jansson.h>
#include <math.h>

#include "base/json_tree.h"
#include "base/text.h"
#include "store/blot.h"

/* ---- writing ---- */

/* Beyond a JSON integer of 63 bits a number is written as text. */
static json_t *number(uint64_t value)
{
    if (value <= INT64_MAX) return json_integer((json_int_t)value);
    char array[24];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "%llu", (unsigned long long)value);
    return json_string(array);
}

/* Bytes that aren't UTF-8 can't stand in JSON; a plan's text is checked before, a host's isn't. */
static json_t *string(struct bytes b)
{
    json_t *value = json_stringn(b.at ? b.at : "", b.len);
    if (value) return value;
    char array[4096];
    struct text text = text_in(array, sizeof array);
    text_add_safe(&text, b);
    return json_string(array);
}

static json_t *span_json(struct span at)
{
    json_t *array = json_array();
    json_tree_append(array, number(at.line));
    json_tree_append(array, number(at.col));
    json_tree_append(array, number(at.len));
    json_tree_append(array, number(at.offset));
    return array;
}

/* The plan's text without its secrets, in the arena. */
static json_t *masked_source(struct arena *arena, struct bytes source, const struct plan *plan)
{
    char *copy = arena_alloc(arena, source.len + 1);
    if (!copy) return json_string(""); /* the caller sees that the arena is too small */
    if (source.len > 0) memcpy(copy, source.at, source.len);
    blot_text(copy, source.len, plan);
    return string((struct bytes){copy, source.len});
}

static json_t *stage_json(const struct stage *s, uint32_t scenario_count)
{
    json_t *o = json_object();
    json_tree_put(o, "name", string(s->name));
    json_tree_put(o, "group", string(s->group));
    json_tree_put(o, "at", span_json(s->at));
    json_tree_put(o, "model", json_string(s->model == MODEL_OPEN ? "open" : "closed"));
    json_tree_put(o, "rate_from", json_real(s->rate_from));
    json_tree_put(o, "rate_to", json_real(s->rate_to));
    json_tree_put(o, "users_from", number(s->users_from));
    json_tree_put(o, "users_to", number(s->users_to));
    json_tree_put(o, "length_ns", number(s->length_ns));
    json_tree_put(o, "requests", number(s->requests));
    json_tree_put(o, "settle_ns", number(s->settle_ns));
    json_tree_put(o, "judged", json_boolean(s->judged));
    json_tree_put(o, "warmup", json_boolean(s->warmup));
    if (s->until_steady) json_tree_put(o, "until_steady", json_true());
    if (s->by_hand) json_tree_put(o, "by_hand", json_true());
    json_tree_put(o, "arrivals", number(s->arrivals));
    json_t *mix = json_array();
    for (uint32_t i = 0; s->mix && i < scenario_count; i++)
        json_tree_append(mix, json_real(s->mix[i]));
    json_tree_put(o, "mix", mix);
    json_tree_put(o, "has_think", json_boolean(s->has_think));
    json_tree_put(o, "think_lo_ns", number(s->think.lo_ns));
    json_tree_put(o, "think_hi_ns", number(s->think.hi_ns));
    json_tree_put(o, "pacing_ns", number(s->pacing_ns));
    return o;
}

static json_t *objectives_json(const struct objective *items, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_t *o = json_object();
        json_tree_put(o, "text", string(items[i].text));
        json_tree_put(o, "at", span_json(items[i].at));
        json_tree_put(o, "warn", json_boolean(items[i].warn));
        json_tree_put(o, "implicit", json_boolean(items[i].implicit));
        json_tree_append(array, o);
    }
    return array;
}

/* The request names of a scenario's steps, as they follow. */
static json_t *requests_json(const struct scenario *s)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < s->step_count; i++)
        json_tree_append(array, number(s->steps[i].name_index));
    return array;
}

static json_t *plan_json(struct arena *arena, const struct plan *plan)
{
    json_t *o = json_object();
    json_tree_put(o, "name", string(plan->name));
    json_tree_put(o, "path", string(plan->path));
    json_tree_put(o, "source", masked_source(arena, plan->source, plan));
    json_t *targets = json_array();
    json_t *names = json_array();
    json_t *services = json_array();
    json_t *scenarios = json_array();
    json_t *stages = json_array();
    for (uint32_t i = 0; i < plan->target_count; i++)
        json_tree_append(targets, string(plan->targets[i].text));
    for (uint32_t i = 0; i < plan->name_count; i++) json_tree_append(names, string(plan->names[i]));
    for (uint32_t i = 0; i < plan->service_count; i++)
        json_tree_append(services, string(plan->services[i].name));
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        json_t *scenario = json_object();
        json_tree_put(scenario, "name", string(plan->scenarios[i].name));
        json_tree_put(scenario, "weight", json_real(plan->scenarios[i].weight));
        json_tree_put(scenario, "requests", requests_json(&plan->scenarios[i]));
        json_tree_append(scenarios, scenario);
    }
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        json_tree_append(stages, stage_json(&plan->stages[i], plan->scenario_count));
    }
    json_tree_put(o, "targets", targets);
    json_tree_put(o, "names", names);
    json_tree_put(o, "services", services);
    json_tree_put(o, "scenarios", scenarios);
    json_tree_put(o, "stages", stages);
    json_tree_put(o, "objectives", objectives_json(plan->objectives, plan->objective_count));
    json_tree_put(o, "abort_when", objectives_json(plan->abort_when, plan->abort_count));
    json_tree_put(o, "max_in_flight", number(plan->max_in_flight));
    json_tree_put(o, "connections", number(plan->connections));
    json_tree_put(o, "threads", number(plan->threads));
    json_tree_put(o, "seed", number(plan->seed));
    json_tree_put(o, "seed_given", json_boolean(plan->seed_given));
    return o;
}

static json_t *calibration_json(const struct calibration *c)
{
    json_t *o = json_object();
    json_tree_put(o, "floor_p50_ns", number(c->floor_p50_ns));
    json_tree_put(o, "floor_p99_ns", number(c->floor_p99_ns));
    json_tree_put(o, "ceiling_per_s", json_real(c->ceiling_per_s));
    return o;
}

static json_t *series_json(const struct run_header *header)
{
    json_t *o = json_object();
    json_tree_put(o, "id", json_string(header->series));
    json_tree_put(o, "index", number(header->series_index));
    json_tree_put(o, "count", number(header->series_count));
    return o;
}

struct bytes header_json_make(struct arena *arena, const struct run_header *header)
{
    json_t *o = json_object();
    json_tree_put(o, "id", json_string(header->id));
    json_tree_put(o, "version", string(header->version));
    json_tree_put(o, "command", string(header->command));
    json_tree_put(o, "wall_start_ns", number(header->wall_start_ns));
    json_tree_put(o, "tick_ns", number(header->tick_ns));
    json_tree_put(o, "host", string(header->host));
    json_tree_put(o, "kernel", string(header->kernel));
    json_tree_put(o, "cpu", string(header->cpu));
    json_tree_put(o, "cores", number(header->cores));
    json_tree_put(o, "memory_bytes", number(header->memory_bytes));
    json_tree_put(o, "threads", number(header->threads));
    json_tree_put(o, "budget_bytes", number(header->budget_bytes));
    json_tree_put(o, "response_limit_ns", number(header->response_limit_ns));
    if (header->calibration.ceiling_per_s > 0) {
        json_tree_put(o, "calibration", calibration_json(&header->calibration));
    }
    if (header->series_count > 0) json_tree_put(o, "series", series_json(header));
    if (header->watch_ns > 0) json_tree_put(o, "watch_ns", number(header->watch_ns));
    struct bytes out = {NULL, 0};
    json_t *plan = plan_json(arena, header->plan);
    json_tree_put(o, "plan", plan);

    size_t len = json_dumpb(o, NULL, 0, JSON_COMPACT);
    char *text = len > 0 ? arena_alloc(arena, len) : NULL;
    if (text && json_dumpb(o, text, len, JSON_COMPACT) == len) out = (struct bytes){text, len};
    json_decref(o);
    return out;
}

/* ---- reading ---- */

/* Sticky: the first key that is missing or of another kind is remembered. */
struct reader {
    struct arena *arena;
    const char *wrong;
};

static const json_t *get(struct reader *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!value && !r->wrong) r->wrong = key;
    return value;
}

static void complain(struct reader *r, const char *key)
{
    if (!r->wrong) r->wrong = key;
}

static uint64_t to_number(struct reader *r, const json_t *value, const char *key)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        return (uint64_t)json_integer_value(value);
    }
    uint64_t big = 0;
    struct bytes text = {json_string_value(value), json_string_length(value)};
    if (!text.at || !bytes_to_u64(text, &big)) complain(r, key);
    return big;
}

static uint64_t get_number(struct reader *r, const json_t *object, const char *key)
{
    return to_number(r, get(r, object, key), key);
}

static uint32_t get_u32(struct reader *r, const json_t *object, const char *key)
{
    uint64_t value = get_number(r, object, key);
    if (value > UINT32_MAX) complain(r, key);
    return (uint32_t)value;
}

static bool get_bool(struct reader *r, const json_t *object, const char *key)
{
    const json_t *value = get(r, object, key);
    if (!json_is_boolean(value)) complain(r, key);
    return json_is_true(value);
}

static double to_double(struct reader *r, const json_t *value, const char *key)
{
    if (!json_is_number(value) || !isfinite(json_number_value(value))) complain(r, key);
    return json_number_value(value);
}

static struct bytes to_text(struct reader *r, const json_t *value, const char *key)
{
    if (!json_is_string(value)) complain(r, key);
    struct bytes text = {json_string_value(value), json_string_length(value)};
    return arena_copy(r->arena, text);
}

static struct bytes get_text(struct reader *r, const json_t *object, const char *key)
{
    return to_text(r, get(r, object, key), key);
}

/* An array, its length in `*count`; NULL and 0 when there is none. */
static const json_t *get_array(struct reader *r, const json_t *object, const char *key,
                               uint32_t *count)
{
    const json_t *array = get(r, object, key);
    if (!json_is_array(array)) complain(r, key);
    *count = (uint32_t)json_array_size(array);
    return array;
}

static struct span get_span(struct reader *r, const json_t *object)
{
    uint32_t count;
    uint32_t words[4] = {0};
    const json_t *array = get_array(r, object, "at", &count);
    if (count != COUNT_OF(words)) complain(r, "at");
    for (uint32_t i = 0; i < COUNT_OF(words) && i < count; i++) {
        uint64_t value = to_number(r, json_array_get(array, i), "at");
        if (value > UINT32_MAX) complain(r, "at");
        words[i] = (uint32_t)value;
    }
    return (struct span){words[0], words[1], words[2], words[3]};
}

static void read_stage(struct reader *r, const json_t *o, uint32_t scenario_count,
                       struct stage *out)
{
    out->name = get_text(r, o, "name");
    out->group = get_text(r, o, "group");
    out->at = get_span(r, o);
    struct bytes model = get_text(r, o, "model");
    out->model = bytes_is(model, "closed") ? MODEL_CLOSED : MODEL_OPEN;
    out->rate_from = to_double(r, get(r, o, "rate_from"), "rate_from");
    out->rate_to = to_double(r, get(r, o, "rate_to"), "rate_to");
    out->users_from = get_u32(r, o, "users_from");
    out->users_to = get_u32(r, o, "users_to");
    out->length_ns = get_number(r, o, "length_ns");
    out->requests = get_number(r, o, "requests");
    out->settle_ns = get_number(r, o, "settle_ns");
    out->judged = get_bool(r, o, "judged");
    out->warmup = get_bool(r, o, "warmup");
    out->until_steady = json_is_true(json_object_get(o, "until_steady"));
    out->by_hand = json_is_true(json_object_get(o, "by_hand"));
    uint32_t arrivals = get_u32(r, o, "arrivals");
    uint32_t mixed;
    if (arrivals > ARRIVALS_EXACT) complain(r, "arrivals");
    else out->arrivals = (enum arrivals)arrivals;
    const json_t *mix = get_array(r, o, "mix", &mixed);
    if (mixed > 0 && mixed != scenario_count) complain(r, "mix");
    double *weights = mixed > 0 ? ARENA_ARRAY(r->arena, mixed, double) : NULL;
    for (uint32_t i = 0; weights && i < mixed; i++) {
        weights[i] = to_double(r, json_array_get(mix, i), "mix");
    }
    out->mix = weights;
    out->has_think = get_bool(r, o, "has_think");
    out->think.lo_ns = get_number(r, o, "think_lo_ns");
    out->think.hi_ns = get_number(r, o, "think_hi_ns");
    out->pacing_ns = get_number(r, o, "pacing_ns");
}

static struct objective *read_objectives(struct reader *r, const json_t *plan, const char *key,
                                         bool abort, const struct objective_names *names,
                                         uint32_t *count)
{
    const json_t *array = get_array(r, plan, key, count);
    struct objective *items = ARENA_ARRAY(r->arena, *count, struct objective);
    struct diags *diags = ARENA_NEW(r->arena, struct diags);
    for (uint32_t i = 0; items && diags && i < *count && !r->wrong; i++) {
        const json_t *o = json_array_get(array, i);
        struct bytes text = get_text(r, o, "text");
        struct span at = get_span(r, o);
        if (!objective_parse(&items[i], r->arena, text, at, abort, names, diags)) complain(r, key);
        items[i].warn = get_bool(r, o, "warn");
        items[i].implicit = get_bool(r, o, "implicit");
    }
    return items;
}

/* Texts of an array. */
static struct bytes *read_texts(struct reader *r, const json_t *plan, const char *key,
                                uint32_t *count)
{
    const json_t *array = get_array(r, plan, key, count);
    struct bytes *items = ARENA_ARRAY(r->arena, *count, struct bytes);
    for (uint32_t i = 0; items && i < *count; i++) {
        items[i] = to_text(r, json_array_get(array, i), key);
    }
    return items;
}

struct objective_names header_json_names(struct arena *arena, const struct plan *plan)
{
    struct objective_names names = {.requests = plan->names,
                                    .request_count = plan->name_count,
                                    .scenario_count = plan->scenario_count,
                                    .service_count = plan->service_count,
                                    .stage_count = plan->stage_count};
    struct bytes *scenarios = ARENA_ARRAY(arena, plan->scenario_count, struct bytes);
    struct bytes *services = ARENA_ARRAY(arena, plan->service_count, struct bytes);
    struct bytes *stages = ARENA_ARRAY(arena, plan->stage_count, struct bytes);
    struct bytes *groups = ARENA_ARRAY(arena, plan->stage_count, struct bytes);
    if (!arena_ok(arena)) return (struct objective_names){0};
    for (uint32_t i = 0; i < plan->scenario_count; i++) scenarios[i] = plan->scenarios[i].name;
    for (uint32_t i = 0; i < plan->service_count; i++) services[i] = plan->services[i].name;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        stages[i] = plan->stages[i].name;
        groups[i] = plan->stages[i].group;
    }
    names.scenarios = scenarios;
    names.services = services;
    names.stage_names = stages;
    names.stage_groups = groups;
    return names;
}

/* Steps with nothing but their names; none in files of versions 1 and 2. */
static void read_requests(struct reader *r, const json_t *o, uint32_t name_count,
                          struct scenario *out)
{
    const json_t *names = json_object_get(o, "requests");
    uint32_t count = (uint32_t)json_array_size(names);
    out->steps = ARENA_ARRAY(r->arena, count, struct step);
    for (uint32_t i = 0; out->steps && i < count; i++) {
        uint64_t name = to_number(r, json_array_get(names, i), "requests");
        if (name >= name_count) complain(r, "requests");
        else out->steps[out->step_count++].name_index = (uint32_t)name;
    }
}

/* Services with nothing but their names; none in older files. */
static void read_services(struct reader *r, const json_t *o, struct plan *out)
{
    if (!json_object_get(o, "services")) return;
    struct bytes *names = read_texts(r, o, "services", &out->service_count);
    out->services = ARENA_ARRAY(r->arena, out->service_count, struct service);
    if (!arena_ok(r->arena) || !names) out->service_count = 0;
    for (uint32_t i = 0; i < out->service_count; i++) out->services[i].name = names[i];
}

static void read_plan(struct reader *r, const json_t *o, struct plan *out)
{
    out->name = get_text(r, o, "name");
    out->path = get_text(r, o, "path");
    out->source = get_text(r, o, "source");
    struct bytes *targets = read_texts(r, o, "targets", &out->target_count);
    out->targets = ARENA_ARRAY(r->arena, out->target_count, struct target);
    out->names = read_texts(r, o, "names", &out->name_count);
    read_services(r, o, out);
    const json_t *scenarios = get_array(r, o, "scenarios", &out->scenario_count);
    out->scenarios = ARENA_ARRAY(r->arena, out->scenario_count, struct scenario);
    const json_t *stages = get_array(r, o, "stages", &out->stage_count);
    out->stages = ARENA_ARRAY(r->arena, out->stage_count, struct stage);
    if (!arena_ok(r->arena)) return;

    for (uint32_t i = 0; i < out->target_count; i++) out->targets[i].text = targets[i];
    for (uint32_t i = 0; i < out->scenario_count; i++) {
        const json_t *scenario = json_array_get(scenarios, i);
        out->scenarios[i].name = get_text(r, scenario, "name");
        out->scenarios[i].weight = to_double(r, get(r, scenario, "weight"), "weight");
        read_requests(r, scenario, out->name_count, &out->scenarios[i]);
    }
    for (uint32_t i = 0; i < out->stage_count; i++) {
        read_stage(r, json_array_get(stages, i), out->scenario_count, &out->stages[i]);
    }
    struct objective_names names = header_json_names(r->arena, out);
    if (!arena_ok(r->arena) || r->wrong) return;
    out->objectives = read_objectives(r, o, "objectives", false, &names, &out->objective_count);
    out->abort_when = read_objectives(r, o, "abort_when", true, &names, &out->abort_count);
    out->max_in_flight = get_number(r, o, "max_in_flight");
    out->connections = get_u32(r, o, "connections");
    out->threads = get_u32(r, o, "threads");
    out->seed = get_number(r, o, "seed");
    out->seed_given = get_bool(r, o, "seed_given");
    const char *much = run_too_large(out);
    if (much) complain(r, much);
}

/* Absent where nobody asked for it. */
static void read_calibration(struct reader *r, const json_t *o, struct calibration *out)
{
    if (!o) return;
    out->floor_p50_ns = get_number(r, o, "floor_p50_ns");
    out->floor_p99_ns = get_number(r, o, "floor_p99_ns");
    out->ceiling_per_s = to_double(r, get(r, o, "ceiling_per_s"), "ceiling_per_s");
}

/* Absent of a run that stands alone. */
static void read_series(struct reader *r, const json_t *o, struct run_header *out)
{
    if (!o) return;
    struct text id = text_in(out->series, sizeof out->series);
    text_add(&id, get_text(r, o, "id"));
    out->series_index = get_u32(r, o, "index");
    out->series_count = get_u32(r, o, "count");
}

bool header_json_read(struct run_header *out, struct arena *arena, struct bytes json,
                      struct err *err)
{
    *out = (struct run_header){0};
    json_t *o = json_loadb(json.at, json.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    struct reader r = {.arena = arena};
    struct plan *plan = ARENA_NEW(arena, struct plan);
    if (!o || !plan) {
        json_decref(o);
        return err_set(err, ERR_IO, 0, "the run's header is damaged");
    }
    struct bytes id = get_text(&r, o, "id");
    struct text id_text = text_in(out->id, sizeof out->id);
    text_add(&id_text, id);
    out->version = get_text(&r, o, "version");
    out->command = get_text(&r, o, "command");
    out->wall_start_ns = get_number(&r, o, "wall_start_ns");
    out->tick_ns = get_number(&r, o, "tick_ns");
    if (out->tick_ns == 0 || out->tick_ns > RUN_LENGTH_MAX_NS) complain(&r, "tick_ns");
    out->host = get_text(&r, o, "host");
    out->kernel = get_text(&r, o, "kernel");
    out->cpu = get_text(&r, o, "cpu");
    out->cores = get_u32(&r, o, "cores");
    out->memory_bytes = get_number(&r, o, "memory_bytes");
    out->threads = get_u32(&r, o, "threads");
    out->budget_bytes = get_number(&r, o, "budget_bytes");
    out->response_limit_ns = get_number(&r, o, "response_limit_ns");
    read_calibration(&r, json_object_get(o, "calibration"), &out->calibration);
    read_series(&r, json_object_get(o, "series"), out);
    /* Absent of a run. */
    if (json_object_get(o, "watch_ns")) out->watch_ns = get_number(&r, o, "watch_ns");
    read_plan(&r, get(&r, o, "plan"), plan);
    out->plan = plan;
    json_decref(o);
    if (r.wrong) return err_set(err, ERR_IO, 0, "the run's header is damaged at '%s'", r.wrong);
    if (!arena_ok(arena)) return err_set(err, ERR_LIMIT, 0, "the run's header is too large");
    return true;
}
