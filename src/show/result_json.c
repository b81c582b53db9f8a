#include "show/result_json.h"

#include <math.h>

#include "show/json_part.h"
#include "show/request_spans.h"
#include "show/signal_lines.h"

#define SIGNAL_PARTS 60 /* of the run, at most, in which a signal is told */
#define JSON_STYLE (JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_PART_PRECISION))

/* ---- figures ---- */

static json_t *latency_json(const struct latency *l)
{
    json_t *o = json_object();
    json_t *at_least = json_array();
    json_tree_put(o, "n", json_part_count(l->n));
    for (int i = 0; i < FIGURE_COUNT; i++) {
        json_tree_put(o, result_figure_name((enum figure)i), json_part_figure(l->ns[i] / 1e6));
        if (l->at_least >> i & 1)
            json_tree_append(at_least, json_string(result_figure_name((enum figure)i)));
    }
    json_tree_put(o, "at_least", at_least);
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
    if (f->in_part) return json_null();
    json_t *o = json_object();
    json_tree_put(o, "planned", json_part_count(f->planned));
    json_tree_put(o, "done", json_part_count(f->iterations_done));
    json_tree_put(o, "failed", json_part_count(f->iterations_failed));
    json_tree_put(o, "cut", json_part_count(f->iterations_cut));
    json_tree_put(o, "dropped", json_part_count(f->iterations_dropped));
    return o;
}

/* Where no stage has users there is no number of them, not a number of 0. */
static json_t *users_json(const struct figures *f)
{
    return json_part_figure(f->users > 0 ? f->users : (double)NAN);
}

static json_t *handshakes_json(const struct figures *f)
{
    json_t *o = json_object();
    json_tree_put(o, "full", json_part_count(f->full_handshakes));
    json_tree_put(o, "resumed", json_part_count(f->resumed_handshakes));
    return o;
}

static json_t *tail_json(const struct figures *f)
{
    static const char *const names[TAIL_COUNT] = {
        [TAIL_SLOW] = "slow",
        [TAIL_LOSSY] = "resending",
        [TAIL_RESENT] = "segments",
        [TAIL_LOSSY_CONNECTIONS] = "resending_connections",
        [TAIL_CONNECTIONS] = "connections",
        [TAIL_FEW] = "half_on",
        [TAIL_FEW_OF] = "half_of",
        [TAIL_FEW_REQUESTS] = "half_requests",
        [TAIL_REQUESTS] = "requests",
    };
    json_t *o = json_object();
    for (uint32_t i = 0; i < TAIL_COUNT; i++) {
        json_tree_put(o, names[i], json_part_count(f->tail.of[i]));
    }
    return o;
}

static void put_figures(json_t *o, const struct figures *f, enum times times)
{
    json_tree_put(o, "seconds", json_part_figure(f->seconds));
    json_tree_put(o, "users", users_json(f));
    json_tree_put(o, "in_flight", json_part_figure(f->in_flight));
    json_tree_put(o, "arrivals", times == TIMES_REQUEST ? json_null() : arrivals_json(f));
    json_tree_put(o, "offered", json_part_count(f->offered));
    json_tree_put(o, "done", json_part_count(f->done));
    json_tree_put(o, "offered_per_s", json_part_figure(f->offered_per_s));
    json_tree_put(o, "done_per_s", json_part_figure(f->done_per_s));
    json_tree_put(o, "response_ms", latency_json(&f->response));
    json_tree_put(o, "service_ms", latency_if(times != TIMES_ITERATION, &f->service));
    json_tree_put(o, "lag_ms", latency_if(times == TIMES_ALL, &f->lag));
    json_tree_put(o, "wait_ms", latency_if(times == TIMES_ALL, &f->wait));
    json_tree_put(o, "ttfb_ms", latency_if(times != TIMES_ITERATION, &f->ttfb));
    json_tree_put(o, "connect_ms", latency_if(times == TIMES_ALL, &f->connect));
    json_tree_put(o, "tls_ms", latency_if(times == TIMES_ALL, &f->tls));
    json_tree_put(o, "rtt_ms", latency_if(times == TIMES_ALL, &f->rtt));
    json_tree_put(o, "tail", times == TIMES_ALL ? tail_json(f) : json_null());
    json_tree_put(o, "handshakes", times == TIMES_ALL ? handshakes_json(f) : json_null());
    json_t *outcomes = json_object();
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        json_tree_put(outcomes, tick_outcome_name((enum outcome)i),
                      json_part_count(f->outcomes[i]));
    }
    json_tree_put(o, "outcomes", outcomes);
}

