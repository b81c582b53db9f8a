#include "show/progress.h"

#include <math.h>

#include "base/clock.h"
#include "plan/by_hand.h"
#include "show/amount.h"

#define LINE_BYTES 640
#define DAY_S 86400
#define SHORT_RUN_NS (600 * NS_PER_S)
#define CLOCK_FROM_NS (1000 * NS_PER_S)
#define TIME_COLUMNS 10           /* of "  12.0 s  ": what a folded line goes on below */
#define WARMING_NS (5 * NS_PER_S) /* between lines of a warm-up that ends by itself */
#define TURN_NS (5 * NS_PER_S)    /* that an objective must stay turned; doubled by each line */
#define TURNS_MOST 5              /* so often */
#define SILENT_NS (2 * NS_PER_S)  /* without an ok answer, at least, ... */
#define SILENT_DUE 10             /* ... where so many were due, as many as came before, ... */
#define SILENT_TIMES 2            /* ... and so many times the longest that it came back from */
#define OPEN_TOLD 0.05            /* a larger share of requests without an end is worth a word */

static void begin_line(const struct progress *p, struct text *out)
{
    uint64_t s = p->now_ns / NS_PER_S;
    if (p->by_day && p->header) {
        uint64_t wall_s = (p->header->wall_start_ns + p->now_ns) / NS_PER_S;
        s = (uint64_t)((int64_t)wall_s + p->utc_offset_s) % DAY_S;
        text_addf(out, "%02llu:%02llu:%02llu  ", (unsigned long long)(s / 3600),
                  (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
    } else if (p->clock_style) {
        text_addf(out, "%4llu:%02llu:%02llu  ", (unsigned long long)(s / 3600),
                  (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
    } else {
        text_addf(out, "%6.1f s  ", (double)p->now_ns / (double)NS_PER_S);
    }
}

static void end_line(const struct progress *p, struct text *out)
{
    char array[LINE_BYTES + LINE_BYTES / 4];
    struct text folded = text_in(array, sizeof array);
    style_to_ascii(out, &p->style, 0);
    style_fold(&folded, &p->style, TIME_COLUMNS, text_bytes(out));
    p->line(p->ctx, text_bytes(&folded));
}

/* ---- stages ---- */

/* Its length is the longest it may take, and hardly ever what it takes. */
static bool is_by_count(const struct stage *s)
{
    return s->model == MODEL_CLOSED && s->requests > 0;
}

static void add_shape(struct text *out, const struct stage *s)
{
    if (s->model == MODEL_OPEN && s->rate_from <= 0 && s->rate_to <= 0) {
        text_adds(out, "nothing is sent");
    } else if (s->model == MODEL_OPEN) {
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
    } else if (s->by_hand && s->length_ns == BY_HAND_HOLD_NS) {
        text_adds(out, " until it is released");
    } else {
        text_adds(out, s->until_steady ? " until it is steady, at most " : " for ");
        amount_length(out, (double)s->length_ns);
    }
    if (!s->judged) text_adds(out, ", not judged");
}

/* `p50 1.2, p95 8.4, p99 31 ms`: the unit once where all have the same. */
static void add_quantiles(struct text *out, const struct latency *l)
{
    static const enum figure shown[] = {FIGURE_P50, FIGURE_P95, FIGURE_P99};
    char arrays[COUNT_OF(shown)][32];
    const char *units[COUNT_OF(shown)];
    bool same = true;
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        struct text time = text_in(arrays[i], sizeof arrays[i]);
        amount_time(&time, l->ns[shown[i]]);
        units[i] = strchr(arrays[i], ' ');
        same = same && units[i] && strcmp(units[i], units[0]) == 0;
    }
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        bool at_least = l->at_least >> shown[i] & 1 && !isnan(l->ns[shown[i]]);
        bool bare = same && i + 1 < COUNT_OF(shown);
        size_t len = bare ? (size_t)(units[i] - arrays[i]) : strlen(arrays[i]);
        text_addf(out, ", %s %s", result_figure_name(shown[i]), at_least ? "≥ " : "");
        text_add(out, (struct bytes){arrays[i], len});
    }
}

/* What was seen of the stage in progress. */
static void add_figures(struct text *out, const struct progress *p)
{
    const struct figures *f = &p->figures;
    if (!isnan(f->offered_per_s) && p->counted_ns > 0) {
        amount_rate(out, (double)p->offered * (double)NS_PER_S / (double)p->counted_ns);
        text_adds(out, " offered, ");
    }
    amount_rate(out, p->counted_ns > 0 && isnan(f->done_per_s) ? 0 : f->done_per_s);
    text_adds(out, " done");
    uint64_t open = p->begun > p->ended ? p->begun - p->ended : 0;
    if ((double)open > OPEN_TOLD * (double)p->begun) {
        text_adds(out, ", ");
        amount_count(out, (double)open);
        text_adds(out, " open");
    }
    if (f->offered == 0) {
        text_adds(out, ", no reply yet");
        return;
    }
    if (f->response.n > 0) add_quantiles(out, &f->response);
    uint64_t failed = f->offered - f->outcomes[OUTCOME_OK];
    text_adds(out, ", errors ");
    amount_share(out, (double)failed / (double)f->offered);
}

static void say_stage_end(struct progress *p)
{
    bool drain = p->stage == PROGRESS_STAGE_NONE || p->stage >= p->header->plan->stage_count;
    if (drain || !p->has_figures || p->begun == 0) return;
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    text_add_safe(&line, run_stage_name(p->header, p->stage));
    text_adds(&line, " ended: ");
    add_figures(&line, p);
    end_line(p, &line);
}

static void say_stage_start(struct progress *p)
{
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    if (p->by_day && p->stage >= p->header->plan->stage_count) return; /* the next file follows */
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

static void say_heartbeat(const struct progress *p)
{
    if (!p->has_figures || p->begun == 0) return;
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    style_begin(&line, &p->style, TONE_DIM);
    text_add_safe(&line, run_stage_name(p->header, p->stage));
    text_adds(&line, " so far: ");
    add_figures(&line, p);
    style_end(&line, &p->style, TONE_DIM);
    end_line(p, &line);
}

static uint64_t planned_ns(const struct plan *plan)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (!is_by_count(&plan->stages[i])) sum += plan->stages[i].length_ns;
    }
    return sum;
}

void progress_status(const struct progress *p, uint64_t now_ns, struct text *out)
{
    if (!p->header) {
        text_adds(out, "status: not begun yet");
        return;
    }
    const struct plan *plan = p->header->plan;
    text_adds(out, "status: ");
    amount_length(out, (double)now_ns);
    uint64_t whole_ns = planned_ns(plan);
    if (whole_ns > 0) text_adds(out, " of ");
    if (whole_ns > 0) amount_length(out, (double)whole_ns);
    if (p->stage <= plan->stage_count) {
        text_adds(out, " · ");
        text_add_safe(out, run_stage_name(p->header, p->stage));
        text_adds(out, p->has_figures && p->begun > 0 ? " so far: " : ": nothing seen yet");
        if (p->has_figures && p->begun > 0) add_figures(out, p);
    }
    uint32_t missed = 0;
    for (uint32_t i = 0; i < PROGRESS_OBJECTIVES; i++) missed += p->turns[i].missed;
    text_addf(out, " · %u objective%s missed", missed, missed == 1 ? "" : "s");
    text_addf(out, " · trust is %s", result_trust_name(p->trust));
    style_to_ascii(out, &p->style, 0);
}

/* ---- the sink ---- */

/* `1 min 7 s`, `3 s and 1,000 iterations`. */
static void add_extent(struct text *out, uint64_t planned_ns, uint64_t iterations)
{
    if (planned_ns > 0) amount_length(out, (double)planned_ns);
    if (iterations == 0) return;
    if (planned_ns > 0) text_adds(out, " and ");
    amount_count(out, (double)iterations);
    text_adds(out, iterations == 1 ? " iteration" : " iterations");
}

static void on_begin(void *ctx, const struct run_header *header)
{
    struct progress *p = ctx;
    const struct plan *plan = header->plan;
    p->header = header;
    uint64_t planned_ns = 0;
    uint64_t iterations = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        if (is_by_count(s)) iterations += s->requests;
        else planned_ns += s->length_ns;
    }
    if (p->heartbeat_ns == 0)
        p->heartbeat_ns = planned_ns <= SHORT_RUN_NS ? 10 * NS_PER_S : 60 * NS_PER_S;
    p->next_heartbeat_ns = p->heartbeat_ns;
    p->clock_style = planned_ns >= CLOCK_FROM_NS;

    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    text_add_safe(&line, plan->name);
    uint32_t stages = by_hand_first(plan);
    text_addf(&line, ": run %s, %u stage%s, ", header->id, stages, stages == 1 ? "" : "s");
    add_extent(&line, planned_ns, iterations);
    /* A one-liner is named by its URL. */
    bool named = plan->target_count == 1 && bytes_starts(plan->name, plan->targets[0].text);
    if (plan->target_count > 0 && !named) {
        text_adds(&line, ", to ");
        text_add_safe(&line, plan->targets[0].text);
        if (plan->target_count > 1) text_addf(&line, " and %u more", plan->target_count - 1);
    }
    end_line(p, &line);
}

