/* Counting: every request and every iteration comes by here once when it begins and once when it
 * ends. A request is counted in the tick in which it ends, under the stage of its intended time. */
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/text.h"
#include "load/arrivals_priv.h"
#include "load/exchange_priv.h"
#include "load/flow_priv.h"
#include "load/record_priv.h"
#include "load/tail_priv.h"
#include "load/worker_priv.h"
#include "plan/mask.h"

#define GIVE_WAY_NS                                                                                \
    (100 * NS_PER_US) /* between looks at a collector that has not emptied a sheet */

#define FOUND_SHOWN 60 /* bytes of what a failed check found instead */

static struct live_cell *request_cell(struct worker *w, const struct flow *f)
{
    uint32_t name = flow_operation(w, f)->step->name_index;
    return sheet_cell(w->sheet, f->stage, f->settle, CELL_REQUEST, name);
}

static struct live_cell *iteration_cell(struct worker *w, const struct flow *f)
{
    return sheet_cell(w->sheet, f->arrival_stage, f->arrival_settle, CELL_ITERATION, f->scenario);
}

void record_planned(struct worker *w, const struct flow *f, uint64_t taken_ns)
{
    record_reach(w, taken_ns);
    iteration_cell(w, f)->begun++;
}

void record_takeup(struct worker *w, const struct flow *f, uint64_t taken_ns)
{
    record_reach(w, taken_ns);
    struct sheet *t = w->sheet;
    if (t->takeup_count == SHEET_TAKEUPS) {
        t->takeups_lost = true;
        return;
    }
    t->takeups[t->takeup_count++] = (struct takeup){run_time(w, taken_ns), f->arrival_stage};
}

/* Planned, and taken up if that was before its stage was over. */
static void count_slot(struct worker *w, uint32_t stage, uint64_t intended_ns, uint64_t taken_ns)
{
    struct slot *slot = sheet_slot(w->sheet, stage, run_time(w, intended_ns));
    slot->planned++;
    uint64_t end = timeline_end(w->setting.timeline, stage);
    if (end == UINT64_MAX || run_time(w, taken_ns) < end) slot->taken++;
}

void record_begun(struct worker *w, const struct flow *f)
{
    record_reach(w, f->taken_ns);
    uint32_t name = flow_operation(w, f)->step->name_index;
    request_cell(w, f)->begun++;
    w->requests_now[name]++;
    w->sheet->requests_in_flight[name] -= since_tick_start(w, f->taken_ns);
    count_slot(w, f->stage, f->intended_ns, f->taken_ns);
}

/* What was ours: late to take it up, late to send, late to read. */
static uint64_t lag_of(const struct flow *f, const struct ending *e)
{
    uint64_t lag = f->taken_ns - f->intended_ns;
    if (f->sent_ns > f->ready_ns) lag += f->sent_ns - f->ready_ns;
    if (e->read_ns > e->kernel_ns) lag += e->read_ns - e->kernel_ns;
    return lag;
}

static void record_stage_measures(struct worker *w, const struct flow *f, uint64_t lag_ns,
                                  uint64_t wait_ns)
{
    struct live_cell *cell = sheet_cell(w->sheet, f->stage, f->settle, CELL_STAGE, 0);
    live_record(cell, STAGE_LAG, lag_ns);
    live_record(cell, STAGE_WAIT, wait_ns);
}

/* Files the times of an ended request or iteration where its outcome belongs. */
static void record_times(struct live_cell *cell, enum outcome outcome, uint64_t response_ns,
                         uint64_t lag_ns)
{
    cell->outcomes[outcome]++;
    switch (outcome) {
    case OUTCOME_OK:
        live_record(cell, MEASURE_OK, response_ns);
        live_record(cell, MEASURE_OK_LESS_LAG, response_ns > lag_ns ? response_ns - lag_ns : 0);
        break;
    case OUTCOME_TIMEOUT:
        live_record(cell, MEASURE_TIMEOUT_AGE, response_ns);
        break;
    case OUTCOME_CUT:
        live_record(cell, MEASURE_CUT_AGE, response_ns);
        break;
    case OUTCOME_DROPPED:
        break;
    case OUTCOME_STATUS:
    case OUTCOME_CHECK:
    case OUTCOME_DNS:
    case OUTCOME_REFUSED:
    case OUTCOME_RESET:
    case OUTCOME_TLS:
    case OUTCOME_PROTOCOL:
    case OUTCOME_COUNT:
        live_record(cell, MEASURE_NOT_OK, response_ns);
        break;
    }
}

