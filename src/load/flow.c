/* An iteration's walk: each step is a request with its own intended time. That of the first is the
 * arrival; that of a later one is the end of the reply before plus think time or `every`, so what
 * the user would have waited is in the response time and what prony does late is lag. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "load/arrivals_priv.h"
#include "load/exchange_priv.h"
#include "load/flow_priv.h"
#include "load/record_priv.h"
#include "load/tail_priv.h"
#include "load/worker_priv.h"

#define HEAP_LAG_NS NS_PER_MS /* less is no heap: any wake-up takes its time */
#define USUAL_TAKEUPS 64      /* in the mean of how many are open */

struct captured flow_captured(const struct worker *w, const struct flow *f)
{
    size_t slots = w->setting.program->capture_slots;
    size_t id = flow_id(w, f);
    return (struct captured){w->captures + id * slots * CAPTURE_MAX, w->capture_len + id * slots,
                             w->capture_is_text + id * slots};
}

static uint32_t *flow_rows(const struct worker *w, const struct flow *f)
{
    return w->rows + (size_t)flow_id(w, f) * w->setting.program->unique_count;
}

struct values flow_values(const struct worker *w, const struct flow *f)
{
    struct captured captured = flow_captured(w, f);
    return (struct values){.captures = captured.at,
                           .capture_len = captured.len,
                           .capture_is_text = captured.is_text,
                           .rows = flow_rows(w, f),
                           .seed = w->setting.plan->seed,
                           .stage = f->arrival_stage,
                           .index = f->index,
                           .sequence = f->sequence,
                           .user = f->user,
                           .step = f->step,
                           .attempt = f->attempt};
}

struct flow *flow_take(struct worker *w)
{
    uint32_t id = w->flow_free;
    if (id == NOBODY && w->flow_fresh == w->flow_count) return NULL;
    if (id == NOBODY) id = w->flow_fresh++;
    else w->flow_free = w->flows[id].next_free;
    struct flow *f = &w->flows[id];
    w->open_flows++;
    memset(f, 0, sizeof *f);
    f->connection = NOBODY;
    return f;
}

void flow_release(struct worker *w, struct flow *f)
{
    assert(f->state != FLOW_FREE);
    f->state = FLOW_FREE;
    f->next_free = w->flow_free;
    w->flow_free = flow_id(w, f);
    w->open_flows--;
}

void flow_wake_at(struct worker *w, struct flow *f, uint64_t due_ns)
{
    uint32_t id = flow_id(w, f);
    f->due_ns = due_ns;
    if (timers_is_set(&w->timers, id) && timers_due(&w->timers, id) <= due_ns) return;
    timers_set(&w->timers, id, due_ns);
}

void flow_wake_now(struct worker *w, struct flow *f)
{
    uint32_t id = flow_id(w, f);
    assert(!f->woken);
    f->woken = true;
    f->due_ns = 0;
    f->next_due = NOBODY;
    if (w->now_tail == NOBODY) w->now_head = id;
    else w->flows[w->now_tail].next_due = id;
    w->now_tail = id;
}

static uint64_t draw_ns(const struct worker *w, const struct flow *f, const struct range_ns *range,
                        uint32_t sub)
{
    if (range->lo_ns == range->hi_ns) return range->lo_ns;
    struct rng_key key = {w->setting.plan->seed, f->arrival_stage, RNG_THINK};
    uint64_t bits = rng_at(key, f->index, sub).a;
    return (uint64_t)rng_between(bits, (int64_t)range->lo_ns, (int64_t)range->hi_ns);
}

/* Takes the request up that was intended for `intended_ns`. */
static void begin_request(struct worker *w, struct flow *f, uint64_t intended_ns, uint64_t now_ns)
{
    uint64_t at = run_time(w, intended_ns);
    f->taken_ns = f->ready_ns = now_ns;
    record_reach(w, f->taken_ns); /* an edge that is being moved is settled first */
    f->intended_ns = intended_ns;
    f->stage = timeline_stage_near(w->setting.timeline, f->arrival_stage, at);
    f->settle = timeline_settling(w->setting.timeline, f->stage, at);
    f->connect_ns = f->tls_ns = f->first_byte_ns = f->sent_ns = 0;
    f->marks = (struct head_marks){0};
    f->response_due_ns = intended_ns + flow_operation(w, f)->step->timeout.response_ns;
    record_begun(w, f);
    exchange_begin(w, f);
}

