#include "load/timeline.h"

void timeline_init(struct timeline *t, const struct plan *plan, uint64_t tick_ns,
                   struct arena *arena)
{
    *t = (struct timeline){.plan = plan, .tick_ns = tick_ns};
    t->starts = ARENA_ARRAY(arena, plan->stage_count + 1, struct shared);
    if (!t->starts) return;
    uint64_t at = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        shared_publish(&t->starts[i], at);
        at += plan->stages[i].length_ns;
    }
    shared_publish(&t->starts[plan->stage_count], at);
    shared_publish(&t->leave, at + timeline_drain_ns(plan));
    timeline_release(t);
}

uint64_t timeline_start(const struct timeline *t, uint32_t stage)
{
    return stage <= t->plan->stage_count ? shared_see(&t->starts[stage]) : UINT64_MAX;
}

uint32_t timeline_stage(const struct timeline *t, uint64_t at_ns)
{
    uint32_t lo = 0;
    uint32_t hi = t->plan->stage_count; /* starts[lo] <= at_ns */
    while (lo < hi) {
        uint32_t middle = lo + (hi - lo + 1) / 2;
        if (timeline_start(t, middle) <= at_ns) lo = middle;
        else hi = middle - 1;
    }
    return lo;
}

bool timeline_settling(const struct timeline *t, uint32_t stage, uint64_t at_ns)
{
    if (stage >= t->plan->stage_count) return false;
    return at_ns < timeline_start(t, stage) + t->plan->stages[stage].settle_ns;
}

uint64_t timeline_tick_end(const struct timeline *t, uint64_t start_ns)
{
    uint32_t stage = timeline_stage(t, start_ns);
    uint64_t end = start_ns + t->tick_ns;
    uint64_t edge = timeline_start(t, stage + 1);
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
}

void timeline_release(struct timeline *t)
{
    shared_publish(&t->held, UINT64_MAX);
}

bool timeline_holds(const struct timeline *t, uint64_t now_ns)
{
    return shared_see(&t->held) <= now_ns;
}

void timeline_end_stage(struct timeline *t, uint32_t stage, uint64_t at_ns)
{
    uint64_t planned = timeline_start(t, stage + 1);
    if (at_ns >= planned) return;
    for (uint32_t i = stage + 1; i <= t->plan->stage_count; i++) {
        shared_publish(&t->starts[i], timeline_start(t, i) - (planned - at_ns));
    }
    shared_publish(&t->leave, shared_see(&t->leave) - (planned - at_ns));
    shared_publish(&t->version, shared_see(&t->version) + 1);
}

void timeline_stop(struct timeline *t, uint64_t at_ns)
{
    uint64_t drain = timeline_start(t, t->plan->stage_count);
    if (at_ns >= drain) return;
    for (uint32_t i = 0; i <= t->plan->stage_count; i++) {
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
