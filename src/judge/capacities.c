#include "judge/capacities.h"

#include "base/text.h"

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
    if (!broken || own == VERDICT_MISSED || own == VERDICT_NOT_JUDGED) return own;
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

void capacities_conclude(const struct limits_desk *desk, const struct rows *rows,
                         const struct row *row, struct objective_result *out)
{
    /* Held before inconclusive before missed; among these the stage with the most. */
    static const int weight[] = {[VERDICT_HOLDS] = 3,
                                 [VERDICT_MISSED] = 1,
                                 [VERDICT_INCONCLUSIVE] = 2,
                                 [VERDICT_INVALID] = 0,
                                 [VERDICT_NOT_JUDGED] = 0};
    uint32_t best = PLAN_NO_INDEX;
    uint32_t in_vain = PLAN_NO_INDEX; /* reached, but a limit is broken there */
    int best_weight = 0;
    bool best_broken = false;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        const struct row *broken = broken_limit(desk, rows, s);
        enum verdict said = said_by(desk, row, s, broken);
        if (weight[said] == 0) continue;
        if (broken && row->findings[s].verdict == VERDICT_HOLDS) in_vain = s;
        int more = weight[said] - best_weight;
        /* A stage that kept its limits says more of what the service can do. */
        if (more == 0) more = (int)best_broken - (int)(broken != NULL);
        if (more > 0 || (more == 0 && row->findings[s].value > row->findings[best].value)) {
            best = s;
            best_weight = weight[said];
            best_broken = broken != NULL;
            out->verdict = said;
        }
    }
    if (best == PLAN_NO_INDEX) {
        limits_conclude(desk, row, out); /* no stage, no data, or all too short: the same words */
        return;
    }
    limits_show(row, best, &row->findings[best], out);
    if (out->verdict == VERDICT_INCONCLUSIVE) out->needed_s = row->stages[best].needed_s;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        if (row->findings[s].verdict == VERDICT_NOT_JUDGED) continue;
        out->judged_stages++;
        if (said_by(desk, row, s, broken_limit(desk, rows, s)) == VERDICT_MISSED)
            out->missed_stages++;
    }
    if (out->verdict == VERDICT_HOLDS) return;
    if (!desk->final && out->verdict == VERDICT_MISSED) {
        /* One stage is enough, and it may be still to come. */
        out->verdict = VERDICT_INCONCLUSIVE;
        out->missed_stages = 0;
    }
    uint32_t told = best_broken ? best : in_vain;
    if (told != PLAN_NO_INDEX && row->findings[told].verdict != VERDICT_MISSED) {
        say_broken(desk, row, told, broken_limit(desk, rows, told), out);
    }
}
