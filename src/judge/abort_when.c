#include "judge/abort_when.h"

#include <math.h>

#include "judge/claim.h"

#define NS_PER_SECOND 1e9
#define NS_PER_MS 1e6

void abort_when_open(struct abort_when *a, const struct books *books, struct arena *arena)
{
    *a = (struct abort_when){.books = books, .arena = arena};
    a->watches = ARENA_ARRAY(arena, books->header->plan->abort_count, struct abort_watch);
}

static bool in_stages(const struct objective *o, uint32_t stage)
{
    return !o->has_in || (stage >= o->stage_first && stage - o->stage_first < o->stage_count);
}

static bool concerns(const struct objective *o, uint32_t name, const struct cell *cell)
{
    if (!in_stages(o, cell->stage)) return false;
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

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

static double time_of(const struct objective *o, const struct tally *t)
{
    struct ranked r = tally_ranked(t, false, true);
    if (r.total == 0) return (double)NAN;
    if (o->metric == METRIC_AVG) return ratio(r.sum_ns, (double)r.summed);
    uint64_t rank = o->metric == METRIC_MAX ? r.total : hist_rank(r.total, o->per_million);
    if (rank > r.answered->count) return (double)INFINITY; /* over every limit */
    return (double)hist_at_rank(r.answered, rank);
}

static double in_flight_of(const struct abort_when *a, const struct objective *o, uint32_t name,
                           const struct tick *tick)
{
    double sum = 0;
    if (o->scope == SCOPE_SCENARIO) return tick->iterations_in_flight[o->scope_index];
    for (uint32_t i = 0; i < a->books->header->plan->name_count; i++) {
        if (o->scope == SCOPE_REQUEST && i != o->scope_index) continue;
        if (o->scope == SCOPE_EACH && i != name) continue;
        sum += tick->requests_in_flight[i];
    }
    return sum;
}

/* 1: some ok answer to what was asked in this tick; 0: none; NAN: nothing was asked. */
static double answered_in(const struct objective *o, const struct tick *tick)
{
    bool asked = false;
    bool answered = false;
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        if (!in_stages(o, tick->slots[i].stage)) continue;
        asked = asked || tick->slots[i].planned > 0;
        answered = answered || tick->slots[i].ok > 0;
    }
    return asked ? (double)answered : (double)NAN;
}

/* The metric over this tick alone; NAN: nothing to say. */
static double value_of(struct abort_when *a, const struct objective *o, uint32_t name,
                       const struct tick *tick)
{
    struct tally *t = &a->tally;
    double tick_ns = (double)(tick->end_ns - tick->start_ns);
    t->keep = TALLY_RESPONSE;
    tally_clear(t);
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (books_knows(a->books, cell) && concerns(o, name, cell)) tally_add(t, cell, a->arena);
    }
    double ended = (double)tally_ended(t->outcomes, true);
    double ok = (double)t->outcomes[OUTCOME_OK];
    switch (o->metric) {
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
        return time_of(o, t);
    case METRIC_ERRORS:
        return ratio(ended - ok, ended);
    case METRIC_AVAILABILITY:
        return 1 - ratio((double)tally_unavailable(t->outcomes, t->answered_5xx, true), ended);
    case METRIC_AVAILABILITY_BY_TIME:
        return answered_in(o, tick);
    case METRIC_THROUGHPUT:
        return o->of_offered ? ratio(ok, (double)t->begun) : ratio(ok * NS_PER_SECOND, tick_ns);
    case METRIC_USERS:
        return ratio(tick->users, tick_ns);
    case METRIC_IN_FLIGHT:
        return ratio(in_flight_of(a, o, name, tick), tick_ns);
    }
    return (double)NAN;
}

/* Of several names the one that meets the sentence, else the last that has a value. */
static double met_value(struct abort_when *a, const struct objective *o, const struct tick *tick)
{
    uint32_t names = o->scope == SCOPE_EACH ? a->books->header->plan->name_count : 1;
    double said = (double)NAN;
    for (uint32_t i = 0; i < names; i++) {
        double value = value_of(a, o, i, tick);
        if (isnan(value)) continue;
        said = value;
        if (claim_met(o, value)) break;
    }
    return said;
}

static void say_value(struct text *out, const struct objective *o, double value)
{
    switch (o->metric) {
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
        if (isinf(value)) text_adds(out, "timeouts or drops");
        else text_addf(out, "%.1f ms", value / NS_PER_MS);
        return;
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
        text_addf(out, "%.1f%%", value * 100);
        return;
    case METRIC_THROUGHPUT:
        if (o->of_offered) text_addf(out, "%.1f%%", value * 100);
        else text_addf(out, "%.1f/s", value);
        return;
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
        text_addf(out, "%.1f", value);
        return;
    }
}

bool abort_when_take(struct abort_when *a, const struct tick *tick, struct text *reason)
{
    const struct plan *plan = a->books->header->plan;
    if (tick->stage >= plan->stage_count) return false; /* the drain sends nothing new */
    for (uint32_t i = 0; i < plan->abort_count; i++) {
        const struct objective *o = &plan->abort_when[i];
        struct abort_watch *watch = &a->watches[i];
        double value = in_stages(o, tick->stage) ? met_value(a, o, tick) : (double)NAN;
        if (isnan(value)) continue;
        if (!claim_met(o, value)) {
            watch->holding = false;
            continue;
        }
        if (!watch->holding) watch->since_ns = tick->start_ns;
        watch->holding = true;
        if (tick->end_ns - watch->since_ns < o->for_ns) continue;
        text_adds(reason, "abort_when ");
        text_add(reason, o->text);
        text_adds(reason, ": ");
        say_value(reason, o, value);
        text_adds(reason, " in the last second");
        return true;
    }
    return false;
}
