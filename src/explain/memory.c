#include "explain/memory.h"

#include <math.h>

#include "stats/growth.h"

#define GRAIN_BYTES 131072.0 /* by so much an allocator takes more at once */

static bool is_window(const struct recall *r, uint32_t stage)
{
    const struct plan *plan = r->header->plan;
    if (stage >= plan->stage_count || !run_stage_judged(r->header, stage)) return false;
    const struct stage *s = &plan->stages[stage];
    bool steady =
        s->model == MODEL_CLOSED ? s->users_from == s->users_to : s->rate_from == s->rate_to;
    return steady && !pile_is_up(&r->stages[stage].pile, r->stages[stage].seconds);
}

static bool find_one(const struct recall *r, const struct recall_series *s,
                     struct memory_growth *out)
{
    struct floor_point points[FLOORS_MOST];
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->floors->count; i++) {
        if (is_window(r, s->floors->points[i].window)) points[count++] = s->floors->points[i];
    }
    struct trend_room *room = ARENA_NEW(r->arena, struct trend_room);
    if (!room || count == 0) return false;
    struct growth g;
    growth_find(points, count, GRAIN_BYTES, room, &g);
    if (g.kind == GROWTH_FEW) return false;
    *out = (struct memory_growth){.of = s->of};
    if (g.kind != GROWTH_EVEN || !(g.all.range.lo > 0)) return true;
    double ended = 0;
    double seconds = 0;
    for (uint32_t i = 0; i < r->stage_count; i++) {
        if (!is_window(r, i)) continue;
        ended += (double)r->stages[i].passed;
        seconds += r->stages[i].seconds;
    }
    double now = points[count - 1].value;
    out->leaked = now > 0 ? fmin(1, g.all.grown / now) : 0;
    out->a_request = ended > 0 ? g.all.slope * seconds / ended : (double)NAN;
    return true;
}

bool memory_find(const struct recall *r, struct memory_growth *out)
{
    bool any = false;
    for (uint32_t i = 0; i < r->series_count; i++) {
        struct memory_growth one;
        if (!r->series[i].known || !r->series[i].floors) continue;
        if (!find_one(r, &r->series[i], &one)) continue;
        if (!any || one.leaked > out->leaked) *out = one;
        any = true;
    }
    return any;
}

bool memory_missed(const struct result *result, struct bytes service)
{
    const struct plan *plan = result->header->plan;
    for (uint32_t i = 0; i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        if (o->objective->metric != METRIC_LEAK || o->objective->warn) continue;
        if (o->verdict != VERDICT_MISSED) continue;
        struct bytes name = plan->services[o->objective->scope_index].name;
        if (service.len == 0 || bytes_equal(name, service)) return true;
    }
    return false;
}
