#include "show/objective_row.h"

#include <math.h>

#include "plan/objective_words.h"
#include "show/amount.h"
#include "stats/interval.h"

#define WORDS_BYTES 1024

uint32_t objective_row_rank(const struct objective_result *o)
{
    switch (o->verdict) {
    case VERDICT_INVALID:
    case VERDICT_MISSED:
        return o->objective->warn ? 2 : 0;
    case VERDICT_INCONCLUSIVE:
        return o->objective->warn ? 3 : 1;
    case VERDICT_NOT_JUDGED:
        return 4;
    case VERDICT_HOLDS:
        return OBJECTIVE_ROW_HOLDS;
    }
    return OBJECTIVE_ROW_HOLDS;
}

const struct objective_result *objective_row_at(const struct result *r, uint32_t row)
{
    for (uint32_t rank = 0; rank <= OBJECTIVE_ROW_HOLDS; rank++) {
        for (uint32_t i = 0; i < r->objective_count; i++) {
            if (objective_row_rank(&r->objectives[i]) != rank) continue;
            if (row-- == 0) return &r->objectives[i];
        }
    }
    return NULL;
}

enum tone objective_row_tone_of(enum verdict verdict, bool warn, bool implicit, double margin)
{
    switch (verdict) {
    case VERDICT_INVALID:
    case VERDICT_MISSED:
        return warn ? TONE_NEAR : TONE_BAD;
    case VERDICT_INCONCLUSIVE:
        return TONE_NEAR;
    case VERDICT_NOT_JUDGED:
        return TONE_DIM;
    case VERDICT_HOLDS:
        return implicit ? TONE_DIM : margin < 0.1 ? TONE_NEAR : TONE_GOOD;
    }
    return TONE_PLAIN;
}

enum tone objective_row_tone(const struct objective_result *o)
{
    return objective_row_tone_of(o->verdict, o->objective->warn, o->objective->implicit, o->margin);
}

const char *objective_row_mark_of(enum verdict verdict, bool warn)
{
    switch (verdict) {
    case VERDICT_INVALID:
    case VERDICT_MISSED:
        return warn ? "⚠" : "✗";
    case VERDICT_INCONCLUSIVE:
        return "?";
    case VERDICT_NOT_JUDGED:
        return "–";
    case VERDICT_HOLDS:
        return "✓";
    }
    return "";
}

const char *objective_row_mark(const struct objective_result *o)
{
    return objective_row_mark_of(o->verdict, o->objective->warn);
}

/* `p95 of each`: the name stands for `each`. */
static void add_subject(struct text *out, struct bytes text, struct bytes of)
{
    struct bytes subject = objective_words_subject(text);
    if (of.len == 0) {
        text_add_safe(out, subject);
        return;
    }
    size_t each = bytes_find(subject, BYTES_LIT(" of each"));
    text_add_safe(out, (struct bytes){subject.at, each < subject.len ? each : subject.len});
    text_adds(out, " of ");
    text_add_safe(out, of);
    text_add_safe(out, bytes_from(subject, each + sizeof " of each" - 1));
}

static struct bytes each_name(const struct result *r, const struct objective_result *o)
{
    return o->each_index == PLAN_NO_INDEX ? (struct bytes){0}
                                          : r->header->plan->names[o->each_index];
}

void objective_row_subject(struct text *out, const struct result *r,
                           const struct objective_result *o)
{
    add_subject(out, o->objective->text, each_name(r, o));
}

void objective_row_named(struct text *out, struct bytes text, struct bytes of)
{
    add_subject(out, text, of);
    text_addc(out, ' ', 1);
    text_add_safe(out, bytes_from(text, objective_words_goal(text)));
}

#define TIMES_FROM 2        /* from here on percentages tell less than how many times, ... */
#define TIMES_IN_COLUMNS 10 /* ... and here a column of percentages cannot be read any more */

static void add_times(struct text *out, double times)
{
    times *=
        1 + 1e-9; /* 100 % is 20 times 5 %, though their difference over 5 % is less by a bit */
    amount_count(out, times < 10 ? floor(times * 10) / 10 : floor(times));
    text_adds(out, " ×");
}

