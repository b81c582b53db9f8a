#include "judge/notes.h"

#include <math.h>

#include "base/text.h"
#include "judge/silence.h"
#include "judge/stalls.h"
#include "judge/times.h"

#define FAST_FAILURES_TOLD 0.05
#define ROLL_NAMED 2u /* stages by name, then their number */

/* Behind what is noted already. */
static struct text more_note(struct objective_result *out)
{
    struct text note = {.at = out->note, .len = strlen(out->note), .size = sizeof out->note};
    if (note.len > 0) text_adds(&note, "; ");
    return note;
}

void notes_no_stage(const struct limits_desk *desk, const struct row *row,
                    struct objective_result *out)
{
    const struct objective *o = row->objective;
    bool elsewhere = desk->books->header->window && (o->has_in || o->scope != SCOPE_ALL);
    struct text note = text_in(out->note, sizeof out->note);
    text_adds(&note, rows_lacks_scope(row) ? "known for all requests together only"
                     : elsewhere           ? "what it is about is not in the window"
                     : o->of_offered       ? "no judged open stage to hold it against"
                                           : "no judged stage to hold it against");
}

void notes_outside(struct objective_result *out)
{
    struct text note = text_in(out->note, sizeof out->note);
    text_adds(&note, "not reached in the window; elsewhere in the run would be enough");
}

void notes_too_short(struct objective_result *out)
{
    struct text note = text_in(out->note, sizeof out->note);
    text_adds(&note, "stages too short to say");
}

void notes_nothing_came(const struct limits_desk *desk, const struct row *row, bool reached,
                        struct objective_result *out)
{
    uint64_t ended = 0;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        ended += tally_ended(rows_tally(row, desk->books, s)->outcomes, true);
    }
    struct text note = text_in(out->note, sizeof out->note);
    bool iterations = row->objective->scope == SCOPE_SCENARIO;
    bool over = desk->final && !desk->going_on;
    bool seen = row->kind == ROW_SEEN || row->kind == ROW_LEAK;
    if (reached && seen) text_adds(&note, "nothing was seen of it");
    else if (!reached) text_adds(&note, over ? "no judged stage was reached" : "not yet begun");
    else if (ended > 0 && row->kind == ROW_TIMES) text_adds(&note, "none was answered ok");
    else
        text_addf(&note, "no %s ended in %s", iterations ? "iteration" : "request",
                  desk->books->header->window ? "the window" : "a judged stage");
}

/* Sums of outcomes over what `out` is about: its stage, or all that the row is held against. */
static void sum_outcomes(const struct limits_desk *desk, const struct row *row,
                         const struct objective_result *out, uint64_t sums[OUTCOME_COUNT])
{
    memset(sums, 0, OUTCOME_COUNT * sizeof *sums);
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (out->stage != PLAN_NO_INDEX ? out->stage != s : !rows_apply(row, desk->books, s)) {
            continue;
        }
        const struct tally *t = rows_tally(row, desk->books, s);
        for (uint32_t i = 0; i < OUTCOME_COUNT; i++) sums[i] += t->outcomes[i];
    }
}

void notes_over_limit(const struct limits_desk *desk, const struct row *row,
                      struct objective_result *out)
{
    bool below = out->value <= row->objective->value;
    if (out->verdict != VERDICT_MISSED || !out->at_least || !below) return;
    uint64_t sums[OUTCOME_COUNT];
    sum_outcomes(desk, row, out, sums);
    uint64_t over = sums[OUTCOME_TIMEOUT] + sums[OUTCOME_DROPPED];
    if (over == 0) return;
    struct text note = text_in(out->note, sizeof out->note);
    text_addf(&note, "%llu of %llu %s and count as over any limit", (unsigned long long)over,
              (unsigned long long)tally_ended(sums, desk->with_cuts),
              sums[OUTCOME_DROPPED] == 0   ? "timed out before the limit could be seen"
              : sums[OUTCOME_TIMEOUT] == 0 ? "were dropped (max_in_flight)"
                                           : "timed out or were dropped");
    if (sums[OUTCOME_DROPPED] == 0) text_adds(&note, ": the timeout is the shorter of the two");
}

void notes_answered_only(const struct limits_desk *desk, const struct row *row,
                         struct objective_result *out)
{
    uint64_t sums[OUTCOME_COUNT];
    sum_outcomes(desk, row, out, sums);
    uint64_t failed = tally_failed_fast(sums);
    uint64_t ended = tally_ended(sums, desk->with_cuts);
    double share = ended > 0 ? (double)failed / (double)ended : 0;
    if (share <= FAST_FAILURES_TOLD) return;
    struct text note = more_note(out);
    text_addf(&note, "of the answered: %.1f%% failed at once", share * 100);
}