static uint32_t choose_scenario(const struct worker *w, const struct flow *f)
{
    const struct plan *plan = w->setting.plan;
    if (plan->scenario_count == 1) return 0;
    const double *mix = plan->stages[f->arrival_stage].mix;
    struct rng_key key = {plan->seed, f->arrival_stage, RNG_SCENARIO};
    double at = rng_unit(rng_at(key, f->index, 0).a);
    uint32_t last = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        if (mix[i] <= 0) continue;
        last = i;
        if (at < mix[i]) return i;
        at -= mix[i];
    }
    return last; /* the sum of the weights fell short of 1 by rounding */
}

void flow_choose(struct worker *w, struct flow *f)
{
    uint64_t at = run_time(w, f->arrival_ns);
    f->scenario = choose_scenario(w, f);
    f->target = (uint32_t)(f->sequence % w->setting.plan->target_count);
    f->arrival_settle = timeline_settling(w->setting.timeline, f->arrival_stage, at);
}

/* Prony was late: what came due meanwhile comes in one heap, and takes as long again to work off.
 * Where so many were open before that chance could have filled the places, the heap decides
 * nothing: Poisson arrivals deviate by the root of their mean, and three of these are rare. */
static void look_at_heap(struct worker *w, uint64_t arrival_ns, uint64_t now_ns)
{
    uint64_t lag_ns = now_ns - arrival_ns;
    if (lag_ns >= HEAP_LAG_NS && now_ns > w->heap_until_ns) {
        w->heap_until_ns = now_ns + lag_ns;
        double before = fmax(w->usual_open, w->last_open); /* of the two the mean is slow to rise */
        w->heap_decides = before + 3 * sqrt(before) < w->max_in_flight;
    }
    w->last_open = w->open_iterations;
    w->usual_open += ((double)w->open_iterations - w->usual_open) / USUAL_TAKEUPS;
}

/* For want of what an arrival is dropped that found no place, or no row. */
static enum shortage want_of(const struct worker *w, bool full, uint64_t now_ns)
{
    if (!full) return SHORTAGE_ROWS;
    return w->heap_decides && now_ns <= w->heap_until_ns ? SHORTAGE_LATE : SHORTAGE_COUNT;
}

void flow_start(struct worker *w, struct flow *f, uint64_t arrival_ns, uint64_t now_ns)
{
    f->arrival_ns = arrival_ns;
    flow_choose(w, f);
    f->step = f->attempt = 0;
    f->outcome = OUTCOME_OK;
    f->lack = SHORTAGE_COUNT;
    f->lag_ns = 0;
    f->until_ns = 0;
    if (!f->closed) look_at_heap(w, arrival_ns, now_ns);
    bool full = !f->closed && w->open_iterations >= w->max_in_flight;
    bool dealt = full || deal_take(w->setting.deal, f->scenario, flow_rows(w, f));
    if (!dealt) record_rowless(w, f, now_ns);
    if (!dealt && f->closed) {
        arrivals_user_leaves(w, f, now_ns); /* it would never get one again */
        return;
    }
    record_planned(w, f, now_ns);
    if (!f->closed && takeups_wants(&w->takeups)) record_takeup(w, f, now_ns);
    if (full || !dealt) {
        record_unstarted(w, f, OUTCOME_DROPPED, want_of(w, full, now_ns), now_ns);
        flow_release(w, f);
        return;
    }
    if (!f->closed) w->open_iterations++;
    record_reach(w, now_ns);
    w->iterations_now[f->scenario]++;
    w->sheet->iterations_in_flight[f->scenario] -= since_tick_start(w, now_ns);
    size_t slots = w->setting.program->capture_slots;
    if (slots > 0) memset(flow_captured(w, f).len, 0, slots * sizeof(uint16_t));
    begin_request(w, f, arrival_ns, now_ns);
}

