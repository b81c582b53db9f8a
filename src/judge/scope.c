#include "judge/scope.h"

#include <assert.h>

#include "base/ns.h"
#include "judge/tally.h"

bool scope_has_stage(const struct objective *o, uint32_t stage)
{
    return !o->has_in || (stage >= o->stage_first && stage - o->stage_first < o->stage_count);
}

bool scope_has_cell(const struct objective *o, uint32_t name, const struct cell *cell)
{
    switch (o->scope) {
    case SCOPE_ALL:
        return cell->kind == CELL_REQUEST;
    case SCOPE_REQUEST:
        return cell->kind == CELL_REQUEST && cell->index == o->scope_index;
    case SCOPE_SCENARIO:
        return cell->kind == CELL_ITERATION && cell->index == o->scope_index;
    case SCOPE_EACH:
        return cell->kind == CELL_REQUEST && cell->index == name;
    case SCOPE_SERVICE:
        return false;
    }
    return false;
}

static double in_flight_ns(const struct objective *o, uint32_t name, const struct tick *tick,
                           uint32_t name_count)
{
    double sum = 0;
    switch (o->scope) {
    case SCOPE_ALL:
        for (uint32_t i = 0; i < name_count; i++) sum += tick->requests_in_flight[i];
        break;
    case SCOPE_REQUEST:
        return tick->requests_in_flight[o->scope_index];
    case SCOPE_SCENARIO:
        return tick->iterations_in_flight[o->scope_index];
    case SCOPE_EACH:
        return tick->requests_in_flight[name];
    case SCOPE_SERVICE: /* has samples, and no amount */
        break;
    }
    return sum;
}

static double done_in(const struct objective *o, uint32_t name, const struct tick *tick)
{
    uint64_t ok = 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (scope_has_cell(o, name, cell)) ok += cell->outcomes[OUTCOME_OK];
    }
    return (double)ok;
}

double scope_amount(const struct objective *o, uint32_t name, const struct tick *tick,
                    uint32_t name_count)
{
    switch (o->metric) {
    case METRIC_THROUGHPUT:
        return done_in(o, name, tick);
    case METRIC_USERS:
        return tick->users / (double)NS_PER_S;
    case METRIC_IN_FLIGHT:
        return in_flight_ns(o, name, tick, name_count) / (double)NS_PER_S;
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
    case METRIC_MEMORY:
    case METRIC_CPU:
    case METRIC_LEAK:
    case METRIC_RECOVERY:
    case METRIC_SERIES:
        break;
    }
    assert(false); /* a time, a share or what is sampled has no amount */
    return 0;
}

uint64_t scope_bad(const struct objective *o, const uint64_t *outcomes, uint64_t answered_5xx,
                   bool with_cuts)
{
    switch (o->metric) {
    case METRIC_ERRORS:
        return tally_failed(outcomes, with_cuts);
    case METRIC_AVAILABILITY:
        return tally_unavailable(outcomes, answered_5xx, with_cuts);
    case METRIC_AVAILABILITY_BY_TIME: /* of seconds, not of requests */
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
    case METRIC_THROUGHPUT:
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
    case METRIC_MEMORY:
    case METRIC_CPU:
    case METRIC_LEAK:
    case METRIC_RECOVERY:
    case METRIC_SERIES:
        break;
    }
    assert(false);
    return 0;
}

bool scope_lacks(const struct objective *o, enum shortage shortage)
{
    if (!tick_is_own(shortage) || objective_is_observed(o)) return false;
    if (tick_is_dropped(shortage)) return true;
    switch (o->metric) {
    case METRIC_AVG: /* times: what failed at once is none */
    case METRIC_QUANTILE:
    case METRIC_MAX:
    case METRIC_AVAILABILITY: /* what could not be checked was answered */
    case METRIC_MEMORY:       /* seen from outside, whatever became of requests */
    case METRIC_CPU:
    case METRIC_LEAK:
    case METRIC_RECOVERY: /* of the stages behind it, where those have sentences of their own */
    case METRIC_SERIES:
        return false;
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY_BY_TIME:
    case METRIC_THROUGHPUT:
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
        break;
    }
    return true;
}

uint64_t scope_lacking(const struct objective *o, const uint64_t *shortages)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) {
        if (scope_lacks(o, (enum shortage)i)) count += shortages[i];
    }
    return count;
}
