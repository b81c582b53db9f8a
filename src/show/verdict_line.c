#include "show/verdict_line.h"

#include "show/amount.h"
#include "show/summary_priv.h"
#include "show/window_line.h"

void verdict_line_word(const struct result *r, const char **mark, const char **word,
                       enum tone *tone)
{
    if (run_going_on(&r->end)) {
        *mark = "?", *word = "NO VERDICT YET", *tone = TONE_NEAR;
        return;
    }
    switch (r->verdict) {
    case VERDICT_HOLDS:
        *mark = "✓", *word = "HOLDS", *tone = TONE_GOOD;
        return;
    case VERDICT_MISSED:
        *mark = "✗", *word = "MISSED", *tone = TONE_BAD;
        return;
    case VERDICT_INCONCLUSIVE:
        *mark = "?", *word = "INCONCLUSIVE", *tone = TONE_NEAR;
        return;
    case VERDICT_INVALID:
        *mark = "✗", *word = "INVALID", *tone = TONE_BAD;
        return;
    case VERDICT_NOT_JUDGED:
        *mark = "–", *word = "NOT JUDGED", *tone = TONE_STRONG;
        return;
    }
}

static void separate(struct text *out, const char *before)
{
    if (out->len > 0) text_adds(out, before);
}

static const char *ended_words(const struct run_end *end)
{
    switch (end->ended) {
    case RUN_COMPLETE:
        break;
    case RUN_ABORTED:
        return "aborted at ";
    case RUN_INTERRUPTED:
        if (run_stopped_by_key(end)) return RUN_BY_KEY " at ";
        return run_going_on(end) ? "at " : "interrupted at ";
    case RUN_PREFLIGHT:
    case RUN_REFUSED:
        return "nothing was judged";
    }
    return "";
}

static void add_ended(struct text *out, const struct run_end *end)
{
    size_t from = out->len;
    bool by_key = run_stopped_by_key(end);
    text_adds(out, ended_words(end));
    if (end->ended == RUN_ABORTED || end->ended == RUN_INTERRUPTED) {
        amount_length(out, (double)end->at_ns);
        if (end->signal == 2 && !by_key) text_adds(out, " (Ctrl-C)");
        else if (end->signal == 1) text_adds(out, " (SIGHUP)");
        else if (end->signal == 15) text_adds(out, " (SIGTERM)");
    }
    if (by_key) { /* only what stands behind it */
        text_add_safe(out, bytes_from(bytes_of(end->reason), sizeof RUN_BY_KEY - 1));
        return;
    }
    if (end->reason[0] == '\0') return;
    if (out->len > from) text_adds(out, ": ");
    text_add_safe(out, bytes_of(end->reason));
}

/* A target that was dead or hung when a stage ended: whatever else holds, that comes first. */
static void add_silence(struct text *out, const struct result *r)
{
    for (uint32_t i = 0; i < r->stage_count; i++) {
        const struct stage_result *s = &r->stages[i];
        if (s->silent_from_s <= 0 || !result_stage_judged(r, s->stage)) continue;
        separate(out, " · ");
        text_addf(out, "nothing asked from %.1f s to the end of ", s->silent_from_s);
        text_add_safe(out, run_stage_name(r->header, s->stage));
        text_addf(out, " (%.1f s) was answered ok", s->start_s + s->seconds);
        return;
    }
}

struct tally {
    uint32_t all, missed, open, held, warned, unjudged;
};

static struct tally count_objectives(const struct result *r)
{
    struct tally t = {0};
    for (uint32_t i = 0; i < r->objective_count; i++) {
        const struct objective_result *o = &r->objectives[i];
        if (o->objective->warn) t.warned += o->verdict == VERDICT_MISSED;
        if (o->objective->warn) continue;
        if (o->objective->implicit && o->verdict == VERDICT_HOLDS) continue;
        t.all++;
        t.missed += o->verdict == VERDICT_MISSED;
        t.open += o->verdict == VERDICT_INCONCLUSIVE;
        t.held += o->verdict == VERDICT_HOLDS;
        t.unjudged += o->verdict == VERDICT_NOT_JUDGED;
    }
    return t;
}

static void add_tally(struct text *out, const struct result *r)
{
    struct tally t = count_objectives(r);
    separate(out, " · ");
    if (r->verdict == VERDICT_INVALID) {
        text_adds(out, "these numbers are not to be trusted, see TRUST");
        return;
    }
    if (t.all == 0) {
        text_adds(out, "no objectives were given");
        return;
    }
    const char *plural = t.all == 1 ? "" : "s";
    if (t.missed > 0) text_addf(out, "%u of %u objective%s missed", t.missed, t.all, plural);
    else if (t.open > 0) text_addf(out, "%u of %u objective%s undecided", t.open, t.all, plural);
    else if (t.held == t.all && t.all == 1) text_adds(out, "the objective holds");
    else if (t.held == t.all) text_addf(out, "all %u objectives hold", t.all);
    else text_addf(out, "%u of %u objective%s held", t.held, t.all, plural);
    if (t.missed > 0 && t.open > 0) text_addf(out, ", %u undecided", t.open);
    if (t.missed + t.open > 0 && t.unjudged > 0) text_addf(out, ", %u not judged", t.unjudged);
    if (t.warned > 0) text_addf(out, ", %u warning%s", t.warned, t.warned == 1 ? "" : "s");
}

static bool is_rung(const struct result *r, uint32_t stage)
{
    const struct stage *s = &r->header->plan->stages[stage];
    return result_stage_judged(r, stage) && !bytes_equal(s->name, s->group);
}

/* The last rung below `broken` on which nothing is undecided; PLAN_NO_INDEX: none. */
static uint32_t last_held(const struct result *r, uint32_t broken)
{
    const struct stage *stages = r->header->plan->stages;
    for (uint32_t i = broken; i-- > 0;) {
        if (!is_rung(r, i) || !bytes_equal(stages[i].group, stages[broken].group)) break;
        if (!summary_tables_stage_has(r, i, VERDICT_INCONCLUSIVE)) return i;
    }
    return PLAN_NO_INDEX;
}

/* In a staircase: the last rung that holds before the first that misses. */
static void add_knee(struct text *out, const struct result *r)
{
    const struct plan *plan = r->header->plan;
    for (uint32_t i = 0; i < r->stage_count; i++) {
        uint32_t stage = r->stages[i].stage;
        if (!result_stage_judged(r, stage) || !summary_tables_stage_has(r, stage, VERDICT_MISSED))
            continue;
        uint32_t held = is_rung(r, stage) ? last_held(r, stage) : PLAN_NO_INDEX;
        if (held == PLAN_NO_INDEX) return;
        text_adds(out, " · holds to ");
        text_add_safe(out, plan->stages[held].name);
        text_adds(out, ", breaks at ");
        text_add_safe(out, plan->stages[stage].name);
        return;
    }
}

void verdict_line_facts(struct text *out, const struct result *r)
{
    const struct run_window *window = r->header->window;
    if (window) window_line_facts(out, r->header);
    if (r->end.ended != RUN_COMPLETE || r->end.reason[0]) {
        separate(out, " · ");
        add_ended(out, &r->end);
    }
    if (r->final) add_silence(out, r);
    if (r->steered) separate(out, " · ");
    if (r->steered) text_adds(out, "steered by hand, so nothing holds for this plan");
    if (!run_ended_early(r->end.ended)) add_tally(out, r);
    if (r->verdict == VERDICT_MISSED) add_knee(out, r);
    if (r->end.ended != RUN_COMPLETE || window) return;
    text_adds(out, " · ");
    amount_length(out, (double)r->end.at_ns);
}