/* A closed user goes round again, or leaves with its stage. */
static void rest(struct worker *w, struct flow *f, uint64_t end_ns)
{
    const struct stage *stage = &w->setting.plan->stages[f->arrival_stage];
    const struct scenario *scenario = &w->setting.plan->scenarios[f->scenario];
    const struct step *last = &scenario->steps[scenario->step_count - 1];
    uint64_t next = end_ns;
    if (stage->has_think) next += draw_ns(w, f, &stage->think, UINT32_MAX);
    else if (last->has_think) next += draw_ns(w, f, &last->think, f->step << 8);
    if (stage->pacing_ns > 0 && f->arrival_ns + stage->pacing_ns > next) {
        next = f->arrival_ns + stage->pacing_ns;
    }
    f->iteration++;
    f->state = FLOW_RESTING;
    f->intended_ns = next;
    /* One whose next turn lies behind the stage's end leaves there, or now where that is over. */
    uint64_t edge = w->setting.origin_ns + timeline_end(w->setting.timeline, f->arrival_stage);
    if (next > edge) next = edge > end_ns ? edge : end_ns;
    record_rest(w, f, end_ns, next - end_ns);
    if (next == end_ns) flow_wake_now(w, f);
    else flow_wake_at(w, f, next);
}

static void end_iteration(struct worker *w, struct flow *f, uint64_t end_ns)
{
    record_iteration(w, f, end_ns);
    w->iterations_now[f->scenario]--;
    w->sheet->iterations_in_flight[f->scenario] += since_tick_start(w, end_ns);
    /* At the end of the run nobody rests: a user that is due at once may be here already. */
    if (f->closed && (f->quota == 0 || w->leaving)) {
        arrivals_user_leaves(w, f, end_ns);
        return;
    }
    if (f->closed) {
        rest(w, f, end_ns);
        return;
    }
    w->open_iterations--;
    flow_release(w, f);
}

/* `until` does not hold yet: another try, unless `within` would be over by then. Then this reply is
 * what the iteration fails by. */
static bool try_again(struct worker *w, struct flow *f, struct ending *ending)
{
    const struct step *step = flow_operation(w, f)->step;
    if (f->attempt == 0) f->until_ns = f->intended_ns + step->within_ns;
    if (ending->read_ns + step->every_ns > f->until_ns) {
        ending->outcome = OUTCOME_CHECK;
        ending->why = "`until` did not hold within its time";
        return false;
    }
    return true;
}

/* Tells who looks on. */
static void show_end(const struct worker *w, const struct flow *f, const struct ending *e,
                     bool again)
{
    static_assert(TAP_CAPTURE_MAX == CAPTURE_MAX, "the places of captured values");
    char array[200];
    struct text why = text_in(array, sizeof array);
    struct captured captured = flow_captured(w, f);
    if (e->outcome != OUTCOME_OK) record_describe(e, w->setting.plan, &why);
    struct tap_end end = {.scenario = f->scenario,
                          .step = f->step,
                          .attempt = f->attempt,
                          .outcome = e->outcome,
                          .again = again,
                          .status = e->status,
                          .failed = e->verdict.failed,
                          .why = text_bytes(&why),
                          .captures = captured.at,
                          .capture_len = captured.len,
                          .response_ns = e->read_ns - f->intended_ns};
    w->setting.tap->ended(w->setting.tap->ctx, &end);
}

void flow_request_ended(struct worker *w, struct flow *f, struct ending *ending)
{
    const struct step *step = flow_operation(w, f)->step;
    bool again = ending->outcome == OUTCOME_OK && ending->verdict.status == VERIFY_AGAIN
                 && try_again(w, f, ending);
    record_request(w, f, ending);
    f->connection = NOBODY;
    if (w->setting.tap) show_end(w, f, ending, again);
    if (again) {
        f->attempt++;
        f->state = FLOW_SLEEPING;
        f->intended_ns = ending->read_ns + step->every_ns;
        flow_wake_at(w, f, f->intended_ns);
        return;
    }
    bool stops = ending->outcome == OUTCOME_CUT
                 || (ending->outcome != OUTCOME_OK && step->on_fail == ON_FAIL_STOP);
    if (stops || f->step + 1 == w->setting.plan->scenarios[f->scenario].step_count) {
        end_iteration(w, f, ending->read_ns);
        return;
    }
    uint64_t next = ending->read_ns;
    if (step->has_think) next += draw_ns(w, f, &step->think, f->step << 8);
    f->step++;
    f->attempt = 0;
    /* Never straight on: a chain of instant replies must not grow the stack. */
    f->state = FLOW_SLEEPING;
    f->intended_ns = next;
    if (next == ending->read_ns) flow_wake_now(w, f);
    else flow_wake_at(w, f, next);
}