/* Which way an objective of a watch turned stands in its first word (judge/sliding.c). */
static void add_turn(const struct progress *p, struct text *line, const struct event *e)
{
    bool missed = bytes_starts(bytes_of(e->text), BYTES_LIT("missed"));
    bool held = bytes_starts(bytes_of(e->text), BYTES_LIT("held"));
    if (missed) style_add(line, &p->style, TONE_BAD, "✗ ");
    if (held) style_add(line, &p->style, TONE_GOOD, "✓ ");
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
        if (e->kind == EVENT_OBJECTIVE) add_turn(p, &line, e);
        text_add_safe(&line, bytes_of(e->text));
        end_line(p, &line);
    }
}

/* What was offered in the tick, and what has ended of it. */
static void count_requests(struct progress *p, const struct tick *tick)
{
    bool plans = tick->stage < p->header->plan->stage_count;
    const struct stage *s = plans ? &p->header->plan->stages[tick->stage] : NULL;
    bool settled = !s || tick->start_ns >= p->stage_start_ns + s->settle_ns;
    if (settled) p->counted_ns += tick->end_ns - tick->start_ns;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (cell->kind != CELL_REQUEST || cell->stage != tick->stage) continue;
        p->begun += cell->begun;
        if (!cell->settle) p->offered += cell->begun;
        for (uint32_t k = 0; k < OUTCOME_COUNT; k++) p->ended += cell->outcomes[k];
    }
}

