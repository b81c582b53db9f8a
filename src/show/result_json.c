#include "show/result_json.h"

#include <jansson.h>
#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

#define JSON_STYLE (JSON_INDENT(2) | JSON_REAL_PRECISION(12))

static void put(json_t *object, const char *key, json_t *value)
{
    int failed = json_object_set_new(object, key, value);
    assert(failed == 0); /* jansson's heap: exhausted memory is not survived */
}

static void append(json_t *array, json_t *value)
{
    int failed = json_array_append_new(array, value);
    assert(failed == 0);
}

static json_t *count_json(uint64_t value)
{
    return json_integer((json_int_t)(value <= INT64_MAX ? value : INT64_MAX));
}

/* A figure that does not exist, or has no end, is null. */
static json_t *figure_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Text of the target's may be anything: what isn't UTF-8 or printable becomes \xNN. */
static json_t *text_json(struct bytes b)
{
    char array[4096];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, b);
    json_t *value = json_stringn(array, safe.len);
    return value ? value : json_string(""); /* cut inside a character */
}

/* ---- figures ---- */

static json_t *latency_json(const struct latency *l)
{
    json_t *o = json_object();
    json_t *at_least = json_array();
    put(o, "n", count_json(l->n));
    for (int i = 0; i < FIGURE_COUNT; i++) {
        put(o, result_figure_name((enum figure)i), figure_json(l->ns[i] / 1e6));
        if (l->at_least >> i & 1) append(at_least, json_string(result_figure_name((enum figure)i)));
    }
    put(o, "at_least", at_least);
    return o;
}

/* Which of the six times a row has. */
enum times { TIMES_ALL, TIMES_REQUEST, TIMES_ITERATION };

static json_t *latency_if(bool has, const struct latency *l)
{
    return has ? latency_json(l) : json_null();
}

static json_t *arrivals_json(const struct figures *f)
{
    json_t *o = json_object();
    put(o, "planned", count_json(f->planned));
    put(o, "done", count_json(f->iterations_done));
    put(o, "failed", count_json(f->iterations_failed));
    put(o, "cut", count_json(f->iterations_cut));
    put(o, "dropped", count_json(f->iterations_dropped));
    return o;
}

static void put_figures(json_t *o, const struct figures *f, enum times times)
{
    put(o, "seconds", figure_json(f->seconds));
    put(o, "users", figure_json(f->users));
    put(o, "in_flight", figure_json(f->in_flight));
    put(o, "arrivals", times == TIMES_REQUEST ? json_null() : arrivals_json(f));
    put(o, "offered", count_json(f->offered));
    put(o, "done", count_json(f->done));
    put(o, "offered_per_s", figure_json(f->offered_per_s));
    put(o, "done_per_s", figure_json(f->done_per_s));
    put(o, "response_ms", latency_json(&f->response));
    put(o, "service_ms", latency_if(times != TIMES_ITERATION, &f->service));
    put(o, "lag_ms", latency_if(times == TIMES_ALL, &f->lag));
    put(o, "wait_ms", latency_if(times == TIMES_ALL, &f->wait));
    put(o, "ttfb_ms", latency_if(times != TIMES_ITERATION, &f->ttfb));
    put(o, "connect_ms", latency_if(times == TIMES_ALL, &f->connect));
    json_t *outcomes = json_object();
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        put(outcomes, tick_outcome_name((enum outcome)i), count_json(f->outcomes[i]));
    }
    put(o, "outcomes", outcomes);
}

static json_t *stage_json(const struct result *r, const struct stage_result *s)
{
    const struct stage *stage = &r->header->plan->stages[s->stage];
    json_t *o = json_object();
    put(o, "name", text_json(stage->name));
    put(o, "group", text_json(stage->group));
    put(o, "model", json_string(stage->model == MODEL_OPEN ? "open" : "closed"));
    put(o, "judged", json_boolean(stage->judged));
    put(o, "reached", json_boolean(s->reached));
    put(o, "start_s", figure_json(s->start_s));
    put(o, "settle_s", figure_json(s->settle_s));
    put_figures(o, &s->figures, TIMES_ALL);
    /* The stage's own length: of figures->seconds settle is left out. */
    put(o, "seconds", figure_json(s->seconds));
    return o;
}

