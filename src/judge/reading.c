#include "judge/reading.h"

#include <math.h>

#include "base/ns.h"
#include "judge/scope.h"

void reading_open(struct reading *r, const struct books *books, struct arena *arena)
{
    *r = (struct reading){.books = books, .arena = arena, .tally.keep = TALLY_RESPONSE};
}

double reading_time(const struct objective *o, const struct tally *t)
{
    struct ranked r = tally_ranked(t, false, true);
    if (r.total == 0) return (double)NAN;
    if (o->metric == METRIC_AVG) return figures_ratio(r.sum_ns, (double)r.summed);
    uint64_t rank = o->metric == METRIC_MAX ? r.total : hist_rank(r.total, o->per_million);
    if (rank > r.answered->count) return (double)INFINITY; /* over every limit */
    return (double)hist_at_rank(r.answered, rank);
}

double reading_share(const struct objective *o, const struct tally *t)
{
    double bad = figures_ratio((double)scope_bad(o, t->outcomes, t->answered_5xx, true),
                               (double)tally_ended(t->outcomes, true));
    return objective_small_is_good(o) ? bad : 1 - bad;
}

double reading_answered(const struct objective *o, const struct tick *tick)
{
    bool asked = false;
    bool answered = false;
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        if (!scope_has_stage(o, tick->slots[i].stage)) continue;
        asked = asked || tick->slots[i].planned > 0;
        answered = answered || tick->slots[i].ok > 0;
    }
    return asked ? (double)answered : (double)NAN;
}

/* Does the sentence, asked about `name`, speak of this cell? */
static bool concerns(const struct reading *r, const struct objective *o, uint32_t name,
                     const struct cell *cell)
{
    return books_knows(r->books, cell) && scope_has_stage(o, cell->stage)
           && r->books->stages[cell->stage].start_ns >= r->from_ns && scope_has_cell(o, name, cell);
}

double reading_take(struct reading *r, const struct objective *o, uint32_t name,
                    const struct tick *tick)
{
    struct tally *t = &r->tally;
    tally_clear(t);
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (concerns(r, o, name, cell)) tally_add(t, cell, r->arena);
    }
    switch (objective_unit(o)) {
    case UNIT_TIME:
        return reading_time(o, t);
    case UNIT_SHARE:
        return o->metric == METRIC_AVAILABILITY_BY_TIME ? reading_answered(o, tick)
                                                        : reading_share(o, t);
    case UNIT_RATE:
    case UNIT_COUNT:
    case UNIT_BYTES:
    case UNIT_BYTES_RATE:
    case UNIT_NUMBER:
        break;
    }
    double seconds = (double)(tick->end_ns - tick->start_ns) / (double)NS_PER_S;
    double amount = scope_amount(o, name, tick, r->books->header->plan->name_count);
    return figures_ratio(amount, o->of_offered ? (double)t->begun : seconds);
}
