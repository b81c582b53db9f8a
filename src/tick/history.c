#include "tick/history.h"

#include <assert.h>
#include <math.h>

/* ---- one run ---- */

/* What was asked for, what is implied, what only warns. */
static uint32_t rank_of(const struct run_goal *goal)
{
    return goal->warn ? 2 : goal->implicit ? 1 : 0;
}

/* Of a limit of 0 there is no share. */
static double margin_of(const struct run_goal *goal)
{
    if (!isnan(goal->margin)) return goal->margin;
    return goal->verdict == VERDICT_MISSED ? -(double)INFINITY : (double)INFINITY;
}

static bool is_tighter(const struct run_goal *goal, const struct run_goal *than)
{
    uint32_t rank = rank_of(goal);
    uint32_t other = rank_of(than);
    return rank != other ? rank < other : margin_of(goal) < margin_of(than);
}

const struct run_goal *history_tightest(const struct run_entry *entry)
{
    const struct run_goal *found = NULL;
    for (uint32_t i = 0; i < entry->goal_count; i++) {
        const struct run_goal *goal = &entry->goals[i];
        bool judged = goal->verdict != VERDICT_NOT_JUDGED && !isnan(goal->at.value);
        if (judged && (!found || is_tighter(goal, found))) found = goal;
    }
    return found;
}

/* ---- two runs ---- */

const struct run_goal *history_same_goal(const struct run_entry *entry, const struct run_goal *goal)
{
    for (uint32_t i = 0; i < entry->goal_count; i++) {
        const struct run_goal *other = &entry->goals[i];
        if (bytes_equal(other->subject, goal->subject) && bytes_equal(other->of, goal->of)
            && bytes_equal(other->unit, goal->unit)) {
            return other;
        }
    }
    return NULL;
}

/* What a run saw of it there; pooled is known only where that was the worst. */
static const struct run_place *place_in(const struct run_goal *goal, struct bytes stage)
{
    if (bytes_equal(goal->at.stage, stage)) return &goal->at;
    for (uint32_t i = 0; i < goal->stage_count; i++) {
        bool here = stage.len > 0 && bytes_equal(goal->stages[i].stage, stage);
        if (here && !isnan(goal->stages[i].value)) return &goal->stages[i];
    }
    return NULL;
}

void history_compare(struct run_trend *out, const struct run_entry *entry,
                     const struct run_goal *goal, const struct run_entry *other)
{
    *out = (struct run_trend){.goal = goal};
    const struct run_goal *then =
        entry->sound && other->sound ? history_same_goal(other, goal) : NULL;
    if (!then) return;
    const struct run_place *is = &goal->at;
    const struct run_place *was = place_in(then, is->stage);
    if (!was) {
        was = &then->at;
        is = place_in(goal, was->stage);
    }
    if (!is || isnan(is->value) || isnan(was->value)) return;
    enum change change = change_between(was->range, is->range);
    if (change == CHANGE_UNKNOWN) return;
    out->before = other;
    out->is = is;
    out->was = was;
    out->change = change;
    out->better = (change == CHANGE_DOWN) == goal->wants_little;
}

/* ---- many ---- */

static bool is_alike(const struct run_entry *a, const struct run_entry *b)
{
    return a->sound && b->sound && a->load == b->load && bytes_equal(a->plan, b->plan);
}

/* A lower bound is no value that a step could be measured from. */
static double known_value(const struct run_place *place)
{
    return place->at_least ? (double)NAN : place->value;
}

/* The values in the place compared, newest first: of this run, of the one before, and of those
 * before that which are like it. */
static uint32_t values_of(const struct run_trend *trend, const struct run_entry *end,
                          double values[CHANGE_RUNS_MOST + 1])
{
    uint32_t found = 0;
    values[found++] = trend->is->value;
    values[found++] = trend->was->value; /* bound or not: the step is at least so long */
    for (const struct run_entry *e = trend->before + 1; e < end; e++) {
        if (found > CHANGE_RUNS_MOST) break;
        if (!is_alike(trend->before, e)) continue;
        const struct run_goal *goal = history_same_goal(e, trend->goal);
        const struct run_place *place = goal ? place_in(goal, trend->is->stage) : NULL;
        if (place) values[found++] = known_value(place);
    }
    return found;
}

void history_trend(struct run_trend *out, const struct run_entry *entries, uint32_t count,
                   uint32_t index)
{
    assert(index < count);
    const struct run_entry *entry = &entries[index];
    *out = (struct run_trend){.goal = history_tightest(entry)};
    if (!out->goal) return;
    uint32_t left = count - index;
    if (left > HISTORY_RUNS_BACK + 1) left = HISTORY_RUNS_BACK + 1;
    for (uint32_t i = 1; i < left && !out->before; i++) {
        if (is_alike(entry, &entry[i])) history_compare(out, entry, out->goal, &entry[i]);
    }
    bool moved = out->change == CHANGE_UP || out->change == CHANGE_DOWN;
    if (!out->before || !moved) return;
    double values[CHANGE_RUNS_MOST + 1];
    uint32_t known = values_of(out, entry + left, values);
    out->sure = change_is_unusual(values, known);
}

const char *history_change_name(const struct run_trend *trend)
{
    switch (trend->change) {
    case CHANGE_UNKNOWN:
        return NULL;
    case CHANGE_NONE:
        return "same";
    case CHANGE_DOWN:
    case CHANGE_UP:
        return trend->better ? "better" : "worse";
    }
    return NULL;
}