static struct exemplar exemplar_of(const struct worker *w, const struct flow *f,
                                   const struct ending *e, uint64_t lag_ns)
{
    bool sent = f->sent_ns > 0;
    bool traced = sent && flow_operation(w, f)->traced;
    uint64_t high = w->setting.program->trace.high;
    return (struct exemplar){
        .trace = traced ? (struct trace_id){high, flow_trace(w, f)} : (struct trace_id){0},
        .sampled = traced && f->sampled,
        .stage = f->stage,
        .name = flow_operation(w, f)->step->name_index,
        .outcome = e->outcome,
        .status = e->status,
        .intended_ns = run_time(w, f->intended_ns),
        .response_ns = e->read_ns - f->intended_ns,
        .lag_ns = lag_ns,
        .wait_ns = f->ready_ns - f->taken_ns,
        .connect_ns = f->connect_ns,
        .tls_ns = f->tls_ns,
        .ttfb_ns = sent && f->first_byte_ns > f->sent_ns ? f->first_byte_ns - f->sent_ns : 0,
        .service_ns = sent && e->kernel_ns > f->sent_ns ? e->kernel_ns - f->sent_ns : 0};
}

/* Of each name the slowest, the slowest that is traced, and one by chance of all of the tick. */
static void keep_exemplars(struct worker *w, const struct flow *f, const struct ending *e,
                           uint64_t lag_ns)
{
    uint32_t name = flow_operation(w, f)->step->name_index;
    uint64_t response_ns = e->read_ns - f->intended_ns;
    if (response_ns > w->sheet->slowest[name].response_ns) {
        w->sheet->slowest[name] = exemplar_of(w, f, e, lag_ns);
    }
    if (f->sampled && f->sent_ns > 0 && response_ns > w->sheet->traced[name].response_ns) {
        w->sheet->traced[name] = exemplar_of(w, f, e, lag_ns);
    }
    struct rng_key key = {w->setting.plan->seed, w->index, RNG_EXEMPLAR};
    uint64_t index = w->tick * w->setting.shape.name_count + name;
    if (lot_falls(&w->sheet->lots[name], key, index)) {
        w->sheet->random[name] = exemplar_of(w, f, e, lag_ns);
    }
}

/* What a failed check found instead, cut where it is long, never inside a character. */
static void show_found(struct bytes value, const struct plan *plan, struct text *out)
{
    char array[512]; /* secrets go before anything is cut, or half of one would stay */
    struct text masked = text_in(array, sizeof array);
    mask_add(&masked, value, plan);
    struct bytes found = text_bytes(&masked);
    bool cut = found.len > FOUND_SHOWN;
    if (cut) found.len = FOUND_SHOWN;
    while (cut && found.len > 0 && (found.at[found.len] & 0xc0) == 0x80) found.len--;
    text_adds(out, " ");
    text_add_safe(out, found);
    if (cut) text_adds(out, "…");
}

void record_describe(const struct ending *e, const struct plan *plan, struct text *out)
{
    if (e->why) text_adds(out, e->why);
    if (e->verdict.failed) {
        if (e->why) text_adds(out, ": ");
        text_add_safe(out, e->verdict.failed->text);
    }
    if (e->verdict.capture) {
        text_adds(out, "capture ");
        text_add_safe(out, e->verdict.capture->name);
    }
    if (e->verdict.why) text_addf(out, " %s", e->verdict.why);
    if (e->verdict.found.len > 0) show_found(e->verdict.found, plan, out);
    if (e->outcome == OUTCOME_STATUS && !e->verdict.failed) text_adds(out, "wanted 2xx or 3xx");
    if (e->status > 0) text_addf(out, " (status %u)", e->status);
}

/* The first of each outcome by name and stage is kept with its words and the start of the reply. */
static void keep_error(struct worker *w, const struct flow *f, const struct ending *e,
                       uint64_t lag_ns)
{
    uint32_t name = flow_operation(w, f)->step->name_index;
    uint64_t *seen = &w->error_seen[(size_t)name * w->setting.shape.stage_count + f->stage];
    if (*seen >> e->outcome & 1 || w->sheet->error_count == SHEET_ERRORS) return;
    *seen |= UINT64_C(1) << e->outcome;
    struct live_exemplar *kept = &w->sheet->errors[w->sheet->error_count++];
    kept->at = exemplar_of(w, f, e, lag_ns);
    kept->at.kind = EXEMPLAR_FIRST_ERROR;
    struct text detail = text_in(kept->detail, sizeof kept->detail);
    record_describe(e, w->setting.plan, &detail);
    kept->detail_len = (uint32_t)detail.len;
    kept->sample_len = (uint32_t)(e->sample.len < SHEET_SAMPLE ? e->sample.len : SHEET_SAMPLE);
    if (kept->sample_len > 0) memcpy(kept->sample, e->sample.at, kept->sample_len);
}