static json_t *stage_json(const struct result *r, const struct stage_result *s)
{
    const struct stage *stage = &r->header->plan->stages[s->stage];
    json_t *o = json_object();
    json_tree_put(o, "name", json_part_text(stage->name));
    json_tree_put(o, "group", json_part_text(stage->group));
    json_tree_put(o, "model", json_string(stage->model == MODEL_OPEN ? "open" : "closed"));
    json_tree_put(o, "judged", json_boolean(result_stage_judged(r, s->stage)));
    json_tree_put(o, "reached", json_boolean(s->reached));
    json_tree_put(o, "start_s", json_part_figure(s->start_s));
    json_tree_put(o, "settle_s", json_part_figure(s->settle_s));
    json_tree_put(o, "silent_from_s",
                  s->silent_from_s > 0 ? json_part_figure(s->silent_from_s) : json_null());
    put_figures(o, &s->figures, TIMES_ALL);
    /* The stage's own length: of figures->seconds settle is left out. */
    json_tree_put(o, "seconds", json_part_figure(s->seconds));
    return o;
}

static json_t *named_json(struct bytes name, const struct figures *f, enum times times)
{
    json_t *o = json_object();
    json_tree_put(o, "name", json_part_text(name));
    put_figures(o, f, times);
    return o;
}

/* ---- objectives ---- */

static json_t *interval_json(const struct objective *o, double lo, double hi)
{
    json_t *array = json_array();
    json_tree_append(array, json_part_figure(json_part_in_unit(o, lo)));
    json_tree_append(array, json_part_figure(json_part_in_unit(o, hi)));
    return array;
}

static json_t *findings_json(const struct result *r, const struct objective_result *o)
{
    json_t *array = json_array();
    for (uint32_t i = 0; o->stages && i < r->header->plan->stage_count; i++) {
        const struct finding *f = &o->stages[i];
        if (!result_stage_judged(r, i) || (f->n == 0 && isnan(f->value))) continue;
        json_t *item = json_object();
        json_tree_put(item, "stage", json_part_text(r->header->plan->stages[i].name));
        json_tree_put(item, "verdict", json_string(result_verdict_name(f->verdict)));
        json_tree_put(item, "value", json_part_figure(json_part_in_unit(o->objective, f->value)));
        json_tree_put(item, "interval", interval_json(o->objective, f->lo, f->hi));
        json_tree_put(item, "at_least", json_boolean(f->at_least));
        json_tree_put(item, "n", json_part_count(f->n));
        json_tree_append(array, item);
    }
    return array;
}

static json_t *objective_json(const struct result *r, const struct objective_result *o)
{
    const struct objective *objective = o->objective;
    const struct plan *plan = r->header->plan;
    json_t *item = json_object();
    json_tree_put(item, "text", json_part_text(objective->text));
    json_tree_put(item, "of",
                  o->each_index < plan->name_count ? json_part_text(plan->names[o->each_index])
                                                   : json_null());
    json_tree_put(item, "verdict", json_string(result_verdict_name(o->verdict)));
    json_tree_put(item, "value", json_part_figure(json_part_in_unit(objective, o->value)));
    json_tree_put(item, "unit", json_string(json_part_unit(objective)));
    json_tree_put(item, "limit", json_part_figure(json_part_in_unit(objective, objective->value)));
    json_tree_put(item, "interval", interval_json(objective, o->lo, o->hi));
    json_tree_put(item, "margin_percent", json_part_figure(o->margin * 100));
    json_tree_put(item, "stage",
                  o->stage < plan->stage_count ? json_part_text(plan->stages[o->stage].name)
                                               : json_null());
    json_tree_put(item, "warn", json_boolean(objective->warn));
    json_tree_put(item, "implicit", json_boolean(objective->implicit));
    json_tree_put(item, "at_least", json_boolean(o->at_least));
    json_tree_put(item, "n", json_part_count(o->n));
    json_tree_put(item, "judged_stages", json_part_count(o->judged_stages));
    json_tree_put(item, "missed_stages", json_part_count(o->missed_stages));
    json_tree_put(item, "needed_s", json_part_figure(o->needed_s));
    json_tree_put(item, "note", json_part_text(bytes_of(o->note)));
    json_tree_put(item, "stages", findings_json(r, o));
    return item;
}

/* ---- single requests ---- */