static void say_silence(struct progress *p, bool back, uint64_t ns)
{
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    begin_line(p, &line);
    style_add(&line, &p->style, back ? TONE_GOOD : TONE_BAD, back ? "✓ " : "⚠ ");
    text_adds(&line,
              back ? "it answers ok again, after " : "nothing is answered ok any more, since ");
    amount_length(&line, (double)ns);
    end_line(p, &line);
}

/* A target that is dead, or hung. By the instants at which answers come: whether what is open will
 * be answered at last nobody knows yet. */
static void watch_silence(struct progress *p, const struct tick *tick)
{
    struct progress_silence *s = &p->silence;
    uint64_t answers = 0;
    uint64_t failed = 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (cell->kind != CELL_REQUEST) continue;
        answers += cell->outcomes[OUTCOME_OK];
        for (uint32_t k = OUTCOME_OK + 1; k < OUTCOME_COUNT; k++) failed += cell->outcomes[k];
    }
    if (answers > 0) {
        uint64_t away_ns = s->answered_ns > 0 ? tick->start_ns - s->answered_ns : 0;
        if (s->told) say_silence(p, true, away_ns);
        if (away_ns > s->longest_ns) s->longest_ns = away_ns;
        s->answered_ns = tick->end_ns;
        s->answers = answers;
        s->failed = 0;
        s->told = false;
        return;
    }
    s->failed += failed;
    if (s->told || s->answered_ns == 0 || tick->stage >= p->header->plan->stage_count) return;
    uint64_t away_ns = tick->end_ns - s->answered_ns;
    bool asked = s->failed > 0 || p->begun > p->ended;
    double due = (double)s->answers * (double)away_ns / (double)p->header->tick_ns;
    if (!asked || due < SILENT_DUE || away_ns < SILENT_NS) return;
    if (away_ns <= SILENT_TIMES * s->longest_ns) return;
    s->told = true;
    say_silence(p, false, s->answered_ns);
}