static uint32_t open_connections(const struct worker *w)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < w->setting.plan->target_count; i++) open += w->pools[i].open;
    return open;
}

static void keep_stall(struct worker *w, const struct stall *stall)
{
    struct sheet *t = w->sheet;
    if (t->stall_count == SHEET_STALLS) return;
    struct stall *kept = &t->stalls[t->stall_count++];
    *kept = *stall;
    kept->start_ns = run_time(w, stall->start_ns);
    kept->end_ns = run_time(w, stall->end_ns);
    kept->stage = timeline_stage(w->setting.timeline, kept->end_ns);
    kept->worker = w->index;
    kept->open = open_connections(w);
    if (kept->open < kept->held) kept->open = kept->held; /* some were closed since */
}

void record_quiet(struct worker *w, uint64_t now_ns)
{
    struct stall stall;
    if (stall_watch_idle(&w->stalls, now_ns, &stall)) keep_stall(w, &stall);
}

/* Between the send and the kernel's stamp only the service and the network are in the way. */
static void watch_reply(struct worker *w, const struct flow *f, const struct ending *e)
{
    struct stall stall;
    uint32_t name = flow_operation(w, f)->step->name_index;
    if (stall_watch_reply(&w->stalls, name, f->sent_ns, e->kernel_ns, &stall)) {
        keep_stall(w, &stall);
    }
}

/* A status may be known of what is no answer too: garbage behind it, a body that never came. */
static bool is_answer(enum outcome outcome)
{
    return outcome == OUTCOME_OK || outcome == OUTCOME_STATUS || outcome == OUTCOME_CHECK;
}

/* What was short that it ended so; SHORTAGE_COUNT: nothing. */
static enum shortage shortage_of(const struct flow *f, const struct ending *e)
{
    /* Of those that began only for want of a port. */
    if (e->outcome == OUTCOME_DROPPED) return SHORTAGE_PORTS;
    if (e->outcome != OUTCOME_CHECK) return SHORTAGE_COUNT;
    if (f->sent_ns == 0) return SHORTAGE_VALUE;
    if (e->no_room) return SHORTAGE_ROOM;
    return e->verdict.gave_up ? SHORTAGE_TRIES : SHORTAGE_COUNT;
}

static void count_shortage(struct live_cell *cell, enum shortage lack)
{
    if (lack != SHORTAGE_COUNT) cell->shortages[lack]++;
}

void record_request(struct worker *w, struct flow *f, const struct ending *e)
{
    record_reach(w, e->read_ns);
    const struct operation *op = flow_operation(w, f);
    struct live_cell *cell = request_cell(w, f);
    uint64_t response_ns = e->read_ns - f->intended_ns;
    uint64_t lag_ns = lag_of(f, e);
    f->lag_ns += lag_ns;
    record_times(cell, e->outcome, response_ns, lag_ns);
    if (is_answer(e->outcome) && e->status >= 500) cell->answered_5xx++;
    if (is_answer(e->outcome) && f->sent_ns > 0) watch_reply(w, f, e);
    tail_request(w, f, response_ns);
    if (e->outcome == OUTCOME_OK) {
        uint64_t service_ns = e->kernel_ns > f->sent_ns ? e->kernel_ns - f->sent_ns : 0;
        uint64_t ttfb_ns = f->first_byte_ns > f->sent_ns ? f->first_byte_ns - f->sent_ns : 0;
        live_record(cell, MEASURE_SERVICE, service_ns);
        live_record(cell, MEASURE_TTFB, ttfb_ns);
    } else {
        keep_error(w, f, e, lag_ns);
    }
    enum shortage lack = shortage_of(f, e);
    if (e->outcome != OUTCOME_OK && f->outcome == OUTCOME_OK) { /* what the iteration fails by */
        f->outcome = e->outcome;
        f->lack = lack;
    }
    count_shortage(cell, lack);
    count_shortage(sheet_cell(w->sheet, f->stage, f->settle, CELL_STAGE, 0), lack);
    record_stage_measures(w, f, lag_ns, f->ready_ns - f->taken_ns);
    keep_exemplars(w, f, e, lag_ns);

    struct slot *slot = sheet_slot(w->sheet, f->stage, run_time(w, f->intended_ns));
    if (e->outcome == OUTCOME_OK) slot->ok++;
    else slot->failed++;
    slot->lacking += tick_is_own(lack);
    if (response_ns > w->setting.over_ns || e->outcome == OUTCOME_TIMEOUT
        || e->outcome == OUTCOME_DROPPED) {
        slot->over++;
    }

    uint32_t name = op->step->name_index;
    w->requests_now[name]--;
    w->sheet->requests_in_flight[name] += since_tick_start(w, e->read_ns);
}

