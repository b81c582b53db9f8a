#include "explain/choose.h"

#include <math.h>

#include "explain/memory.h"

#define SECONDS_LEAST 2 /* of a stage that nobody judged, to be held against */

/* Too little for a verdict, and still it was seen: what bent there is worth explaining. */
static bool is_seen_over(const struct objective_result *o, const struct finding *f)
{
    if (o->verdict == VERDICT_HOLDS || isnan(f->value)) return false;
    if (f->verdict == VERDICT_HOLDS) return false;
    bool little = o->objective->op == OP_LT || o->objective->op == OP_LE;
    return little ? f->value > o->objective->value : f->value < o->objective->value;
}

static bool misses_in(const struct objective_result *o, uint32_t stage)
{
    const struct finding *f = &o->stages[stage];
    if (o->objective->warn || objective_is_capacity(o->objective)) return false;
    if (f->verdict == VERDICT_MISSED) return true;
    bool worst = o->verdict == VERDICT_MISSED && o->stage == stage;
    return worst || is_seen_over(o, f);
}

/* Did anything but a capacity miss in it? What is seen of services is what explains, and is not
 * itself explained by where requests wait. */
static bool missed_in(const struct result *result, uint32_t stage)
{
    for (uint32_t i = 0; i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        if (!objective_is_observed(o->objective) && misses_in(o, stage)) return true;
    }
    return false;
}

/* The scenario of which alone something missed there. */
static uint32_t scenario_in(const struct result *result, uint32_t stage)
{
    uint32_t found = PLAN_NO_INDEX;
    for (uint32_t i = 0; i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        if (objective_is_observed(o->objective) || !misses_in(o, stage)) continue;
        if (o->objective->scope != SCOPE_SCENARIO) return PLAN_NO_INDEX;
        if (found == PLAN_NO_INDEX) found = o->objective->scope_index;
    }
    return found;
}

/* Of a capacity that was not reached: where most was. */
static uint32_t short_in(const struct result *result)
{
    for (uint32_t i = 0; i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        if (o->objective->warn || !objective_is_capacity(o->objective)) continue;
        if (o->verdict == VERDICT_MISSED && o->stage != PLAN_NO_INDEX) return o->stage;
    }
    return PLAN_NO_INDEX;
}

/* Of memory that grew without end: the last stage that was judged. */
static uint32_t leaked_in(const struct recall *r, const struct result *result)
{
    if (!memory_missed(result, (struct bytes){0})) return PLAN_NO_INDEX;
    for (uint32_t i = r->stage_count; i-- > 0;) {
        if (r->stages[i].seconds > 0 && result_stage_judged(result, i)) return i;
    }
    return PLAN_NO_INDEX;
}

static double rate_of(const struct recall *r, uint32_t stage)
{
    const struct recall_stage *s = &r->stages[stage];
    return s->seconds > 0 ? (double)s->passed / s->seconds : 0;
}

static uint32_t find_good(const struct recall *r, const struct result *result, uint32_t bad)
{
    uint32_t good = PLAN_NO_INDEX;
    bool good_judged = false;
    bool watched = recall_missed(r) == bad; /* hours are their time before the miss */
    for (uint32_t i = 0; i + 1 < r->stage_count; i++) {
        bool judged = result_stage_judged(result, i);
        if (i == bad || r->stages[i].seconds < SECONDS_LEAST) continue;
        if (!watched && missed_in(result, i)) continue;
        double in_flight = r->stages[i].in_flight_ns / r->stages[i].seconds;
        if (in_flight > r->stages[bad].in_flight_ns / r->stages[bad].seconds) continue;
        if (good_judged && !judged) continue;
        bool first = good == PLAN_NO_INDEX || (judged && !good_judged);
        if (!first && rate_of(r, i) <= rate_of(r, good)) continue;
        good = i;
        good_judged = judged;
    }
    return good;
}

enum choice choose_stages(const struct recall *r, const struct result *result, struct chosen *out)
{
    *out = (struct chosen){PLAN_NO_INDEX, PLAN_NO_INDEX, PLAN_NO_INDEX};
    bool any = false;
    for (uint32_t i = 0; i + 1 < r->stage_count && out->bad == PLAN_NO_INDEX; i++) {
        if (r->stages[i].seconds <= 0 || !result_stage_judged(result, i)) continue;
        any = true;
        if (r->header->watch_ns == 0 && missed_in(result, i)) out->bad = i;
    }
    if (any && recall_missed(r) != RECALL_NOWHERE) out->bad = recall_missed(r);
    if (out->bad == PLAN_NO_INDEX && r->header->watch_ns == 0) out->bad = short_in(result);
    if (out->bad == PLAN_NO_INDEX && r->header->watch_ns == 0) out->bad = leaked_in(r, result);
    if (!any) return CHOICE_UNSEEN;
    if (out->bad == PLAN_NO_INDEX) return CHOICE_WELL;
    if (r->header->watch_ns == 0) out->scenario = scenario_in(result, out->bad);
    out->good = find_good(r, result, out->bad);
    return CHOICE_MADE;
}

const struct objective_result *choose_seen(const struct result *result)
{
    const struct objective_result *most = NULL;
    for (uint32_t i = 0; i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        bool missed = o->verdict == VERDICT_MISSED && !o->objective->warn;
        if (!missed || !objective_is_observed(o->objective)) continue;
        if (!most || o->margin < most->margin) most = o;
    }
    return most;
}