bool objective_row_far_beyond(struct text *out, double margin)
{
    double times = 1 - margin; /* the limit; of an amount to be reached never beyond 2 */
    if (!(times > TIMES_IN_COLUMNS)) return false;
    add_times(out, times);
    return true;
}

/* `14 % over`: by how much it was missed, where that says something. */
static void add_excess(struct text *out, const struct objective_result *o)
{
    if (isnan(o->margin) || o->margin >= 0) return;
    bool below = o->objective->op == OP_LT || o->objective->op == OP_LE;
    double times = 1 - o->margin; /* the limit */
    if (!below || times < TIMES_FROM) {
        text_addf(out, "%.0f %% %s", ceil(-o->margin * 100), below ? "over" : "short");
        return;
    }
    if (o->at_least) text_adds(out, "≥ ");
    add_times(out, times);
    text_adds(out, " limit");
}

void objective_row_detail(struct text *out, const struct objective_result *o)
{
    if (o->objective->warn) {
        text_adds(out, "warns only");
    } else if (o->verdict == VERDICT_MISSED && o->missed_stages > 0 && o->judged_stages > 1) {
        text_addf(out, "%u of %u stages", o->missed_stages, o->judged_stages);
    } else if (o->verdict == VERDICT_MISSED) {
        add_excess(out, o);
    } else if (o->verdict == VERDICT_INCONCLUSIVE && o->needed_s >= 0.1) { /* NAN: unknown */
        text_adds(out, "needs ");
        amount_length(out, o->needed_s * 1e9);
    } else if (o->verdict == VERDICT_HOLDS && !isnan(o->margin) && !o->objective->implicit) {
        text_addf(out, "%.0f %% to spare", floor(o->margin * 100));
    }
    if (o->objective->implicit) text_adds(out, out->len > 0 ? " (implied)" : "implied");
}

void objective_row_between(struct text *out, struct bytes lo, struct bytes hi)
{
    size_t lo_unit = bytes_find(lo, BYTES_LIT(" "));
    size_t hi_unit = bytes_find(hi, BYTES_LIT(" "));
    bool once = lo_unit < lo.len && hi_unit < hi.len
                && bytes_equal(bytes_from(lo, lo_unit), bytes_from(hi, hi_unit));
    text_add(out, once ? (struct bytes){lo.at, lo_unit} : lo);
    text_adds(out, " – ");
    text_add(out, hi);
}

void objective_row_interval(struct text *out, const struct objective_result *o)
{
    if (isnan(o->lo) || isnan(o->hi)) return;
    if (interval_is_point((struct interval){o->lo, o->hi})) return;
    char lo_array[64];
    char hi_array[64];
    struct text lo = text_in(lo_array, sizeof lo_array);
    struct text hi = text_in(hi_array, sizeof hi_array);
    amount_of(&lo, o->objective, o->lo);
    if (isinf(o->hi)) text_adds(&hi, "?");
    else amount_of(&hi, o->objective, o->hi);
    objective_row_between(out, text_bytes(&lo), text_bytes(&hi));
}

void objective_row_sentence(struct text *out, const struct result *r,
                            const struct objective_result *o)
{
    objective_row_named(out, o->objective->text, each_name(r, o));
}

void objective_row_words(struct text *out, const struct result *r, const struct objective_result *o)
{
    struct bytes text = o->objective->text;
    if (run_ended_early(r->end.ended)) {
        text_adds(out, "nothing was sent");
        return;
    }
    if (isnan(o->value)) {
        text_adds(out, "not measured");
    } else {
        if (o->at_least) text_adds(out, "≥ ");
        amount_of(out, o->objective, o->value);
    }
    if (o->stage != PLAN_NO_INDEX) {
        text_adds(out, " in ");
        text_add_safe(out, run_stage_name(r->header, o->stage));
    }
    text_adds(out, ", wanted ");
    text_add_safe(out, bytes_from(text, objective_words_goal(text)));
    char array[WORDS_BYTES];
    struct text detail = text_in(array, sizeof array);
    objective_row_detail(&detail, o);
    if (detail.len > 0) text_addf(out, "; %s", array);
    if (o->note[0]) text_adds(out, "; ");
    text_add_safe(out, bytes_of(o->note));
}
