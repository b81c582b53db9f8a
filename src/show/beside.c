#include "show/beside.h"

#include <math.h>

#include "plan/objective_words.h"
#include "show/json_part.h"
#include "show/objective_row.h"
#include "show/summary_priv.h"
#include "show/verdict_line.h"

#define UNDECIDED_TOLD 3 /* objectives by name, then their number */
#define WHY_BYTES 1024

/* ---- one run ---- */

/* An end without a bound, or a figure that is none. */
static double or_none(double value)
{
    return isfinite(value) ? value : (double)NAN;
}

static struct bytes copy_name(struct arena *arena, const struct result *r, uint32_t stage)
{
    if (stage == PLAN_NO_INDEX) return BYTES_LIT("");
    return arena_copy(arena, run_stage_name(r->header, stage));
}

static struct run_place place_of(const struct objective *o, const struct finding *f)
{
    return (struct run_place){
        .value = or_none(json_part_in_unit(o, f->value)),
        .range = {or_none(json_part_in_unit(o, f->lo)), or_none(json_part_in_unit(o, f->hi))},
        .at_least = f->at_least};
}

static void take_stages(struct run_goal *out, const struct result *r,
                        const struct objective_result *o, struct arena *arena)
{
    uint32_t most = o->stages ? r->header->plan->stage_count : 0;
    struct run_place *places = most > 0 ? ARENA_ARRAY(arena, most, struct run_place) : NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; places && i < most; i++) {
        if (!result_stage_judged(r, i) || isnan(o->stages[i].value)) continue;
        places[count] = place_of(o->objective, &o->stages[i]);
        places[count++].stage = copy_name(arena, r, i);
    }
    out->stages = places;
    out->stage_count = count;
}

static struct run_goal goal_of(const struct result *r, const struct objective_result *o,
                               struct arena *arena)
{
    const struct objective *objective = o->objective;
    const struct finding worst = {
        .value = o->value, .lo = o->lo, .hi = o->hi, .at_least = o->at_least};
    bool each = o->each_index < r->header->plan->name_count;
    struct bytes text = arena_copy(arena, objective->text);
    struct run_goal goal = {
        .text = text,
        .of = each ? arena_copy(arena, r->header->plan->names[o->each_index]) : BYTES_LIT(""),
        .subject = objective_words_subject(text),
        .wants_little = objective_words_wants_little(text),
        .unit = bytes_of(json_part_unit(objective)),
        .verdict = o->verdict,
        .margin = or_none(o->margin * 100),
        .warn = objective->warn,
        .implicit = objective->implicit,
        .at = place_of(objective, &worst),
    };
    goal.at.stage = copy_name(arena, r, o->stage);
    take_stages(&goal, r, o, arena);
    return goal;
}

/* `p95 < 100ms (too few bursts or seconds for an interval)`, of those that settle nothing. */
static void add_undecided(struct text *out, const struct result *r)
{
    uint32_t count = 0;
    text_adds(out, "undecided: ");
    for (uint32_t i = 0; i < r->objective_count; i++) {
        const struct objective_result *o = &r->objectives[i];
        if (o->verdict != VERDICT_INCONCLUSIVE || o->objective->warn || count++ >= UNDECIDED_TOLD)
            continue;
        bool each = o->each_index < r->header->plan->name_count;
        if (count > 1) text_adds(out, ", ");
        objective_row_named(out, o->objective->text,
                            each ? r->header->plan->names[o->each_index] : BYTES_LIT(""));
        if (o->note[0]) text_addf(out, " (%s)", o->note);
    }
    if (count > UNDECIDED_TOLD) text_addf(out, " and %u more", count - UNDECIDED_TOLD);
}

/* Why a run has no verdict: what is first to blame. */
static void add_why(struct text *out, const struct result *r)
{
    for (uint32_t i = 0; r->trust == TRUST_INVALID && i < r->reason_count; i++) {
        if (r->reasons[i].level != TRUST_INVALID) continue;
        text_adds(out, r->reasons[i].text);
        return;
    }
    if (r->verdict != VERDICT_INCONCLUSIVE) return;
    if (r->steered) text_adds(out, "somebody changed its rate by hand");
    else add_undecided(out, r);
}

