#include "plan/plan_doubt.h"

#include <math.h>

#include "base/ns.h"
#include "plan/units.h"

double plan_doubt_arrivals(const struct stage *s)
{
    if (s->requests > 0) return (double)s->requests;
    if (s->model == MODEL_CLOSED) return (double)NAN;
    return (s->rate_from + s->rate_to) / 2 * ((double)s->length_ns / (double)NS_PER_S);
}

bool plan_doubt_looks_at(const struct objective *o, const struct plan *plan, uint32_t stage)
{
    const struct stage *s = &plan->stages[stage];
    if (o->of_offered && s->model == MODEL_CLOSED) return false;
    if (o->metric == METRIC_RECOVERY) return stage == o->after_stage;
    if (!o->has_in) return s->judged;
    return stage >= o->stage_first && stage - o->stage_first < o->stage_count;
}

static bool is_counted(const struct objective *o, const struct scenario *s, uint32_t scenario,
                       const struct step *step)
{
    if (o->scope == SCOPE_SCENARIO) return scenario == o->scope_index && step == s->steps;
    return o->scope != SCOPE_REQUEST || step->name_index == o->scope_index;
}

/* What one arrival of the stage adds to the objective's count: requests, or iterations of its
 * scenario. INFINITY: a poll is sent as often as it takes. */
static double counted_of(const struct plan *plan, const struct stage *stage,
                         const struct objective *o)
{
    double count = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario *s = &plan->scenarios[i];
        for (uint32_t k = 0; k < s->step_count && stage->mix[i] > 0; k++) {
            if (!is_counted(o, s, i, &s->steps[k])) continue;
            bool poll = s->steps[k].until && o->scope != SCOPE_SCENARIO;
            count += poll ? (double)INFINITY : stage->mix[i];
        }
    }
    return count;
}

/* The most that any stage offers of what `o` counts, by its metric; INFINITY: nobody can say. */
static double most_of(const struct plan *plan, const struct objective *o)
{
    double most = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        if (!plan_doubt_looks_at(o, plan, i)) continue;
        bool users = o->metric == METRIC_USERS;
        double here = users ? fmax(s->users_from, s->users_to)
                      : s->model == MODEL_CLOSED
                          ? (double)INFINITY
                          : fmax(s->rate_from, s->rate_to) * counted_of(plan, s, o);
        if (here > most) most = here;
    }
    return most;
}

static bool is_sent(const struct plan *plan, const struct objective *o)
{
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (plan_doubt_looks_at(o, plan, i) && counted_of(plan, &plan->stages[i], o) > 0)
            return true;
    }
    return false;
}

/* Processes that nobody is told of are not looked at. */
static bool has_processes(const struct service *service)
{
    return service->argc > 0 || service->attach.kind != ATTACH_NONE;
}

bool plan_doubt_is_steady(const struct stage *s)
{
    if (s->model == MODEL_CLOSED) return s->users_from == s->users_to;
    return s->rate_from == s->rate_to;
}

static bool has_steady(const struct plan *plan, const struct objective *o)
{
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (plan_doubt_looks_at(o, plan, i) && plan_doubt_is_steady(&plan->stages[i])) return true;
    }
    return false;
}

bool plan_doubt_tell(struct text *out, const struct plan *plan, const struct objective *o)
{
    bool named = o->scope == SCOPE_REQUEST || o->scope == SCOPE_SCENARIO;
    if (o->metric != METRIC_USERS && named && !is_sent(plan, o)) {
        text_adds(out, "no stage that it looks at sends any of it");
        return true;
    }
    bool of_processes =
        o->metric == METRIC_MEMORY || o->metric == METRIC_CPU || o->metric == METRIC_LEAK;
    if (of_processes && !has_processes(&plan->services[o->scope_index])) {
        text_addf(out, "nothing says which processes %.*s has",
                  BYTES_ARG(plan->services[o->scope_index].name));
        return true;
    }
    if (o->metric == METRIC_LEAK && !has_steady(plan, o)) {
        text_adds(out, "no stage that it looks at has a steady load");
        return true;
    }
    bool rate = o->metric == METRIC_THROUGHPUT && !o->of_offered && o->scope != SCOPE_EACH;
    if (!rate && o->metric != METRIC_USERS) return false;
    double most = most_of(plan, o);
    /* A Poisson stage may send a little more than its rate. */
    bool reached = o->op == OP_GT && !rate ? most > o->value : most >= o->value;
    if (reached) return false;
    text_adds(out, rate ? "its stages offer at most " : "its stages have at most ");
    if (rate) units_add_rate(out, most);
    else text_addf(out, "%.0f users", most);
    return true;
}

bool plan_doubt_tell_service(struct text *out, const struct service *service)
{
    if (service->port == 0 || service->port_told) return false;
    text_addf(out, "nothing in its command or env names $%.*s.port, at which it is looked for",
              BYTES_ARG(service->name));
    return true;
}
