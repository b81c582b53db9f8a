#include "load/timeline.h"

#include "base/ns.h"

#define NO_STAGE UINT32_MAX /* behind the drain */

void timeline_init(struct timeline *t, const struct plan *plan, uint64_t tick_ns,
                   struct arena *arena)
{
    *t = (struct timeline){.plan = plan, .tick_ns = tick_ns};
    t->starts = ARENA_ARRAY(arena, plan->stage_count + 1, struct shared);
    t->nexts = ARENA_ARRAY(arena, plan->stage_count + 1, struct shared);
    if (!t->starts || !t->nexts) return;
    uint32_t drain = plan->stage_count;
    while (t->planned < drain && !plan->stages[t->planned].by_hand) t->planned++;
    uint64_t at = 0;
    for (uint32_t i = 0; i < drain; i++) {
        bool linked = i < t->planned;
        shared_publish(&t->starts[i], linked ? at : UINT64_MAX);
        shared_publish(&t->nexts[i], i + 1 < t->planned ? i + 1 : drain);
        if (linked) at += plan->stages[i].length_ns;
    }
    shared_publish(&t->starts[drain], at);
    shared_publish(&t->nexts[drain], NO_STAGE);
    shared_publish(&t->leave, at + timeline_drain_ns(plan));
    timeline_release(t);
}

static uint32_t next_of(const struct timeline *t, uint32_t stage)
{
    return (uint32_t)shared_see(&t->nexts[stage]);
}

uint32_t timeline_next(const struct timeline *t, uint32_t stage)
{
    assert(stage < t->plan->stage_count);
    return next_of(t, stage);
}

uint64_t timeline_end(const struct timeline *t, uint32_t stage)
{
    return stage < t->plan->stage_count ? timeline_start(t, next_of(t, stage)) : UINT64_MAX;
}

/* The planned ones and the drain are in order; the few by hand follow the one they stand behind. */
uint32_t timeline_stage(const struct timeline *t, uint64_t at_ns)
{
    uint32_t lo = 0;
    uint32_t hi = t->planned; /* stands for the drain; the start of `lo` is at most at_ns */
    while (lo < hi) {
        uint32_t middle = lo + (hi - lo + 1) / 2;
        uint32_t stage = middle < t->planned ? middle : t->plan->stage_count;
        if (timeline_start(t, stage) <= at_ns) lo = middle;
        else hi = middle - 1;
    }
    uint32_t stage = lo < t->planned ? lo : t->plan->stage_count;
    while (stage < t->plan->stage_count) {
        uint32_t next = next_of(t, stage);
        if (next < t->planned || timeline_start(t, next) > at_ns) break;
        stage = next;
    }
    return stage;
}

uint32_t timeline_stage_near(const struct timeline *t, uint32_t near, uint64_t at_ns)
{
    bool here = timeline_start(t, near) <= at_ns && at_ns < timeline_end(t, near);
    return here ? near : timeline_stage(t, at_ns);
}

bool timeline_settling(const struct timeline *t, uint32_t stage, uint64_t at_ns)
{
    if (stage >= t->plan->stage_count || t->plan->stages[stage].settle_ns == 0) return false;
    return at_ns < timeline_start(t, stage) + t->plan->stages[stage].settle_ns;
}

uint64_t timeline_tick_end(const struct timeline *t, uint64_t start_ns)
{
    uint32_t stage = timeline_stage(t, start_ns);
    bool watched = stage < t->plan->stage_count && t->plan->stages[stage].until_steady;
    /* However long the ticks of a long run are, here each is a value that is waited for. */
    uint64_t end = start_ns + (watched && t->tick_ns > NS_PER_S ? NS_PER_S : t->tick_ns);
    uint64_t edge = timeline_end(t, stage);
    if (edge < end) end = edge;
    if (timeline_settling(t, stage, start_ns)) {
        edge = timeline_start(t, stage) + t->plan->stages[stage].settle_ns;
        if (edge < end) end = edge;
    }
    edge = shared_see(&t->leave);
    return edge > start_ns && edge < end ? edge : end;
}

uint64_t timeline_drain_ns(const struct plan *plan)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        for (uint32_t j = 0; j < plan->scenarios[i].step_count; j++) {
            const struct step *step = &plan->scenarios[i].steps[j];
            if (step->timeout.response_ns > longest) longest = step->timeout.response_ns;
            if (step->until && step->within_ns > longest) longest = step->within_ns;
        }
    }
    return longest;
}

void timeline_hold(struct timeline *t, uint64_t at_ns)
{
    shared_publish(&t->held, at_ns);
    shared_publish(&t->version, shared_see(&t->version) + 1); /* who is in a long turn looks up */
}

void timeline_release(struct timeline *t)
{
    shared_publish(&t->held, UINT64_MAX);
}

bool timeline_holds(const struct timeline *t, uint64_t now_ns)
{
    return shared_see(&t->held) <= now_ns;
}

/* All that comes behind `stage` starts so much later; of a difference below 0, modulo 2^64,
 * earlier.
 */
static void shift_behind(struct timeline *t, uint32_t stage, uint64_t by_ns)
{
    for (uint32_t i = next_of(t, stage); i != NO_STAGE; i = next_of(t, i)) {
        shared_publish(&t->starts[i], timeline_start(t, i) + by_ns);
    }
    shared_publish(&t->leave, shared_see(&t->leave) + by_ns);
}

void timeline_end_stage(struct timeline *t, uint32_t stage, uint64_t at_ns)
{
    uint64_t planned = timeline_end(t, stage);
    if (at_ns >= planned) return;
    shift_behind(t, stage, at_ns - planned);
    shared_publish(&t->version, shared_see(&t->version) + 1);
}

void timeline_insert(struct timeline *t, uint32_t stage, uint32_t fresh, uint64_t at_ns,
                     uint64_t length_ns)
{
    uint64_t end_ns = timeline_end(t, stage);
    assert(stage < t->plan->stage_count && fresh >= t->planned && at_ns <= end_ns);
    assert(timeline_start(t, fresh) == UINT64_MAX);
    shared_publish(&t->starts[fresh], at_ns);
    shared_publish(&t->nexts[fresh], next_of(t, stage));
    shared_publish(&t->nexts[stage], fresh); /* from here on it is seen, whole */
    if (at_ns == end_ns) shift_behind(t, fresh, length_ns);
    shared_publish(&t->version, shared_see(&t->version) + 1);
}

void timeline_stop(struct timeline *t, uint64_t at_ns)
{
    uint64_t drain = timeline_start(t, t->plan->stage_count);
    if (at_ns >= drain) return;
    for (uint32_t i = 0; i != NO_STAGE; i = next_of(t, i)) {
        if (timeline_start(t, i) > at_ns) shared_publish(&t->starts[i], at_ns);
    }
    shared_publish(&t->leave, at_ns + timeline_drain_ns(t->plan));
    shared_publish(&t->version, shared_see(&t->version) + 1);
}

void timeline_leave(struct timeline *t, uint64_t at_ns)
{
    if (at_ns >= shared_see(&t->leave)) return;
    shared_publish(&t->leave, at_ns);
    shared_publish(&t->version, shared_see(&t->version) + 1);
}