void record_iteration(struct worker *w, const struct flow *f, uint64_t end_ns)
{
    record_reach(w, end_ns);
    struct live_cell *cell = iteration_cell(w, f);
    record_times(cell, f->outcome, end_ns - f->arrival_ns, f->lag_ns);
    count_shortage(cell, f->lack);
}

void record_rowless(struct worker *w, const struct flow *f, uint64_t now_ns)
{
    record_reach(w, now_ns);
    sheet_cell(w->sheet, f->arrival_stage, f->arrival_settle, CELL_STAGE, 0)
        ->shortages[SHORTAGE_ROWS]++;
}

void record_unstarted(struct worker *w, const struct flow *f, enum outcome outcome,
                      enum shortage lack, uint64_t now_ns)
{
    record_reach(w, now_ns);
    const struct step *first = &w->setting.plan->scenarios[f->scenario].steps[0];
    uint64_t age_ns = now_ns > f->arrival_ns ? now_ns - f->arrival_ns : 0;
    struct live_cell *iteration = iteration_cell(w, f);
    record_times(iteration, outcome, age_ns, 0);
    count_shortage(iteration, lack);
    struct live_cell *request =
        sheet_cell(w->sheet, f->arrival_stage, f->arrival_settle, CELL_REQUEST, first->name_index);
    request->begun++;
    record_times(request, outcome, age_ns, 0);
    count_shortage(request, lack);
    struct live_cell *stage =
        sheet_cell(w->sheet, f->arrival_stage, f->arrival_settle, CELL_STAGE, 0);
    /* Whoever is dropped was taken up, late or not; whoever is cut was not. */
    if (outcome == OUTCOME_DROPPED) live_record(stage, STAGE_LAG, age_ns);
    if (lack == SHORTAGE_LATE) count_shortage(stage, lack); /* of rows record_rowless() told */
    count_slot(w, f->arrival_stage, f->arrival_ns, now_ns);
    struct slot *slot = sheet_slot(w->sheet, f->arrival_stage, run_time(w, f->arrival_ns));
    slot->failed++;
    slot->over++;
    slot->lacking += tick_is_own(lack);
}

void record_connect(struct worker *w, const struct flow *f, bool resumed)
{
    struct live_cell *cell = sheet_cell(w->sheet, f->stage, f->settle, CELL_STAGE, 0);
    live_record(cell, STAGE_CONNECT, f->connect_ns);
    if (f->tls_ns == 0) return;
    live_record(cell, resumed ? STAGE_TLS_RESUMED : STAGE_TLS_FULL, f->tls_ns);
}

void record_rest(struct worker *w, const struct flow *f, uint64_t end_ns, uint64_t rest_ns)
{
    record_reach(w, end_ns);
    sheet_cell(w->sheet, f->arrival_stage, f->arrival_settle, CELL_STAGE, 0)->rested_ns += rest_ns;
}

void record_user(struct worker *w, uint64_t now_ns, bool joins)
{
    record_reach(w, now_ns);
    w->users_now += joins ? 1u : UINT32_MAX;
    w->sheet->users += joins ? -since_tick_start(w, now_ns) : since_tick_start(w, now_ns);
}

static void close_integrals(struct worker *w, struct sheet *t)
{
    double whole = (double)(w->tick_end_ns - w->tick_start_ns);
    for (uint32_t i = 0; i < t->shape.name_count; i++) {
        t->requests_in_flight[i] += whole * w->requests_now[i];
    }
    for (uint32_t i = 0; i < t->shape.scenario_count; i++) {
        t->iterations_in_flight[i] += whole * w->iterations_now[i];
    }
    t->users += whole * w->users_now;
}