static json_t *named_json(struct bytes name, const struct figures *f, enum times times)
{
    json_t *o = json_object();
    put(o, "name", text_json(name));
    put_figures(o, f, times);
    return o;
}

/* ---- objectives ---- */

/* ns to ms and shares to percent, as `unit` says. */
static double in_unit(const struct objective *o, double value)
{
    switch (o->metric) {
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
        return value / 1e6;
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
        return value * 100;
    case METRIC_THROUGHPUT:
        return o->of_offered ? value * 100 : value;
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
        return value;
    }
    return value;
}

static const char *unit_of(const struct objective *o)
{
    switch (o->metric) {
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
        return "ms";
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
        return "%";
    case METRIC_THROUGHPUT:
        return o->of_offered ? "% of offered" : "/s";
    case METRIC_USERS:
        return "users";
    case METRIC_IN_FLIGHT:
        return o->scope == SCOPE_SCENARIO ? "iterations" : "requests";
    }
    return "";
}

static json_t *interval_json(const struct objective *o, double lo, double hi)
{
    json_t *array = json_array();
    append(array, figure_json(in_unit(o, lo)));
    append(array, figure_json(in_unit(o, hi)));
    return array;
}

static json_t *findings_json(const struct result *r, const struct objective_result *o)
{
    json_t *array = json_array();
    for (uint32_t i = 0; o->stages && i < r->header->plan->stage_count; i++) {
        const struct finding *f = &o->stages[i];
        if (!r->header->plan->stages[i].judged || (f->n == 0 && isnan(f->value))) continue;
        json_t *item = json_object();
        put(item, "stage", text_json(r->header->plan->stages[i].name));
        put(item, "verdict", json_string(result_verdict_name(f->verdict)));
        put(item, "value", figure_json(in_unit(o->objective, f->value)));
        put(item, "interval", interval_json(o->objective, f->lo, f->hi));
        put(item, "at_least", json_boolean(f->at_least));
        put(item, "n", count_json(f->n));
        append(array, item);
    }
    return array;
}

static json_t *objective_json(const struct result *r, const struct objective_result *o)
{
    const struct objective *objective = o->objective;
    const struct plan *plan = r->header->plan;
    json_t *item = json_object();
    put(item, "text", text_json(objective->text));
    put(item, "of",
        o->each_index < plan->name_count ? text_json(plan->names[o->each_index]) : json_null());
    put(item, "verdict", json_string(result_verdict_name(o->verdict)));
    put(item, "value", figure_json(in_unit(objective, o->value)));
    put(item, "unit", json_string(unit_of(objective)));
    put(item, "limit", figure_json(in_unit(objective, objective->value)));
    put(item, "interval", interval_json(objective, o->lo, o->hi));
    put(item, "margin_percent", figure_json(o->margin * 100));
    put(item, "stage",
        o->stage < plan->stage_count ? text_json(plan->stages[o->stage].name) : json_null());
    put(item, "warn", json_boolean(objective->warn));
    put(item, "implicit", json_boolean(objective->implicit));
    put(item, "at_least", json_boolean(o->at_least));
    put(item, "n", count_json(o->n));
    put(item, "judged_stages", count_json(o->judged_stages));
    put(item, "missed_stages", count_json(o->missed_stages));
    put(item, "needed_s", figure_json(o->needed_s));
    put(item, "note", text_json(bytes_of(o->note)));
    put(item, "stages", findings_json(r, o));
    return item;
}

/* ---- the whole ---- */