static json_t *phase_json(uint64_t ns)
{
    return json_part_figure((double)ns / 1e6);
}

static json_t *trace_json(struct trace_id trace)
{
    char array[TRACE_ID_DIGITS + 1];
    struct text digits = text_in(array, sizeof array);
    trace_id_add(&digits, trace);
    return trace_id_is_none(trace) ? json_null() : json_string(array);
}

static json_t *span_json(const struct request_span *s)
{
    static const char *const kinds[TRACE_SPAN_KINDS] = {"unspecified", "internal", "server",
                                                        "client",      "producer", "consumer"};
    json_t *o = json_object();
    json_tree_put(o, "service", json_part_text(s->span.service));
    json_tree_put(o, "name", json_part_text(s->span.name));
    json_tree_put(o, "kind", json_string(kinds[s->span.kind]));
    json_tree_put(o, "depth", json_integer(s->depth));
    json_tree_put(o, "at_s", json_part_figure((double)s->span.start_ns / 1e9));
    json_tree_put(o, "time_ms", phase_json(s->span.duration_ns));
    json_tree_put(o, "self_ms", phase_json(s->self_ns));
    json_tree_put(o, "failed", json_boolean(s->span.failed));
    return o;
}

/* What services said of the request, each behind its parent; null: nothing. */
static json_t *spans_json(const struct result *r, const struct exemplar *request)
{
    struct request_span rows[REQUEST_SPANS_MAX];
    for (uint32_t i = 0; i < r->exemplar_count; i++) {
        const struct exemplar *e = &r->exemplars[i];
        if (e->kind != EXEMPLAR_SPANS || !trace_id_equal(e->trace, request->trace)) continue;
        json_t *array = json_array();
        uint32_t count = request_spans_order(e->sample, rows);
        for (uint32_t k = 0; k < count; k++) json_tree_append(array, span_json(&rows[k]));
        return array;
    }
    return json_null();
}

static json_t *exemplars_json(const struct result *r)
{
    static const char *const kinds[EXEMPLAR_KINDS] = {"slow", "random", "first error", "traced",
                                                      "spans"};
    json_t *array = json_array();
    for (uint32_t i = 0; i < r->exemplar_count; i++) {
        const struct exemplar *e = &r->exemplars[i];
        bool sent = e->service_ns > 0;
        if (e->kind == EXEMPLAR_SPANS) continue; /* they stand with their request */
        json_t *o = json_object();
        json_tree_put(o, "kind", json_string(kinds[e->kind]));
        json_tree_put(o, "stage", json_part_text(run_stage_name(r->header, e->stage)));
        json_tree_put(o, "name", json_part_text(r->header->plan->names[e->name]));
        json_tree_put(o, "outcome", json_string(tick_outcome_name(e->outcome)));
        json_tree_put(o, "status", e->status > 0 ? json_integer(e->status) : json_null());
        json_tree_put(o, "at_s", json_part_figure((double)e->intended_ns / 1e9));
        json_tree_put(o, "response_ms", phase_json(e->response_ns));
        json_tree_put(o, "lag_ms", phase_json(e->lag_ns));
        json_tree_put(o, "wait_ms", phase_json(e->wait_ns));
        json_tree_put(o, "connect_ms", e->connect_ns > 0 ? phase_json(e->connect_ns) : json_null());
        json_tree_put(o, "ttfb_ms", sent ? phase_json(e->ttfb_ns) : json_null());
        json_tree_put(o, "service_ms", sent ? phase_json(e->service_ns) : json_null());
        json_tree_put(o, "detail", json_part_text(e->detail));
        json_tree_put(o, "sample", json_part_text(e->sample));
        json_tree_put(o, "trace_id", trace_json(e->trace));
        json_tree_put(o, "traced", json_boolean(e->sampled));
        json_tree_put(o, "spans", spans_json(r, e));
        json_tree_append(array, o);
    }
    return array;
}

/* ---- the whole ---- */

static json_t *seconds_json(uint64_t ns)
{
    return json_part_figure((double)ns / 1e9);
}

static json_t *trust_json(const struct result *r)
{
    json_t *o = json_object();
    json_t *reasons = json_array();
    for (uint32_t i = 0; i < r->reason_count; i++) {
        json_t *reason = json_object();
        json_tree_put(reason, "code", json_string(r->reasons[i].code));
        json_tree_put(reason, "level", json_string(result_reason_name(r->reasons[i].level)));
        json_tree_put(reason, "text", json_part_text(bytes_of(r->reasons[i].text)));
        json_tree_put(reason, "value", json_part_figure(r->reasons[i].value));
        json_tree_append(reasons, reason);
    }
    json_tree_put(o, "level", json_string(result_trust_name(r->trust)));
    json_tree_put(o, "reasons", reasons);
    return o;
}