bool beside_take(struct beside_run *out, const struct result *r, struct arena *arena)
{
    const struct run_header *header = r->header;
    *out = (struct beside_run){.ended = run_end_name(&r->end),
                               .trust = r->trust,
                               .offered = r->totals.offered,
                               .done_per_s = r->totals.done_per_s,
                               .errors = summary_tables_errors(r, &r->totals),
                               .response = r->totals.response};
    if (out->response.n == 0) {
        for (int i = 0; i < FIGURE_COUNT; i++) out->response.ns[i] = (double)NAN;
    }
    if (run_ended_early(r->end.ended)) out->done_per_s = (double)NAN;
    verdict_line_word(r, &out->mark, &out->word, &out->tone);
    char why_array[WHY_BYTES];
    struct text why = text_in(why_array, sizeof why_array);
    add_why(&why, r);
    out->why = arena_copy(arena, text_bytes(&why));
    struct run_entry *entry = &out->entry;
    memcpy(entry->id, header->id, sizeof entry->id);
    entry->wall_start_ns = header->wall_start_ns;
    entry->length_ns = r->end.at_ns;
    entry->plan = arena_copy(arena, header->plan->name);
    entry->verdict = bytes_of(result_verdict_name(r->verdict));
    entry->has_exit = true;
    entry->exit_code = r->exit_code;
    /* How a run went on is nothing to a window of it. */
    bool whole = header->window || (r->end.ended == RUN_COMPLETE && !r->steered);
    entry->sound = whole && r->trust != TRUST_INVALID;
    if (header->window) out->window_ns = header->window->length_ns;
    struct run_goal *goals = ARENA_ARRAY(arena, r->objective_count, struct run_goal);
    for (uint32_t i = 0; goals && i < r->objective_count; i++) {
        goals[i] = goal_of(r, &r->objectives[i], arena);
    }
    entry->goals = goals;
    entry->goal_count = goals ? r->objective_count : 0;
    return arena_ok(arena);
}

/* ---- several ---- */

void beside_label(struct text *out, const struct beside_row *row)
{
    if (row->warn) text_adds(out, "warn: ");
    objective_row_named(out, row->text, row->of);
}

const struct run_goal *beside_goal(const struct beside_run *run, const struct beside_row *row)
{
    for (uint32_t i = 0; i < run->entry.goal_count; i++) {
        const struct run_goal *goal = &run->entry.goals[i];
        if (bytes_equal(goal->text, row->text) && bytes_equal(goal->of, row->of)) return goal;
    }
    return NULL;
}

bool beside_join(struct beside *b, struct arena *arena)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < b->run_count; i++) most += b->runs[i].entry.goal_count;
    struct beside_row *rows = ARENA_ARRAY(arena, most, struct beside_row);
    b->rows = rows;
    b->row_count = 0;
    for (uint32_t i = 0; rows && i < b->run_count; i++) {
        for (uint32_t k = 0; k < b->runs[i].entry.goal_count; k++) {
            const struct run_goal *goal = &b->runs[i].entry.goals[k];
            bool seen = false;
            for (uint32_t row = 0; row < b->row_count && !seen; row++) {
                seen =
                    bytes_equal(rows[row].text, goal->text) && bytes_equal(rows[row].of, goal->of);
            }
            if (!seen) rows[b->row_count++] = (struct beside_row){goal->text, goal->of, goal->warn};
        }
    }
    return arena_ok(arena);
}

void beside_compare(struct run_trend *out, const struct beside *b, uint32_t run,
                    const struct run_goal *goal)
{
    *out = (struct run_trend){.goal = goal};
    if (run > 0) history_compare(out, &b->runs[run].entry, goal, &b->runs[0].entry);
}