/* The part of the standstill that lies in the tick in hand. */
static uint64_t standstill_in_tick(const struct worker *w)
{
    const struct standstill *s = &w->standstill;
    uint64_t from = s->from_ns > w->tick_start_ns ? s->from_ns : w->tick_start_ns;
    uint64_t to = s->to_ns < w->tick_end_ns ? s->to_ns : w->tick_end_ns;
    if (to <= from) return 0;
    double share = (double)(to - from) / (double)(s->to_ns - s->from_ns);
    return (uint64_t)(share * (double)s->held_ns);
}

void record_standstill(struct worker *w, uint64_t now_ns)
{
    uint64_t turn_ns = now_ns - w->turned_ns;
    /* A reply may be hard to check. What ran since the tick before ran in this turn at the most. */
    uint64_t ran_ns = clock_thread_cpu_ns() - w->cpu_ns;
    if (turn_ns < ran_ns + RECORD_STANDSTILL_NS) return;
    w->sheet->held_ns += standstill_in_tick(w); /* of the one before */
    w->standstill = (struct standstill){w->turned_ns, now_ns, turn_ns - ran_ns};
}

static void close_strain(struct worker *w)
{
    uint64_t cpu_ns = clock_thread_cpu_ns();
    uint64_t idle_ns = w->poller.awake_ns - w->awake_ns;
    uint64_t took_ns = cpu_ns - w->cpu_ns;
    w->sheet->cpu_ns = took_ns > idle_ns ? took_ns - idle_ns : 0;
    w->cpu_ns = cpu_ns;
    w->awake_ns = w->poller.awake_ns;
    w->sheet->held_ns += standstill_in_tick(w);
}

void record_close(struct worker *w)
{
    tail_learn(w);
    record_quiet(w, w->tick_end_ns);
    close_integrals(w, w->sheet);
    close_strain(w);
    w->sheet->start_ns = run_time(w, w->tick_start_ns);
    w->sheet->end_ns = run_time(w, w->tick_end_ns);
    shared_publish(&w->board.published, ++w->tick);
    /* Never over a sheet that was not read: waiting shows up as lag, a lost sheet nowhere. */
    while (w->tick - shared_see(&w->board.returned) >= WORKER_SHEETS) {
        clock_sleep_until(clock_now_ns() + GIVE_WAY_NS);
    }
    w->sheet = &w->sheets[w->tick % WORKER_SHEETS];
    w->tick_start_ns = w->tick_end_ns;
    record_expect(w);
}

/* Where the tick ends that began at `start_ns`, seen from `now_ns`. */
static uint64_t edge_of_tick(struct worker *w, uint64_t start_ns, uint64_t now_ns)
{
    uint64_t end = timeline_tick_end(w->setting.timeline, start_ns);
    if (!w->part_done) return end;
    struct quota *quota = &w->setting.quotas[w->stage];
    uint64_t over = quota_over(quota);
    if (over == UINT64_MAX) return now_ns < end ? end : quota_pass(quota, start_ns, end);
    w->part_done = over > start_ns; /* else all is settled, and cut */
    return w->part_done && over < end ? over : end;
}

/* From the end of the tick on it is looked closer; nobody passes an edge that is being moved,
 * either.
 */
static void look_from_there(struct worker *w)
{
    uint64_t held = shared_see(&w->setting.timeline->held);
    w->look_ns = w->part_done ? 0 : w->tick_end_ns;
    if (held == UINT64_MAX) return;
    uint64_t held_ns = w->setting.origin_ns + held;
    if (held_ns < w->look_ns) w->look_ns = held_ns;
}

void record_expect(struct worker *w)
{
    uint64_t start = run_time(w, w->tick_start_ns);
    w->tick_end_ns = w->setting.origin_ns + edge_of_tick(w, start, 0);
    look_from_there(w);
}

void record_await(const struct worker *w, uint64_t now_ns)
{
    while (timeline_holds(w->setting.timeline, run_time(w, now_ns))) {
        clock_sleep_until(clock_now_ns() + GIVE_WAY_NS);
    }
}

void record_roll(struct worker *w, uint64_t now_ns)
{
    if (now_ns > w->turned_ns) record_turn(w, now_ns); /* before its ticks are closed */
    w->edges = shared_see(&w->setting.timeline->version);
    for (;;) {
        /* An edge may have been moved up while this worker was held up; all must cut there. */
        record_await(w, now_ns);
        uint64_t start = run_time(w, w->tick_start_ns);
        uint64_t end = edge_of_tick(w, start, run_time(w, now_ns));
        w->tick_end_ns = w->setting.origin_ns + end;
        look_from_there(w);
        if (now_ns < w->tick_end_ns || end >= shared_see(&w->setting.timeline->leave)) return;
        record_close(w);
    }
}