static void time_out(struct worker *w, struct flow *f, const char *why, uint64_t limit_ns)
{
    if (f->state == FLOW_TALKING) tail_timeout(w, f);
    exchange_abandon(w, f);
    uint64_t now_ns = clock_now_ns(); /* the turn's own may be older than the take-up */
    /* What passed since the limit is our lateness, as with a reply that lay in the kernel. That of
     * the take-up and of the send are told apart, and may be behind the limit already. */
    if (limit_ns < f->taken_ns) limit_ns = f->taken_ns;
    if (limit_ns < f->sent_ns) limit_ns = f->sent_ns;
    if (limit_ns > now_ns) limit_ns = now_ns;
    struct ending ending = {
        .outcome = OUTCOME_TIMEOUT, .read_ns = now_ns, .kernel_ns = limit_ns, .why = why};
    flow_request_ended(w, f, &ending);
}

/* When the open request runs out of time, and what to call it. */
static uint64_t request_limit(const struct worker *w, const struct flow *f, const char **why)
{
    const struct timeouts *timeout = &flow_operation(w, f)->step->timeout;
    uint64_t limit = f->response_due_ns;
    *why = FLOW_LATE;
    if (f->state == FLOW_CONNECTING) {
        uint64_t connect = w->connections[f->connection].began_ns + timeout->connect_ns;
        if (connect < limit) {
            limit = connect;
            *why = w->connections[f->connection].shaking
                       ? "no TLS handshake within the connect timeout"
                       : "no connection within the connect timeout";
        }
    }
    if (f->state == FLOW_TALKING && timeout->first_byte_ns > 0 && f->first_byte_ns == 0) {
        uint64_t first = f->sent_ns + timeout->first_byte_ns;
        if (first < limit) {
            limit = first;
            *why = FLOW_FIRST_LATE;
        }
    }
    return limit;
}

void flow_timer(struct worker *w, struct flow *f, uint64_t now_ns)
{
    const char *why = NULL;
    switch (f->state) {
    case FLOW_FREE:
        return; /* a timer of the flow that was here before */
    case FLOW_RESTING:
    case FLOW_SLEEPING:
        if (now_ns < f->due_ns) {
            flow_wake_at(w, f, f->due_ns);
        } else if (f->state == FLOW_SLEEPING) {
            /* What would be due after the end of the run is not begun; it is cut asleep. */
            bool in_run = run_time(w, f->intended_ns) < shared_see(&w->setting.timeline->leave);
            if (in_run) begin_request(w, f, f->intended_ns, now_ns);
        } else {
            arrivals_user_due(w, f, now_ns);
        }
        return;
    case FLOW_QUEUED:
    case FLOW_CONNECTING:
    case FLOW_TALKING: {
        uint64_t limit = request_limit(w, f, &why);
        if (now_ns >= limit && f->state == FLOW_TALKING) {
            if (exchange_look(w, f)) return;
            limit = request_limit(w, f, &why);
        }
        if (now_ns < limit) flow_wake_at(w, f, limit);
        else time_out(w, f, why, limit);
        return;
    }
    }
}

void flow_stages_moved(struct worker *w)
{
    for (uint32_t i = 0; i < w->flow_fresh; i++) {
        struct flow *f = &w->flows[i];
        if (f->state != FLOW_RESTING || f->woken) continue;
        uint64_t edge = timeline_end(w->setting.timeline, f->arrival_stage);
        if (f->due_ns > w->setting.origin_ns + edge)
            flow_wake_at(w, f, w->setting.origin_ns + edge);
    }
}

void flow_watch(struct worker *w, struct flow *f)
{
    const char *why = NULL;
    flow_wake_at(w, f, request_limit(w, f, &why));
}

void flow_cut(struct worker *w, struct flow *f, uint64_t now_ns)
{
    struct ending ending = {.outcome = OUTCOME_CUT, .read_ns = now_ns, .kernel_ns = now_ns};
    switch (f->state) {
    case FLOW_FREE:
        return;
    case FLOW_RESTING:
        break;
    case FLOW_SLEEPING:
        if (f->outcome == OUTCOME_OK) f->outcome = OUTCOME_CUT;
        end_iteration(w, f, now_ns);
        break;
    case FLOW_QUEUED:
    case FLOW_CONNECTING:
    case FLOW_TALKING:
        exchange_abandon(w, f);
        flow_request_ended(w, f, &ending);
        break;
    }
    if (f->state == FLOW_RESTING) arrivals_user_leaves(w, f, now_ns);
}