/* Until the next line about the stage in progress. */
static uint64_t pause_ns(const struct progress *p)
{
    const struct plan *plan = p->header->plan;
    bool warms = p->stage < plan->stage_count && plan->stages[p->stage].until_steady;
    return warms && WARMING_NS < p->heartbeat_ns && p->heartbeat_ns < PROGRESS_NO_HEARTBEAT
               ? WARMING_NS
               : p->heartbeat_ns;
}

/* The end of the stage is so near that its line will do. */
static bool ends_soon(const struct progress *p)
{
    const struct plan *plan = p->header->plan;
    if (p->stage >= plan->stage_count) return false;
    uint64_t end_ns = p->stage_start_ns + plan->stages[p->stage].length_ns;
    return p->now_ns + pause_ns(p) / 2 > end_ns;
}

static void enter_stage(struct progress *p, const struct tick *tick)
{
    say_stage_end(p);
    p->stage = tick->stage;
    p->stage_start_ns = tick->start_ns;
    p->begun = p->ended = p->offered = p->counted_ns = 0;
    p->has_figures = false;
    p->silence.answered_ns = p->silence.told ? p->silence.answered_ns : 0; /* another rate is due */
    say_stage_start(p);
    p->next_heartbeat_ns = tick->start_ns + pause_ns(p);
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct progress *p = ctx;
    p->now_ns = tick->start_ns;
    bool whole = tick->end_ns - tick->start_ns >= p->header->tick_ns; /* no end of a stage */
    if (tick->stage != p->stage) {
        enter_stage(p, tick);
    } else if (whole && p->now_ns >= p->next_heartbeat_ns) {
        if (!ends_soon(p)) say_heartbeat(p);
        p->next_heartbeat_ns = p->now_ns + pause_ns(p);
    }
    count_requests(p, tick);
    p->now_ns = tick->end_ns;
    watch_silence(p, tick);
    p->now_ns = tick->start_ns;
    say_events(p, tick);
    p->now_ns = tick->end_ns;
    p->over = tick->last;
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

/* Is it time to say that it has turned? The first miss is told at once; what turns back and forth
 * must stay for a while, longer with each line. */
static bool has_turned(struct progress_turn *turn, uint64_t now_ns)
{
    if (turn->missed == turn->told) {
        turn->since_ns = 0;
        return false;
    }
    if (turn->since_ns == 0) turn->since_ns = now_ns;
    uint64_t stay_ns = turn->turns == 0 ? 0 : TURN_NS << (turn->turns - 1);
    if (now_ns - turn->since_ns < stay_ns) return false;
    turn->told = turn->missed;
    turn->since_ns = 0;
    if (turn->turns < TURNS_MOST) turn->turns++;
    return true;
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
    /* The summary says it. What the last tick cut off is no error of an interrupted run, and only
     * the end, which follows at once, tells whether it was one. */
    if (r->final || p->over) return;
    for (uint32_t i = 0; i < r->stage_count; i++) {
        if (r->stages[i].stage != p->stage) continue;
        p->figures = r->stages[i].figures;
        p->has_figures = true;
    }
    for (uint32_t i = 0; i < r->objective_count && i < PROGRESS_OBJECTIVES; i++) {
        const struct objective_result *o = &r->objectives[i];
        struct progress_turn *turn = &p->turns[i];
        if (p->by_day) {
            turn->missed = o->verdict == VERDICT_MISSED; /* for the status; an event tells it */
            continue;
        }
        bool reached = o->verdict == VERDICT_HOLDS && objective_is_capacity(o->objective);
        turn->missed = o->verdict == VERDICT_MISSED;
        if (has_turned(turn, p->now_ns)) {
            if (turn->told) say_objective(p, o, true, " is missed");
            else if (!reached || turn->reached) say_objective(p, o, false, " is no longer missed");
        }
        if (reached && !turn->reached && !turn->told) say_objective(p, o, false, " is reached");
        turn->reached = turn->reached || (reached && !turn->told);
    }
    if (r->trust > p->trust) say_trust(p, r);
    p->trust = r->trust > p->trust ? r->trust : p->trust;
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