/* In the stage that the value is of, or in all that the row is about. */
static uint32_t stalls_of(const struct limits_desk *desk, const struct row *row,
                          const struct objective_result *out)
{
    uint32_t count = 0;
    for (uint32_t s = 0; desk->stalls && s < desk->books->stage_count; s++) {
        bool asked =
            out->stage == PLAN_NO_INDEX ? rows_apply(row, desk->books, s) : out->stage == s;
        if (asked) count += stalls_in(desk->stalls, s);
    }
    return count;
}

void notes_no_end(const struct limits_desk *desk, const struct row *row,
                  struct objective_result *out)
{
    if (row->objective->metric != METRIC_QUANTILE) return;
    bool held = out->verdict == VERDICT_HOLDS && isnan(out->hi);
    bool missed = out->verdict == VERDICT_MISSED && isnan(out->lo);
    bool open = out->verdict == VERDICT_INCONCLUSIVE && (isnan(out->lo) || isnan(out->hi));
    if (!held && !missed && !open) return;
    struct text note = more_note(out);
    text_adds(&note, "too few bursts or seconds for an interval");
    uint32_t stalls = stalls_of(desk, row, out);
    if (stalls == 1) text_adds(&note, ": a stall is one burst (see STALLS)");
    else if (stalls > 1) text_addf(&note, ": %u stalls are so many bursts (see STALLS)", stalls);
    if (open) return;
    text_adds(&note, ", but ");
    if (missed) text_addf(&note, "it is over %d times the limit", TIMES_CLEARLY);
    else if (out->value < row->objective->value / TIMES_CLEARLY)
        text_addf(&note, "1/%d of the limit is kept", TIMES_CLEARLY);
    else text_addf(&note, "1/%d of the way to the limit is kept", TIMES_CLOSELY);
}

void notes_gaps(const struct limits_desk *desk, const struct row *row, struct objective_result *out)
{
    uint32_t stages = 0;
    uint32_t unseen = 0;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s) || desk->books->stages[s].counted_ticks == 0) continue;
        stages++;
        if (desk->books->stages[s].over && row->stages[s].seen == 0) unseen++;
    }
    if (unseen == 0) return;
    struct text note = more_note(out);
    text_addf(&note, "nothing was seen of it in %u of %u stages", unseen, stages);
}

void notes_too_close(const struct row *row, struct objective_result *out)
{
    if (row->kind != ROW_TIMES || out->verdict != VERDICT_INCONCLUSIVE || out->note[0]) return;
    if (isnan(out->hi) || row->objective->metric != METRIC_QUANTILE) return;
    if (hist_bucket((uint64_t)out->hi) != hist_bucket(row->limit_ns)) return;
    if (hist_bucket((uint64_t)out->lo) != hist_bucket(row->limit_ns)) return;
    struct text note = text_in(out->note, sizeof out->note);
    text_adds(&note, "within 0.8% of the limit, finer than times are kept");
    out->needed_s = (double)NAN;
}

/* Names of stages, the first few of them, then what became of all. */
struct roll {
    char names[72];
    struct text text;
    uint32_t count;
};

static void call(struct roll *r, struct bytes name)
{
    if (r->count == 0) r->text = text_in(r->names, sizeof r->names);
    if (r->count++ >= ROLL_NAMED) return;
    if (r->count > 1) text_adds(&r->text, ", ");
    text_add(&r->text, name);
}

static void add_roll(struct text *out, const struct roll *r, bool past, const char *fate)
{
    static const char *const verbs[2][2] = {{"are", "is"}, {"were", "was"}};

    if (r->count == 0) return;
    text_add(out, text_bytes(&r->text));
    if (r->count > ROLL_NAMED) text_addf(out, " and %u more", r->count - ROLL_NAMED);
    text_addf(out, " %s %s", verbs[past][r->count == 1], fate);
}

bool notes_unseen_stages(const struct limits_desk *desk, const struct row *row,
                         struct objective_result *out)
{
    struct roll cut = {.count = 0};
    struct roll absent = {.count = 0};
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        const struct stage_book *book = &desk->books->stages[s];
        if (!book->unseen || !rows_apply(row, desk->books, s)) continue;
        call(book->reached ? &cut : &absent, run_stage_name(desk->books->header, s));
    }
    if (cut.count + absent.count == 0) return false;
    struct text note = more_note(out);
    bool over = !desk->going_on;
    add_roll(&note, &cut, over, over ? "cut short" : "still on");
    if (cut.count > 0 && absent.count > 0) text_adds(&note, ", ");
    add_roll(&note, &absent, over, over ? "not reached" : "still to come");
    return true;
}

bool notes_silence(const struct limits_desk *desk, const struct row *row,
                   struct objective_result *out)
{
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!silence_against(desk, row, s)) continue;
        struct text note = more_note(out);
        text_addf(&note, "nothing asked from %.1f s to the end of ",
                  (double)silence_since(desk->silence, s) / 1e9);
        text_add(&note, run_stage_name(desk->books->header, s));
        text_adds(&note, " was answered ok");
        return true;
    }
    return false;
}