static json_t *trust_json(const struct result *r)
{
    json_t *o = json_object();
    json_t *reasons = json_array();
    for (uint32_t i = 0; i < r->reason_count; i++) {
        json_t *reason = json_object();
        put(reason, "code", json_string(r->reasons[i].code));
        put(reason, "level", json_string(result_trust_name(r->reasons[i].level)));
        put(reason, "text", text_json(bytes_of(r->reasons[i].text)));
        put(reason, "value", figure_json(r->reasons[i].value));
        append(reasons, reason);
    }
    put(o, "level", json_string(result_trust_name(r->trust)));
    put(o, "reasons", reasons);
    return o;
}

/* RFC 3339, UTC, to the millisecond. */
static json_t *moment_json(uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm;
    char array[64];
    struct text text = text_in(array, sizeof array);
    if (!gmtime_r(&seconds, &tm)) return json_null();
    text_addf(&text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
              tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_ns % NS_PER_S / NS_PER_MS));
    return json_string(array);
}

static void put_head(json_t *o, const struct result *r)
{
    const struct run_header *h = r->header;
    put(o, "format", json_string("prony.result/1"));
    put(o, "run", json_string(h->id));
    put(o, "plan", text_json(h->plan->name));
    put(o, "verdict", json_string(result_verdict_name(r->verdict)));
    put(o, "ended", json_string(run_ended_name(r->end.ended)));
    put(o, "reason", text_json(bytes_of(r->end.reason)));
    put(o, "exit", json_integer(r->exit_code));
    put(o, "version", text_json(h->version));
    put(o, "started", moment_json(h->wall_start_ns));
    put(o, "seconds", figure_json((double)r->end.at_ns / 1e9));
    json_t *targets = json_array();
    for (uint32_t i = 0; i < h->plan->target_count; i++) {
        append(targets, text_json(h->plan->targets[i].text));
    }
    put(o, "targets", targets);
    put(o, "trust", trust_json(r));
}

static json_t *result_json(const struct result *r)
{
    const struct plan *plan = r->header->plan;
    json_t *o = json_object();
    json_t *objectives = json_array();
    json_t *stages = json_array();
    json_t *requests = json_array();
    json_t *scenarios = json_array();
    json_t *totals = json_object();
    put_head(o, r);
    for (uint32_t i = 0; i < r->objective_count; i++) {
        append(objectives, objective_json(r, &r->objectives[i]));
    }
    for (uint32_t i = 0; i < r->stage_count; i++) {
        if (r->stages[i].stage < plan->stage_count) append(stages, stage_json(r, &r->stages[i]));
    }
    for (uint32_t i = 0; r->requests && i < plan->name_count; i++) {
        append(requests, named_json(plan->names[i], &r->requests[i], TIMES_REQUEST));
    }
    for (uint32_t i = 0; r->scenarios && i < plan->scenario_count; i++) {
        append(scenarios, named_json(plan->scenarios[i].name, &r->scenarios[i], TIMES_ITERATION));
    }
    put_figures(totals, &r->totals, TIMES_ALL);
    put(o, "objectives", objectives);
    put(o, "stages", stages);
    put(o, "requests", requests);
    put(o, "scenarios", scenarios);
    put(o, "totals", totals);
    json_t *generator = json_object();
    put(generator, "cpu_seconds", figure_json((double)r->end.generator_cpu_ns / 1e9));
    put(generator, "max_rss_bytes", count_json(r->end.max_rss_bytes));
    put(generator, "threads", count_json(r->header->threads));
    put(o, "generator", generator);
    return o;
}

struct bytes result_json_make(struct arena *arena, const struct result *result)
{
    json_t *o = result_json(result);
    size_t len = json_dumpb(o, NULL, 0, JSON_STYLE);
    char *text = arena_alloc(arena, len + 1);
    struct bytes out = {NULL, 0};
    if (text && json_dumpb(o, text, len, JSON_STYLE) == len) {
        text[len] = '\n';
        out = (struct bytes){text, len + 1};
    }
    json_decref(o);
    return out;
}
