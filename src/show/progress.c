#include "show/progress.h"

#include <math.h>

#include "base/clock.h"
#include "show/amount.h"

#define LINE_BYTES 640
#define SHORT_RUN_NS (600 * NS_PER_S)
#define CLOCK_FROM_NS (1000 * NS_PER_S)

static void begin_line(const struct progress *p, struct text *out)
{
    uint64_t s = p->now_ns / NS_PER_S;
    if (p->clock_style) {
        text_addf(out, "%4llu:%02llu:%02llu  ", (unsigned long long)(s / 3600),
                  (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
    } else {
        text_addf(out, "%6.1f s  ", (double)p->now_ns / (double)NS_PER_S);
    }
}

static void end_line(const struct progress *p, struct text *out)
{
    style_to_ascii(out, &p->style, 0);
    p->line(p->ctx, text_bytes(out));
}

/* ---- stages ---- */

static void add_shape(struct text *out, const struct stage *s)
{
    if (s->model == MODEL_OPEN) {
        amount_rate(out, s->rate_from);
        if (s->rate_to != s->rate_from) text_adds(out, " → ");
        if (s->rate_to != s->rate_from) amount_rate(out, s->rate_to);
    } else {
        amount_count(out, s->users_from);
        if (s->users_to != s->users_from) text_adds(out, " → ");
        if (s->users_to != s->users_from) amount_count(out, s->users_to);
        text_adds(out, " users");
    }
    if (s->requests > 0) {
        text_adds(out, ", ");
        amount_count(out, (double)s->requests);
        text_adds(out, " iterations");
    } else {
        text_adds(out, " for ");
        amount_length(out, (double)s->length_ns);
    }
    if (!s->judged) text_adds(out, ", not judged");
}

/* What was seen of the stage in progress. */
static void add_figures(struct text *out, const struct figures *f)
{
    if (!isnan(f->offered_per_s)) {
        amount_rate(out, f->offered_per_s);
        text_adds(out, " offered, ");
    }
    amount_rate(out, f->done_per_s);
    text_adds(out, " done");
    static const enum figure shown[] = {FIGURE_P50, FIGURE_P95, FIGURE_P99};
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        text_addf(out, ", %s ", result_figure_name(shown[i]));
        bool at_least = f->response.at_least >> shown[i] & 1;
        if (at_least && !isnan(f->response.ns[shown[i]])) text_adds(out, "≥ ");
        amount_time(out, f->response.ns[shown[i]]);
    }
    uint64_t failed = f->offered - f->outcomes[OUTCOME_OK];
    if (f->offered == 0) return;
    text_adds(out, ", errors ");
    amount_share(out, (double)failed / (double)f->offered);
}

static void say_stage_end(struct progress *p)
{
    bool drain = p->stage == PROGRESS_STAGE_NONE || p->stage >= p->header->plan->stage_count;
    if (drain || !p->has_figures || p->figures.offered == 0) return;
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    text_add_safe(&line, run_stage_name(p->header, p->stage));
    text_adds(&line, " ended: ");
    add_figures(&line, &p->figures);
    end_line(p, &line);
}

static void say_stage_start(struct progress *p)
{
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    text_add_safe(&line, run_stage_name(p->header, p->stage));
    text_adds(&line, ": ");
    if (p->stage < p->header->plan->stage_count) {
        add_shape(&line, &p->header->plan->stages[p->stage]);
    } else {
        text_adds(&line, "no new arrivals; waiting for what is open");
    }
    end_line(p, &line);
}

static void say_heartbeat(struct progress *p)
{
    if (!p->has_figures || p->figures.offered == 0) return;
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    style_begin(&line, &p->style, TONE_DIM);
    text_add_safe(&line, run_stage_name(p->header, p->stage));
    text_adds(&line, " so far: ");
    add_figures(&line, &p->figures);
    style_end(&line, &p->style, TONE_DIM);
    end_line(p, &line);
}

/* ---- the sink ---- */

static void on_begin(void *ctx, const struct run_header *header)
{
    struct progress *p = ctx;
    p->header = header;
    uint64_t planned_ns = 0;
    for (uint32_t i = 0; i < header->plan->stage_count; i++) {
        planned_ns += header->plan->stages[i].length_ns;
    }
    p->heartbeat_ns = planned_ns <= SHORT_RUN_NS ? 10 * NS_PER_S : 60 * NS_PER_S;
    p->next_heartbeat_ns = p->heartbeat_ns;
    p->clock_style = planned_ns >= CLOCK_FROM_NS;

    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    text_add_safe(&line, header->plan->name);
    text_addf(&line, ": run %s, %u stage%s, ", header->id, header->plan->stage_count,
              header->plan->stage_count == 1 ? "" : "s");
    amount_length(&line, (double)planned_ns);
    if (header->plan->target_count > 0) {
        text_adds(&line, ", to ");
        text_add_safe(&line, header->plan->targets[0].text);
    }
    end_line(p, &line);
}

static void say_events(struct progress *p, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->event_count; i++) {
        const struct event *e = &tick->events[i];
        if (e->kind == EVENT_STAGE) continue; /* said by the tick itself */
        char array[LINE_BYTES];
        struct text line = text_in(array, sizeof array);
        p->now_ns = e->at_ns;
        begin_line(p, &line);
        text_add_safe(&line, bytes_of(e->text));
        end_line(p, &line);
    }
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct progress *p = ctx;
    p->now_ns = tick->start_ns;
    if (tick->stage != p->stage) {
        say_stage_end(p);
        p->stage = tick->stage;
        p->has_figures = false;
        say_stage_start(p);
        p->next_heartbeat_ns = tick->start_ns + p->heartbeat_ns;
    }
    say_events(p, tick);
    p->now_ns = tick->end_ns;
}

