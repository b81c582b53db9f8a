#include "judge/scope.h"

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
    }
    return false;
}

double scope_in_flight_ns(const struct objective *o, uint32_t name, const struct tick *tick,
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
    }
    return sum;
}