/* Which part of the run it is about; null: all of it. */
static json_t *window_json(const struct run_header *h)
{
    const struct run_window *w = h->window;
    if (!w) return json_null();
    json_t *o = json_object();
    json_t *spans = json_array();
    for (uint32_t i = 0; i < w->span_count; i++) {
        const struct window_span *span = &w->spans[i];
        json_t *item = json_object();
        json_tree_put(item, "stage", json_part_text(run_stage_name(h, span->stage)));
        json_tree_put(item, "from_s", seconds_json(span->from_ns));
        json_tree_put(item, "to_s", seconds_json(span->to_ns));
        json_tree_put(item, "offset_s", seconds_json(span->from_ns - span->start_ns));
        json_tree_put(item, "settle_s", seconds_json(window_settle_ns(span)));
        json_tree_put(item, "ticks", json_integer(span->ticks));
        json_tree_put(item, "whole", json_boolean(span->whole));
        json_tree_append(spans, item);
    }
    json_tree_put(o, "asked", json_part_text(w->asked));
    json_tree_put(o, "seconds", seconds_json(w->length_ns));
    json_tree_put(o, "ticks", json_integer(w->ticks));
    json_tree_put(o, "spans", spans);
    return o;
}

static json_t *series_json(const struct run_header *h)
{
    if (h->series_count == 0) return json_null();
    json_t *o = json_object();
    json_tree_put(o, "id", json_string(h->series));
    json_tree_put(o, "index", json_integer(h->series_index));
    json_tree_put(o, "count", json_integer(h->series_count));
    return o;
}

static void put_head(json_t *o, const struct result *r)
{
    const struct run_header *h = r->header;
    json_tree_put(o, "format", json_string("prony.result/1"));
    json_tree_put(o, "run", json_string(h->id));
    json_tree_put(o, "plan", json_part_text(h->plan->name));
    json_tree_put(o, "verdict", json_string(result_verdict_name(r->verdict)));
    json_tree_put(o, "ended", json_string(run_end_name(&r->end)));
    json_tree_put(o, "steered", json_boolean(r->steered));
    json_tree_put(o, "reason", json_part_text(bytes_of(r->end.reason)));
    json_tree_put(o, "exit", json_integer(r->exit_code));
    json_tree_put(o, "version", json_part_text(h->version));
    json_tree_put(o, "started", json_part_moment(h->wall_start_ns));
    json_tree_put(o, "seconds", seconds_json(r->end.at_ns));
    json_tree_put(o, "window", window_json(h));
    json_tree_put(o, "series", series_json(h));
    json_t *targets = json_array();
    for (uint32_t i = 0; i < h->plan->target_count; i++) {
        json_tree_append(targets, json_part_text(h->plan->targets[i].text));
    }
    json_tree_put(o, "targets", targets);
    json_tree_put(o, "trust", trust_json(r));
}

static json_t *stalls_json(const struct result *r)
{
    json_t *o = json_object();
    json_t *list = json_array();
    for (uint32_t i = 0; i < r->stall_count; i++) {
        const struct stall_found *s = &r->stalls[i];
        json_t *item = json_object();
        json_tree_put(item, "start_s", seconds_json(s->start_ns));
        json_tree_put(item, "seconds", seconds_json(s->end_ns - s->start_ns));
        json_tree_put(item, "stage", json_part_text(run_stage_name(r->header, s->stage)));
        json_tree_put(item, "whole", json_boolean(s->whole));
        json_tree_put(item, "held", json_integer(s->held));
        json_tree_put(item, "connections", json_integer(s->open));
        json_tree_put(item, "others", json_integer(s->others));
        json_tree_put(item, "due", json_part_count(s->due));
        json_tree_append(list, item);
    }
    json_tree_put(o, "list", list);
    json_tree_put(o, "more", json_integer(r->stalls_more));
    json_tree_put(o, "period_s",
                  r->stall_period_s > 0 ? json_part_figure(r->stall_period_s) : json_null());
    return o;
}

