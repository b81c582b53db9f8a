#include "judge/abort_when.h"

#include <math.h>

#include "base/ns.h"
#include "judge/claim.h"
#include "judge/scope.h"

static uint32_t watches_of(const struct objective *o, const struct plan *plan)
{
    return o->scope == SCOPE_EACH ? plan->name_count : 1;
}

void abort_when_open(struct abort_when *a, const struct books *books, struct arena *arena)
{
    const struct plan *plan = books->header->plan;
    *a = (struct abort_when){.books = books, .arena = arena};
    size_t count = 0;
    for (uint32_t i = 0; i < plan->abort_count; i++)
        count += watches_of(&plan->abort_when[i], plan);
    a->watches = ARENA_ARRAY(arena, count, struct abort_watch);
}

static double time_of(const struct objective *o, const struct tally *t)
{
    struct ranked r = tally_ranked(t, false, true);
    if (r.total == 0) return (double)NAN;
    if (o->metric == METRIC_AVG) return figures_ratio(r.sum_ns, (double)r.summed);
    uint64_t rank = o->metric == METRIC_MAX ? r.total : hist_rank(r.total, o->per_million);
    if (rank > r.answered->count) return (double)INFINITY; /* over every limit */
    return (double)hist_at_rank(r.answered, rank);
}

static double share_of(const struct objective *o, const struct tally *t)
{
    double bad = figures_ratio((double)scope_bad(o, t->outcomes, t->answered_5xx, true),
                               (double)tally_ended(t->outcomes, true));
    return objective_small_is_good(o) ? bad : 1 - bad;
}

/* 1: some ok answer to what was asked in this tick; 0: none; NAN: nothing was asked. */
static double answered_in(const struct objective *o, const struct tick *tick)
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
static bool concerns(const struct abort_when *a, const struct objective *o, uint32_t name,
                     const struct cell *cell)
{
    return books_knows(a->books, cell) && scope_has_stage(o, cell->stage)
           && scope_has_cell(o, name, cell);
}

/* The metric over this tick alone; NAN: nothing to say. */
static double value_of(struct abort_when *a, const struct objective *o, uint32_t name,
                       const struct tick *tick)
{
    struct tally *t = &a->tally;
    t->keep = TALLY_RESPONSE;
    tally_clear(t);
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        if (concerns(a, o, name, cell)) tally_add(t, cell, a->arena);
    }
    switch (objective_unit(o)) {
    case UNIT_TIME:
        return time_of(o, t);
    case UNIT_SHARE:
        return o->metric == METRIC_AVAILABILITY_BY_TIME ? answered_in(o, tick) : share_of(o, t);
    case UNIT_RATE:
    case UNIT_COUNT:
    case UNIT_BYTES: /* what is sampled is refused in abort_when */
    case UNIT_BYTES_RATE:
    case UNIT_NUMBER:
        break;
    }
    double seconds = (double)(tick->end_ns - tick->start_ns) / (double)NS_PER_S;
    double amount = scope_amount(o, name, tick, a->books->header->plan->name_count);
    return figures_ratio(amount, o->of_offered ? (double)t->begun : seconds);
}

static void say_value(struct text *out, const struct objective *o, double value)
{
    switch (objective_unit(o)) {
    case UNIT_TIME:
        if (isinf(value)) text_adds(out, "timeouts or drops");
        else text_addf(out, "%.1f ms", value / (double)NS_PER_MS);
        return;
    case UNIT_SHARE:
        text_addf(out, "%.1f%%", value * 100);
        return;
    case UNIT_RATE:
        if (o->of_offered) text_addf(out, "%.1f%%", value * 100);
        else text_addf(out, "%.1f/s", value);
        return;
    case UNIT_COUNT:
    case UNIT_BYTES:
    case UNIT_BYTES_RATE:
    case UNIT_NUMBER:
        text_addf(out, "%.1f", value);
        return;
    }
}

static void say(struct text *out, const struct objective *o, struct bytes name, double value)
{
    text_adds(out, "abort_when ");
    text_add(out, o->text);
    text_adds(out, ": ");
    say_value(out, o, value);
    if (name.len > 0) {
        text_adds(out, " of ");
        text_add(out, name);
    }
    text_adds(out, " in the last second");
}

/* What this tick's value makes of a watch. True: it has held for as long as it says. */
static bool has_held(struct abort_watch *watch, const struct objective *o, const struct tick *tick,
                     double value)
{
    if (isnan(value)) return false;
    bool met = claim_met(o, value);
    watch->held_ns = met ? watch->held_ns + (tick->end_ns - tick->start_ns) : 0;
    return met && watch->held_ns >= o->for_ns;
}

bool abort_when_take(struct abort_when *a, const struct tick *tick, struct text *reason)
{
    const struct plan *plan = a->books->header->plan;
    if (tick->stage >= plan->stage_count) return false; /* the drain sends nothing new */
    struct abort_watch *watch = a->watches;
    for (uint32_t i = 0; i < plan->abort_count; i++) {
        const struct objective *o = &plan->abort_when[i];
        bool each = o->scope == SCOPE_EACH;
        uint32_t count = watches_of(o, plan);
        for (uint32_t name = 0; name < count; name++, watch++) {
            if (!scope_has_stage(o, tick->stage)) continue;
            double value = value_of(a, o, name, tick);
            if (!has_held(watch, o, tick, value)) continue;
            say(reason, o, each ? plan->names[name] : (struct bytes){NULL, 0}, value);
            return true;
        }
    }
    return false;
}
