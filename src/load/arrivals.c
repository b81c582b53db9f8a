/* What is due: stages one after the other, in an open stage its arrivals, in a closed one its
 * users. Nothing here depends on how the target answers, but that a closed user must be back. */
#include "base/clock.h"
#include "base/rng.h"
#include "load/arrivals_priv.h"
#include "load/flow_priv.h"
#include "load/record_priv.h"
#include "load/tail_priv.h"
#include "load/worker_priv.h"

#define ARRIVALS_A_TURN 64 /* taken before the poller is looked at again */

static uint64_t on_clock(const struct worker *w, uint64_t at_ns)
{
    return at_ns == UINT64_MAX ? UINT64_MAX : w->setting.origin_ns + at_ns;
}

static uint64_t stage_start(const struct worker *w, uint32_t stage)
{
    return on_clock(w, timeline_start(w->setting.timeline, stage));
}

static uint64_t stage_end(const struct worker *w, uint32_t stage)
{
    return on_clock(w, timeline_end(w->setting.timeline, stage));
}

/* Moves on to this worker's next arrival of the stage. */
static void next_arrival(struct worker *w)
{
    do {
        w->has_arrival = schedule_next(&w->schedule, &w->arrival);
    } while (w->has_arrival && w->arrival.index % w->setting.worker_count != w->index);
}

/* When user `user` of the stage joins, from the stage's start: spread over the first second, or
 * where the ramp reaches it. A stage by count without pauses begins with all of them at once: it
 * may be over before a second has passed, and would never have had the users it names. */
static uint64_t user_start_ns(const struct stage *stage, uint64_t user)
{
    if (stage->requests > 0 && !stage->has_think && stage->pacing_ns == 0) return 0;
    uint64_t spread_ns = stage->length_ns < NS_PER_S ? stage->length_ns : NS_PER_S;
    if (user < stage->users_from || stage->users_to <= stage->users_from) {
        uint32_t at_first = stage->users_from > 0 ? stage->users_from : 1;
        return (uint64_t)(((double)user + 0.5) / at_first * (double)spread_ns);
    }
    double climb = (double)(stage->users_to - stage->users_from);
    double share = ((double)(user - stage->users_from) + 0.5) / climb;
    return (uint64_t)(share * (double)stage->length_ns);
}

/* Whether a falling ramp still wants user `user` at `at_ns` of the stage. */
static bool user_wanted(const struct stage *stage, uint64_t user, uint64_t at_ns)
{
    if (stage->users_to >= stage->users_from) return true;
    double share = (double)at_ns / (double)stage->length_ns;
    double wanted = stage->users_from - share * (double)(stage->users_from - stage->users_to);
    return (double)user + 0.5 < wanted;
}

static uint32_t stage_users(const struct stage *stage)
{
    return stage->users_from > stage->users_to ? stage->users_from : stage->users_to;
}

/* This worker's part of the stage by count is used up. */
static void end_part(struct worker *w, uint64_t now_ns)
{
    if (now_ns < w->tick_start_ns) now_ns = w->tick_start_ns; /* it came late, and cut already */
    if (now_ns >= stage_end(w, w->stage)) return;
    w->part_done = true;
    quota_part_done(&w->setting.quotas[w->stage], w->setting.worker_count, run_time(w, now_ns));
    record_expect(w);
}

static void start_users(struct worker *w, const struct stage *stage)
{
    uint32_t users = stage_users(stage);
    uint64_t start = stage_start(w, w->stage);
    w->quota_users = 0;
    for (uint64_t user = w->index; user < users; user += w->setting.worker_count) {
        uint64_t quota = UINT64_MAX;
        if (stage->requests > 0) quota = stage->requests / users + (user < stage->requests % users);
        if (quota == 0) continue;
        struct flow *f = flow_take(w);
        assert(f); /* worker_measure() has a place for each */
        f->closed = true;
        f->state = FLOW_RESTING;
        f->arrival_stage = w->stage;
        f->user = user;
        f->quota = quota;
        f->intended_ns = start + user_start_ns(stage, user);
        flow_wake_at(w, f, f->intended_ns);
        w->quota_users += stage->requests > 0;
    }
    /* A worker without users has nothing to wait for. */
    if (stage->requests > 0 && w->quota_users == 0) end_part(w, start);
}

