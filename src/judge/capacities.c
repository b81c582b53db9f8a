#include "judge/capacities.h"

#include "base/text.h"
#include "judge/notes.h"

/* The limit that is worst kept in a stage: missed, else inconclusive; NULL: none is. */
static const struct row *broken_limit(const struct limits_desk *desk, const struct rows *rows,
                                      uint32_t stage)
{
    const struct row *worst = NULL;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        if (row->capacity || row->objective->warn) continue;
        if (!rows_apply(row, desk->books, stage)) continue;
        enum verdict verdict = row->findings[stage].verdict;
        if (verdict == VERDICT_MISSED) return row;
        if (verdict == VERDICT_INCONCLUSIVE && !worst) worst = row;
    }
    return worst;
}

/* What the stage says of the capacity, the limits considered; NOT_JUDGED: too short to say. */
static enum verdict said_by(const struct limits_desk *desk, const struct row *row, uint32_t stage,
                            const struct row *broken)
{
    enum verdict own = row->findings[stage].verdict;
    /* Where no request ended no limit could break: that amount shows nothing. */
    if (tally_ended(desk->books->stages[stage].requests.outcomes, true) == 0) return VERDICT_MISSED;
    if (own == VERDICT_MISSED || own == VERDICT_NOT_JUDGED) return own;
    /* Reached so far, but whether the limits would have been kept nobody saw. */
    bool unseen = desk->books->stages[stage].unseen;
    if (!broken) return unseen ? VERDICT_INCONCLUSIVE : own;
    return broken->findings[stage].verdict; /* missed or inconclusive */
}

static void say_broken(const struct limits_desk *desk, const struct row *row, uint32_t stage,
                       const struct row *broken, struct objective_result *out)
{
    bool missed = broken->findings[stage].verdict == VERDICT_MISSED;
    struct text note = text_in(out->note, sizeof out->note);
    if (out->stage != stage || row->findings[stage].verdict == VERDICT_HOLDS) {
        text_adds(&note, "reached in ");
        text_add(&note, run_stage_name(desk->books->header, stage));
        text_adds(&note, ", but ");
    }
    text_add(&note, broken->objective->text);
    text_adds(&note, missed ? " is missed there" : " is inconclusive there");
}

/* A stage and what it says. */
struct candidate {
    uint32_t stage; /* PLAN_NO_INDEX: none */
    enum verdict said;
    const struct row *broken; /* NULL: its limits are kept */
};

/* Held before inconclusive before missed; among these one that kept its limits, since it says more
 * of what the service can do; then the one with the most. */
static bool is_better(const struct row *row, const struct candidate *a, const struct candidate *b)
{
    static const int weight[] = {[VERDICT_HOLDS] = 3,
                                 [VERDICT_MISSED] = 1,
                                 [VERDICT_INCONCLUSIVE] = 2,
                                 [VERDICT_INVALID] = 0,
                                 [VERDICT_NOT_JUDGED] = 0};
    if (weight[a->said] == 0) return false;
    if (b->stage == PLAN_NO_INDEX) return true;
    if (weight[a->said] != weight[b->said]) return weight[a->said] > weight[b->said];
    if (!a->broken != !b->broken) return !a->broken;
    return row->findings[a->stage].value > row->findings[b->stage].value;
}

/* Does the window leave out time of the run in which the amount may have been reached? */
static bool may_lie_outside(const struct limits_desk *desk, const struct row *row)
{
    const struct books *books = desk->books;
    for (uint32_t s = 0; s < books->stage_count && books->header->window; s++) {
        const struct window_span *span = books->stages[s].span;
        if (rows_apply_in_run(row, books, s) && (!span || !span->whole)) return true;
    }
    return false;
}

void capacities_conclude(const struct limits_desk *desk, const struct rows *rows,
                         const struct row *row, struct objective_result *out)
{
    struct candidate best = {.stage = PLAN_NO_INDEX};
    struct candidate in_vain = best; /* reached, but a limit is broken there */
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        struct candidate one = {.stage = s, .broken = broken_limit(desk, rows, s)};
        one.said = said_by(desk, row, s, one.broken);
        enum verdict own = row->findings[s].verdict;
        if (one.broken && own == VERDICT_HOLDS) in_vain = one;
        if (is_better(row, &one, &best)) best = one;
        if (own == VERDICT_NOT_JUDGED) continue;
        out->judged_stages++;
        if (one.said == VERDICT_MISSED) out->missed_stages++;
    }
    if (best.stage == PLAN_NO_INDEX) {
        limits_conclude(desk, row, out); /* no stage, no data, or all too short: the same words */
        return;
    }
    out->verdict = best.said;
    limits_show(row, best.stage, &row->findings[best.stage], out);
    if (out->verdict == VERDICT_INCONCLUSIVE) out->needed_s = row->stages[best.stage].needed_s;
    if (out->verdict == VERDICT_HOLDS) return;
    if (!desk->final && out->verdict == VERDICT_MISSED) {
        /* One stage is enough, and it may be still to come. */
        out->verdict = VERDICT_INCONCLUSIVE;
        out->missed_stages = 0;
    }
    if (out->verdict == VERDICT_MISSED && may_lie_outside(desk, row)) {
        out->verdict = VERDICT_NOT_JUDGED;
        out->missed_stages = 0;
        notes_outside(out);
    }
    if (notes_unseen_stages(desk, row, out)) { /* or it never came */
        out->verdict = VERDICT_INCONCLUSIVE;
        return;
    }
    const struct candidate *told = best.broken ? &best : &in_vain;
    if (told->stage != PLAN_NO_INDEX && row->findings[told->stage].verdict != VERDICT_MISSED) {
        say_broken(desk, row, told->stage, told->broken, out);
    }
}