static json_t *signal_json(const struct signals *s, const struct signal_row *row)
{
    json_t *o = json_object();
    json_t *usual = json_array();
    json_t *points = json_array();
    json_tree_append(usual, json_part_figure(row->lo));
    json_tree_append(usual, json_part_figure(row->hi));
    uint32_t count = s->point_count < SIGNAL_PARTS ? s->point_count : SIGNAL_PARTS;
    for (uint32_t i = 0; row->points && i < count; i++) {
        double part = signal_lines_part(row->points, s->point_count, count, i);
        json_tree_append(points, json_part_figure(part));
    }
    json_tree_put(o, "of", json_part_text(row->series.of));
    json_tree_put(o, "name", json_part_text(row->series.name));
    json_tree_put(o, "label", json_part_text(row->series.label));
    json_tree_put(o, "unit", json_string(series_unit_name(row->series.unit)));
    json_tree_put(o, "correlation", json_part_figure(row->rho));
    json_tree_put(o, "usual", json_part_figure(row->usual));
    json_tree_put(o, "usual_range", usual);
    json_tree_put(o, "at_worst", json_part_figure(row->at_worst));
    json_tree_put(o, "left_s", json_part_figure(row->left_s));
    json_tree_put(o, "points", points);
    return o;
}

/* Null: no series was seen. */
static json_t *signals_json(const struct result *r)
{
    const struct signals *s = r->signals;
    if (!s) return json_null();
    char array[256];
    struct text with = text_in(array, sizeof array);
    signal_lines_with(&with, r);
    json_t *o = json_object();
    json_t *rows = json_array();
    for (uint32_t i = 0; i < s->count; i++) json_tree_append(rows, signal_json(s, &s->rows[i]));
    json_tree_put(o, "with", json_part_text(text_bytes(&with)));
    json_tree_put(o, "from_s", json_part_figure(s->start_s));
    json_tree_put(o, "to_s", json_part_figure(signals_time_s(s, s->point_count)));
    json_tree_put(o, "rows", rows);
    json_tree_put(o, "generator", signal_json(s, &s->own));
    return o;
}

static json_t *calibration_json(const struct calibration *c)
{
    if (c->ceiling_per_s <= 0) return json_null();
    json_t *o = json_object();
    json_tree_put(o, "floor_p50_ms", json_part_figure((double)c->floor_p50_ns / 1e6));
    json_tree_put(o, "floor_p99_ms", json_part_figure((double)c->floor_p99_ns / 1e6));
    json_tree_put(o, "ceiling_per_s", json_part_figure(c->ceiling_per_s));
    return o;
}

json_t *result_json_object(const struct result *r)
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
        json_tree_append(objectives, objective_json(r, &r->objectives[i]));
    }
    for (uint32_t i = 0; i < r->stage_count; i++) {
        const struct stage_result *s = &r->stages[i];
        if (s->stage == plan->stage_count) continue;
        /* One kept free for somebody at the keys, who never needed it. */
        if (plan->stages[s->stage].by_hand && !s->reached) continue;
        if (r->header->window && !result_shows_stage(r, s)) continue;
        json_tree_append(stages, stage_json(r, s));
    }
    for (uint32_t i = 0; r->requests && i < plan->name_count; i++) {
        json_tree_append(requests, named_json(plan->names[i], &r->requests[i], TIMES_REQUEST));
    }
    for (uint32_t i = 0; r->scenarios && i < plan->scenario_count; i++) {
        json_tree_append(scenarios,
                         named_json(plan->scenarios[i].name, &r->scenarios[i], TIMES_ITERATION));
    }
    put_figures(totals, &r->totals, TIMES_ALL);
    json_tree_put(o, "objectives", objectives);
    json_tree_put(o, "stages", stages);
    json_tree_put(o, "requests", requests);
    json_tree_put(o, "scenarios", scenarios);
    json_tree_put(o, "totals", totals);
    json_tree_put(o, "exemplars", exemplars_json(r));
    json_tree_put(o, "stalls", stalls_json(r));
    json_tree_put(o, "signals", signals_json(r));
    json_t *generator = json_object();
    json_tree_put(generator, "cpu_seconds",
                  json_part_figure((double)r->end.generator_cpu_ns / 1e9));
    json_tree_put(generator, "max_rss_bytes", json_part_count(r->end.max_rss_bytes));
    json_tree_put(generator, "threads", json_part_count(r->header->threads));
    json_tree_put(generator, "calibration", calibration_json(&r->header->calibration));
    json_tree_put(o, "generator", generator);
    return o;
}

struct bytes result_json_make(struct arena *arena, const struct result *result)
{
    json_t *o = result_json_object(result);
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