static void enter_stage(struct worker *w, uint32_t stage_index)
{
    if (w->stage_entered) tail_stage_over(w);
    w->stage = stage_index;
    w->has_arrival = false;
    w->part_done = false;
    record_expect(w);
    if (stage_index == w->setting.plan->stage_count) return;
    const struct stage *stage = &w->setting.plan->stages[stage_index];
    double looked_at = takeups_share(stage, w->setting.timeline->tick_ns);
    struct rng_key key = {w->setting.plan->seed, stage_index, RNG_TAKEUP};
    takeups_enter(&w->takeups, looked_at, key, w->index);
    if (stage->model == MODEL_CLOSED) {
        /* Of a stage that a stop left no time, no user comes. */
        bool any_time = stage_start(w, stage_index) < stage_end(w, stage_index);
        if (any_time) start_users(w, stage);
        return;
    }
    schedule_open(&w->schedule, stage, stage_index, w->setting.plan->seed, w->dues_ns, w->due_size);
    next_arrival(w);
}

void arrivals_user_leaves(struct worker *w, struct flow *f, uint64_t now_ns)
{
    const struct stage *stage = &w->setting.plan->stages[f->arrival_stage];
    if (f->joined) record_user(w, now_ns, false);
    bool last = stage->requests > 0 && f->arrival_stage == w->stage && --w->quota_users == 0;
    if (last) end_part(w, now_ns);
    flow_release(w, f);
}

void arrivals_user_due(struct worker *w, struct flow *f, uint64_t now_ns)
{
    const struct stage *stage = &w->setting.plan->stages[f->arrival_stage];
    uint64_t start = stage_start(w, f->arrival_stage);
    uint64_t end = stage_end(w, f->arrival_stage);
    uint64_t at = f->intended_ns > start ? f->intended_ns - start : 0;
    if (f->intended_ns >= end || f->quota == 0 || !user_wanted(stage, f->user, at)) {
        arrivals_user_leaves(w, f, now_ns);
        return;
    }
    if (!f->joined) {
        f->joined = true;
        record_user(w, now_ns, true);
    }
    if (f->quota != UINT64_MAX) f->quota--;
    f->index = f->user << 32 | f->iteration;
    f->sequence = w->setting.program->sequence_base[f->arrival_stage]
                  + f->iteration * stage_users(stage) + f->user;
    flow_start(w, f, f->intended_ns, now_ns);
}

static void fill_arrival(const struct worker *w, struct flow *f)
{
    f->state = FLOW_SLEEPING;
    f->arrival_stage = w->stage;
    f->index = f->user = w->arrival.index;
    f->sequence = w->setting.program->sequence_base[w->stage] + w->arrival.index;
}

static void take_arrival(struct worker *w, uint64_t due_ns)
{
    struct flow *f = flow_take(w);
    assert(f); /* one more than max_in_flight is there for the one that is dropped */
    fill_arrival(w, f);
    flow_start(w, f, due_ns, clock_now_ns());
    next_arrival(w);
}

uint64_t arrivals_pump(struct worker *w, uint64_t now_ns)
{
    uint32_t taken = 0;
    for (;;) {
        if (!w->stage_entered) {
            enter_stage(w, 0);
            w->stage_entered = true;
        } else if (w->has_arrival) {
            uint64_t due = stage_start(w, w->stage) + w->arrival.due_ns;
            if (due >= stage_end(w, w->stage)) {
                w->has_arrival = false; /* the stage's end was moved up: no more of it is due */
                continue;
            }
            if (due > now_ns) return due;
            if (taken++ == ARRIVALS_A_TURN) return now_ns;
            take_arrival(w, due);
        } else {
            uint64_t edge = stage_end(w, w->stage);
            if (edge > now_ns) return edge;
            enter_stage(w, timeline_next(w->setting.timeline, w->stage));
        }
    }
}

/* What is left of the stage this worker is in; false: the rest is not due yet. */
static bool cut_stage(struct worker *w, uint64_t now_ns)
{
    uint64_t start = stage_start(w, w->stage);
    uint64_t end = stage_end(w, w->stage);
    for (; w->has_arrival && start + w->arrival.due_ns < end; next_arrival(w)) {
        struct flow cut = {.arrival_ns = start + w->arrival.due_ns};
        if (cut.arrival_ns > now_ns) return false;
        fill_arrival(w, &cut);
        flow_choose(w, &cut);
        record_planned(w, &cut, now_ns);
        record_unstarted(w, &cut, OUTCOME_CUT, SHORTAGE_COUNT, now_ns);
    }
    return end <= now_ns;
}

void arrivals_cut(struct worker *w, uint64_t now_ns)
{
    if (!w->stage_entered) enter_stage(w, 0);
    w->stage_entered = true;
    /* A worker that was held up has whole stages to account for. */
    while (w->stage < w->setting.plan->stage_count && cut_stage(w, now_ns)) {
        enter_stage(w, timeline_next(w->setting.timeline, w->stage));
    }
}