/* An amount that one stage must reach, rather than a limit that all must keep. */
static bool is_capacity(const struct objective *o)
{
    bool amount = o->metric == METRIC_THROUGHPUT || o->metric == METRIC_USERS
                  || o->metric == METRIC_IN_FLIGHT;
    return amount && !o->of_offered && (o->op == OP_GT || o->op == OP_GE);
}

static void say_objective(struct progress *p, const struct objective_result *o, bool missed,
                          const char *words)
{
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    bool warn = o->objective->warn;
    enum tone tone = !missed ? TONE_GOOD : warn ? TONE_NEAR : TONE_BAD;
    style_add(&line, &p->style, tone, !missed ? "✓ " : warn ? "⚠ " : "✗ ");
    text_add_safe(&line, o->objective->text);
    if (o->each_index != PLAN_NO_INDEX) {
        text_adds(&line, " (");
        text_add_safe(&line, p->header->plan->names[o->each_index]);
        text_addc(&line, ')', 1);
    }
    text_adds(&line, words);
    if (!isnan(o->value)) {
        text_adds(&line, o->at_least ? ": ≥ " : ": ");
        amount_of(&line, o->objective, o->value);
    }
    if (o->stage != PLAN_NO_INDEX) {
        text_adds(&line, " in ");
        text_add_safe(&line, run_stage_name(p->header, o->stage));
    }
    end_line(p, &line);
}

static void say_trust(struct progress *p, const struct result *r)
{
    for (uint32_t i = 0; i < r->reason_count; i++) {
        if (r->reasons[i].level != r->trust) continue;
        char array[LINE_BYTES];
        struct text line = text_in(array, sizeof array);
        begin_line(p, &line);
        enum tone tone = r->trust == TRUST_INVALID ? TONE_BAD : TONE_NEAR;
        style_add(&line, &p->style, tone, "⚠ ");
        text_addf(&line, "trust is %s: ", result_trust_name(r->trust));
        text_add_safe(&line, bytes_of(r->reasons[i].text));
        end_line(p, &line);
        return;
    }
}

static void on_result(void *ctx, const struct result *r)
{
    struct progress *p = ctx;
    if (r->final) return; /* the summary says it */
    for (uint32_t i = 0; i < r->stage_count; i++) {
        if (r->stages[i].stage != p->stage) continue;
        p->figures = r->stages[i].figures;
        p->has_figures = true;
    }
    for (uint32_t i = 0; i < r->objective_count && i < PROGRESS_OBJECTIVES; i++) {
        const struct objective_result *o = &r->objectives[i];
        bool missed = o->verdict == VERDICT_MISSED;
        bool reached = o->verdict == VERDICT_HOLDS && is_capacity(o->objective);
        if (missed && !p->missed[i]) say_objective(p, o, true, " is missed");
        else if (reached && !p->reached[i]) say_objective(p, o, false, " is reached");
        else if (!missed && p->missed[i]) say_objective(p, o, false, " is no longer missed");
        p->missed[i] = missed;
        p->reached[i] = p->reached[i] || reached;
    }
    if (r->trust > p->trust) say_trust(p, r);
    p->trust = r->trust > p->trust ? r->trust : p->trust;
    if (p->now_ns < p->next_heartbeat_ns) return;
    say_heartbeat(p);
    p->next_heartbeat_ns = p->now_ns + p->heartbeat_ns;
}

static void on_end(void *ctx, const struct run_end *end)
{
    struct progress *p = ctx;
    p->now_ns = end->at_ns;
    say_stage_end(p);
    p->stage = PROGRESS_STAGE_NONE;
}

void progress_init(struct progress *p, const struct show_style *style,
                   void (*line)(void *ctx, struct bytes text), void *ctx)
{
    *p = (struct progress){.line = line, .ctx = ctx, .style = *style, .stage = PROGRESS_STAGE_NONE};
}

struct sink progress_sink(struct progress *p)
{
    return (struct sink){
        .ctx = p, .begin = on_begin, .tick = on_tick, .result = on_result, .end = on_end};
}
