#include "judge/limits.h"

#include <math.h>

#include "base/ns.h"
#include "judge/claim.h"
#include "judge/notes.h"
#include "judge/scope.h"
#include "judge/seen.h"
#include "judge/silence.h"
#include "judge/times.h"
#include "stats/interval.h"

#define TICKS_TO_SAY 3      /* a stage with fewer can't say how far its times depend */
#define TICKS_OF_ITS_OWN 10 /* one with fewer says it badly, and uses the run's largest if more */

/* The design effect of a share of all that ended in a stage, whatever the window; 1: nobody can
 * tell. */
static double effect_in_run(const struct limits_desk *desk, const struct row *row, uint32_t stage)
{
    const struct row_stage *rs = &row->stages[stage];
    if (desk->books->stages[stage].run_ticks < TICKS_OF_ITS_OWN) return 1;
    return desk->books->header->window ? rs->run.design_effect : rs->counted.design_effect;
}

/* The design effect of a share in a stage: its own, or the run's largest where it is too short. */
static double effect_in(const struct limits_desk *desk, const struct row *row, uint32_t stage,
                        const struct limits_pardon *pardon)
{
    const struct books *books = desk->books;
    if (books->stages[stage].counted_ticks >= TICKS_OF_ITS_OWN) {
        const struct row_series *series = &row->stages[stage].counted;
        if (pardon->shortages && series->spared) return batches_design_effect(series->spared);
        return series->design_effect;
    }
    double largest = 1;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        if (!rows_apply(row, books, s) && !rows_apply_in_run(row, books, s)) continue;
        largest = fmax(largest, effect_in_run(desk, row, s));
    }
    return largest;
}

static double half_in(const struct row *row, uint32_t stage, const struct limits_pardon *pardon)
{
    const struct batches *batches = rows_batches(row, stage, pardon->shortages);
    return batches ? batches_half_width(batches) : (double)NAN;
}

/* Half interval of the mean of all judged stages together; a stage that is too short to have one
 * leaves none. */
static double half_of_all(const struct limits_desk *desk, const struct row *row,
                          const struct limits_pardon *pardon)
{
    double n = 0;
    double square = 0;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s) || !rows_has_data(row, s)) continue;
        double weight = row->stages[s].counted.batches->n;
        double half = weight * half_in(row, s, pardon);
        n += weight;
        square += half * half;
    }
    return n > 0 ? sqrt(square) / n : (double)NAN;
}

static double seconds_in(const struct limits_desk *desk, uint32_t stage)
{
    return (double)desk->books->stages[stage].counted_ns / (double)NS_PER_S;
}

static double seconds_of_all(const struct limits_desk *desk, const struct row *row)
{
    double seconds = 0;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (rows_apply(row, desk->books, s)) seconds += seconds_in(desk, s);
    }
    return seconds;
}

/* -- pardons: what a miss looks like with prony's own doing taken out ------------------------- */

static const struct limits_pardon none_pardoned = {.lag = false};

/* Of the row's timeouts in that stage, how many prony may have used the time of: as many as had a
 * lag over half of what they were given. Lag is not kept by request, so all that were so late are
 * held against the timeouts. */
static uint64_t suspects_in(const struct limits_desk *desk, const struct row *row, uint32_t stage)
{
    const struct stage_book *book = &desk->books->stages[stage];
    uint64_t all = book->requests.outcomes[OUTCOME_TIMEOUT];
    uint64_t own = rows_tally(row, desk->books, stage)->outcomes[OUTCOME_TIMEOUT];
    if (!book->lag || all == 0) return 0;
    uint64_t given_ns = book->requests.timeouts.sum_ns / all;
    uint64_t late = hist_count_above(book->lag, given_ns / 2);
    return late < own ? late : own;
}

/* Requests (or iterations) that are left out. */
struct pardoned {
    uint64_t timeouts;
    uint64_t lacking; /* of times and availabilities those that were dropped, else all */
};

static struct pardoned pardoned_in(const struct limits_desk *desk, const struct row *row,
                                   uint32_t stage, const struct limits_pardon *pardon)
{
    struct pardoned out = {0};
    const uint64_t *shortages = rows_tally(row, desk->books, stage)->shortages;
    if (pardon->timeouts) out.timeouts = suspects_in(desk, row, stage);
    if (pardon->shortages) out.lacking = scope_lacking(row->objective, shortages);
    return out;
}

/* What is seen of a service is no request: none of prony's doing is held against it. */
uint64_t limits_suspect_timeouts(const struct limits_desk *desk, const struct row *row)
{
    bool is_seen = row->kind == ROW_SEEN || rows_is_once(row);
    uint64_t count = 0;
    for (uint32_t s = 0; s < desk->books->stage_count && !is_seen; s++) {
        if (rows_apply(row, desk->books, s)) count += suspects_in(desk, row, s);
    }
    return count;
}

uint64_t limits_lacking(const struct limits_desk *desk, const struct row *row, uint64_t *shortages)
{
    uint64_t count = 0;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        const struct tally *t = rows_tally(row, desk->books, s);
        count += scope_lacking(row->objective, t->shortages);
        for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) {
            if (scope_lacks(row->objective, (enum shortage)i)) shortages[i] += t->shortages[i];
        }
    }
    return count;
}

/* Takes those that are pardoned, of the timeouts as many of mean age, out of the times. */
static void pardon_times(struct ranked *r, const struct tally *t, const struct pardoned *pardoned)
{
    uint64_t count = pardoned->timeouts;
    r->over -= pardoned->lacking;
    r->total -= pardoned->lacking;
    r->dropped -= pardoned->lacking;
    if (count == 0) return;
    r->over -= count;
    r->total -= count;
    r->summed -= count;
    r->sum_ns -= (double)t->timeouts.sum_ns / (double)t->timeouts.count * (double)count;
    if (count < t->timeouts.count) return;
    r->known_ns = r->answered->max_ns; /* none of their ages is left */
    if (r->cuts > 0 && t->cuts.max_ns > r->known_ns) r->known_ns = t->cuts.max_ns;
}

/* -- times -------------------------------------------------------------------------------- */

/* Whose times are asked about: of one stage, or (PLAN_NO_INDEX) of all that the row is about. */
struct times_of {
    const struct limits_desk *desk;
    const struct row *row;
    uint32_t stage;
    double lent; /* the run's largest design effect, to stages under ten ticks; NAN: none */
    enum bands_whose whose;
};

/* At the percentile itself, of all that ended in the stage, whatever the window. */
static double effect_of_run(const struct times_of *of, uint32_t stage)
{
    const struct limits_desk *desk = of->desk;
    const struct row *row = of->row;
    const struct row_stage *times = rows_times(row, stage);
    const struct bands *bands =
        desk->books->header->window ? times->run.bands : times->counted.bands;
    if (!bands || desk->books->stages[stage].run_ticks < TICKS_OF_ITS_OWN) return (double)NAN;
    return bands_effect_at(bands, of->whose, 1 - row->objective->per_million / 1e6);
}

/* What stages that are long enough to tell lend to those that are not. */
static double lent_effect(const struct times_of *of)
{
    const struct books *books = of->desk->books;
    double largest = (double)NAN;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        if (!rows_apply(of->row, books, s) && !rows_apply_in_run(of->row, books, s)) continue;
        largest = fmax(largest, effect_of_run(of, s));
    }
    return largest;
}

static struct bands_share beyond_in(const struct times_of *of, uint32_t stage, uint64_t limit_ns)
{
    uint32_t ticks = of->desk->books->stages[stage].counted_ticks;
    const struct bands *bands = rows_times(of->row, stage)->counted.bands;
    struct bands_share share = bands_above(bands, of->whose, limit_ns);
    if (ticks < TICKS_TO_SAY) share.design_effect = of->lent;
    else if (ticks < TICKS_OF_ITS_OWN) share.design_effect = fmax(share.design_effect, of->lent);
    return share;
}

/* Of all stages put together the variances add up; what differs between them is no chance. */
static double effect_over(const void *ctx, uint64_t limit_ns)
{
    const struct times_of *of = ctx;
    double hits = 0;
    double count = 0;
    double variance = 0;
    for (uint32_t s = 0; s < of->desk->books->stage_count; s++) {
        if (of->stage != PLAN_NO_INDEX && s != of->stage) continue;
        if (!rows_apply(of->row, of->desk->books, s) || !rows_has_data(of->row, s)) continue;
        struct bands_share share = beyond_in(of, s, limit_ns);
        if (s == of->stage) return share.design_effect;
        if (share.count <= 0) continue;
        hits += share.hits;
        count += share.count;
        variance += share.hits * (1 - share.hits / share.count) * share.design_effect;
    }
    double binomial = count > 0 ? hits * (1 - hits / count) : 0;
    if (isnan(variance)) return variance; /* what one stage can't say all of them can't */
    return binomial > 0 ? fmax(1, variance / binomial) : 1;
}

static double seconds_of(const struct times_of *of)
{
    if (of->stage != PLAN_NO_INDEX) return seconds_in(of->desk, of->stage);
    return seconds_of_all(of->desk, of->row);
}

/* Judged seconds with which every stage asked about could say how far its times depend. */
static double seconds_to_say(const struct times_of *of)
{
    double times = 0;
    for (uint32_t s = 0; s < of->desk->books->stage_count; s++) {
        if (of->stage != PLAN_NO_INDEX && s != of->stage) continue;
        if (!rows_apply(of->row, of->desk->books, s) || !rows_has_data(of->row, s)) continue;
        uint32_t ticks = of->desk->books->stages[s].counted_ticks;
        bool can = ticks >= TICKS_TO_SAY || !isnan(of->lent);
        if (!can && ticks > 0) times = fmax(times, (double)TICKS_TO_SAY / ticks);
    }
    return times * seconds_of(of);
}

/* Also how many judged seconds would settle it. */
static struct finding find_times(const struct times_of *of, const struct ranked *r, double half_ns,
                                 double *needed_s)
{
    const struct objective *o = of->row->objective;
    struct times_spread spread = {.effect = effect_over, .of = of, .avg_half_ns = half_ns};
    struct finding f;
    times_find(o, r, &spread, of->desk->scratch, &f);
    *needed_s = times_needed(o, r, &spread, &f) * seconds_of(of);
    double least_s = seconds_to_say(of);
    if (least_s > 0) *needed_s = fmax(*needed_s, least_s);
    return f;
}

static struct times_of about(const struct limits_desk *desk, const struct row *row, uint32_t stage,
                             const struct limits_pardon *pardon)
{
    struct times_of of = {.desk = desk, .row = row, .stage = stage, .lent = (double)NAN};
    if (pardon->shortages) of.whose = BANDS_LESS_EXCUSED;
    if (row->objective->metric == METRIC_QUANTILE) of.lent = lent_effect(&of);
    return of;
}

static bool is_avg(const struct row *row)
{
    return row->objective->metric == METRIC_AVG;
}

static struct finding times_in(const struct limits_desk *desk, const struct row *row,
                               uint32_t stage, const struct limits_pardon *pardon, double *needed_s)
{
    const struct tally *t = rows_tally(row, desk->books, stage);
    struct ranked r = tally_ranked(t, pardon->lag, desk->with_cuts);
    struct pardoned pardoned = pardoned_in(desk, row, stage, pardon);
    pardon_times(&r, t, &pardoned);
    struct times_of of = about(desk, row, stage, pardon);
    return find_times(&of, &r, is_avg(row) ? half_in(row, stage, pardon) : (double)NAN, needed_s);
}

static struct finding times_of_all(const struct limits_desk *desk, const struct row *row,
                                   const struct limits_pardon *pardon, double *needed_s)
{
    struct pardoned pardoned = {0};
    tally_clear(desk->pool);
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        tally_merge(desk->pool, rows_tally(row, desk->books, s), desk->arena);
        struct pardoned here = pardoned_in(desk, row, s, pardon);
        pardoned.timeouts += here.timeouts;
        pardoned.lacking += here.lacking;
    }
    struct ranked r = tally_ranked(desk->pool, pardon->lag, desk->with_cuts);
    pardon_times(&r, desk->pool, &pardoned);
    struct times_of of = about(desk, row, PLAN_NO_INDEX, pardon);
    double half = is_avg(row) ? half_of_all(desk, row, pardon) : (double)NAN;
    return find_times(&of, &r, half, needed_s);
}

/* -- shares ------------------------------------------------------------------------------- */

struct share {
    double bad, count, design_effect;
};

/* Seconds with arrivals, and those of them without an ok answer. While the run goes on the newest
 * two seconds are left out: their answers may be on the way. */
static struct share seconds_bad(const struct limits_desk *desk, uint32_t stage,
                                const struct limits_pardon *pardon)
{
    static const uint8_t spared = BOOKS_SECOND_ASKED | BOOKS_SECOND_LACKED; /* no more than that */
    const struct stage_book *book = &desk->books->stages[stage];
    struct batches by_second = {0};
    uint64_t seconds = book->second_count;
    if (!desk->final && book->reached) {
        uint64_t passed = (desk->books->now_ns - book->start_ns) / NS_PER_S;
        if (passed < seconds + 2) seconds = passed > 2 ? passed - 2 : 0;
    }
    for (uint64_t i = 0; i < seconds; i++) {
        uint8_t flags = book->second_flags[i];
        if (!(flags & BOOKS_SECOND_ASKED) || (pardon->shortages && flags == spared)) continue;
        batches_add(&by_second, flags & BOOKS_SECOND_ANSWERED ? 0 : 1, 1);
    }
    return (struct share){by_second.y, by_second.n, batches_design_effect(&by_second)};
}

static struct share share_in(const struct limits_desk *desk, const struct row *row, uint32_t stage,
                             const struct limits_pardon *pardon)
{
    if (row->objective->metric == METRIC_AVAILABILITY_BY_TIME) {
        return seconds_bad(desk, stage, pardon);
    }
    const struct tally *t = rows_tally(row, desk->books, stage);
    uint64_t bad = scope_bad(row->objective, t->outcomes, t->answered_5xx, desk->with_cuts);
    struct pardoned pardoned = pardoned_in(desk, row, stage, pardon);
    uint64_t out = pardoned.timeouts + pardoned.lacking;
    return (struct share){(double)(bad - out),
                          (double)(tally_ended(t->outcomes, desk->with_cuts) - out),
                          effect_in(desk, row, stage, pardon)};
}

/* A finding of the share; needed: how many times as much would settle it. */
static struct finding judge_share(const struct row *row, const struct share *share, double *needed)
{
    const struct objective *o = row->objective;
    double none = (double)NAN;
    struct finding f = {VERDICT_NOT_JUDGED, none, none, none, false, (uint64_t)share->count};
    *needed = none;
    if (share->count <= 0) return f;
    struct interval bad = interval_of_share(share->bad, share->count, share->design_effect);
    double value = share->bad / share->count;
    bool of_bad = objective_small_is_good(o);
    f.value = of_bad ? value : 1 - value;
    f.lo = of_bad ? bad.lo : 1 - bad.hi;
    f.hi = of_bad ? bad.hi : 1 - bad.lo;
    f.verdict = claim_verdict(o, f.lo, f.hi);
    if (o->implicit) f.verdict = claim_seen(o, f.value);
    if (claim_is_absolute(o)) claim_observed(o, &f);
    if (f.verdict != VERDICT_INCONCLUSIVE) return f;
    double limit = of_bad ? o->value : 1 - o->value;
    *needed = interval_needed_trials(value, limit) * share->design_effect / share->count;
    if (!isfinite(*needed)) *needed = none;
    return f;
}

static struct finding shares_of_all(const struct limits_desk *desk, const struct row *row,
                                    const struct limits_pardon *pardon, double *needed_s)
{
    struct share all = {0, 0, 1};
    double variance = 0;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        struct share one = share_in(desk, row, s, pardon);
        if (one.count <= 0) continue;
        all.bad += one.bad;
        all.count += one.count;
        variance += one.bad * (1 - one.bad / one.count) * one.design_effect;
    }
    double binomial = all.count > 0 ? all.bad * (1 - all.bad / all.count) : 0;
    if (binomial > 0) all.design_effect = fmax(1, variance / binomial);
    struct finding f = judge_share(row, &all, needed_s);
    *needed_s *= seconds_of_all(desk, row);
    return f;
}

/* -- means over time ------------------------------------------------------------------------ */

static struct finding mean_in(const struct limits_desk *desk, const struct row *row, uint32_t stage,
                              const struct limits_pardon *pardon, double *needed_s)
{
    const struct objective *o = row->objective;
    const struct tally *t = rows_tally(row, desk->books, stage);
    double none = (double)NAN;
    struct finding f = {VERDICT_NOT_JUDGED, none, none, none, false, 0};
    *needed_s = none;
    if (!rows_has_data(row, stage)) return f;
    f.n = tally_ended(t->outcomes, true);
    f.value = batches_ratio(row->stages[stage].counted.batches);
    if (o->of_offered) { /* the ticks tell the interval; the sums, with what came late, the value */
        if (f.n == 0) return f;
        uint64_t offered = books_in_part(&desk->books->stages[stage]) ? t->begun : f.n;
        struct pardoned pardoned = pardoned_in(desk, row, stage, pardon);
        uint64_t out = pardoned.timeouts + pardoned.lacking;
        uint64_t asked = offered > out ? offered - out : 0;
        f.value = asked > 0 ? (double)t->done / (double)asked : 1;
    }
    double half = half_in(row, stage, pardon);
    if (isnan(half)) return f;
    f.lo = fmax(0, f.value - half);
    f.hi = f.value + half;
    f.verdict = claim_verdict(o, f.lo, f.hi);
    double ratio = half / (f.value - o->value);
    if (isfinite(ratio)) *needed_s = ratio * ratio * seconds_in(desk, stage);
    return f;
}

/* -- rows ----------------------------------------------------------------------------------- */

static struct finding find_in(const struct limits_desk *desk, const struct row *row, uint32_t stage,
                              const struct limits_pardon *pardon, double *needed_s)
{
    struct finding f = {.verdict = VERDICT_NOT_JUDGED};
    switch (row->kind) {
    case ROW_TIMES:
        f = times_in(desk, row, stage, pardon, needed_s);
        break;
    case ROW_SHARE: {
        struct share share = share_in(desk, row, stage, pardon);
        f = judge_share(row, &share, needed_s);
        *needed_s *= seconds_in(desk, stage);
        if (f.verdict == VERDICT_INCONCLUSIVE) f.verdict = VERDICT_NOT_JUDGED; /* too small */
        break;
    }
    case ROW_MEAN:
        f = mean_in(desk, row, stage, pardon, needed_s);
        break;
    case ROW_SEEN:
        f = seen_find(row, stage, seconds_in(desk, stage), needed_s);
        break;
    case ROW_LEAK: /* judged once */
    case ROW_RECOVERY:
        f.value = f.lo = f.hi = (double)NAN;
        break;
    }
    return f;
}

/* Is it judged in each stage by itself, and never over all of them? */
static bool is_by_stage(const struct row *row)
{
    return row->kind == ROW_MEAN || row->kind == ROW_SEEN;
}

/* All stages that the row is about put together; not for means. */
static struct finding find_of_all(const struct limits_desk *desk, const struct row *row,
                                  const struct limits_pardon *pardon, double *needed_s)
{
    return row->kind == ROW_TIMES ? times_of_all(desk, row, pardon, needed_s)
                                  : shares_of_all(desk, row, pardon, needed_s);
}

void limits_find(const struct limits_desk *desk, struct row *row, uint32_t stage)
{
    struct row_stage *in = &row->stages[stage];
    in->needed_s = (double)NAN;
    struct finding f = find_in(desk, row, stage, &none_pardoned, &in->needed_s);
    if (row->objective->implicit && silence_against(desk, row, stage)) f.verdict = VERDICT_MISSED;
    row->findings[stage] = f;
    in->stale = false;
}

void limits_show(const struct row *row, uint32_t stage, const struct finding *f,
                 struct objective_result *out)
{
    out->stage = stage;
    out->value = f->value;
    out->lo = f->lo;
    out->hi = f->hi;
    out->at_least = f->at_least;
    out->n = f->n;
    out->margin = claim_margin(row->objective, f->value);
}

/* Missed before inconclusive before held; among these the one with the least to spare. */
static uint32_t worst_stage(const struct row *row, const struct books *books)
{
    static const int weight[] = {[VERDICT_HOLDS] = 1,
                                 [VERDICT_MISSED] = 3,
                                 [VERDICT_INCONCLUSIVE] = 2,
                                 [VERDICT_INVALID] = 0,
                                 [VERDICT_NOT_JUDGED] = 0};
    uint32_t worst = PLAN_NO_INDEX;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        const struct finding *f = &row->findings[s];
        if (!rows_apply(row, books, s) || weight[f->verdict] == 0) continue;
        const struct finding *w = &row->findings[worst == PLAN_NO_INDEX ? s : worst];
        int more = weight[f->verdict] - weight[w->verdict];
        double left = claim_margin(row->objective, f->value);
        double least = claim_margin(row->objective, w->value);
        if (w == f || more > 0 || (more == 0 && left < least)) worst = s;
    }
    return worst;
}

/* Counts stages; false: none of the plan's can be held against this row, or nothing came. */
static bool conclude_at_all(const struct limits_desk *desk, const struct row *row,
                            struct objective_result *out)
{
    bool any = false;
    bool reached = false;
    bool came = false;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        if (!rows_apply(row, desk->books, s)) continue;
        any = true;
        reached = reached || desk->books->stages[s].counted_ticks > 0;
        came = came || row->findings[s].n > 0 || rows_has_data(row, s);
        if (row->findings[s].verdict == VERDICT_NOT_JUDGED) continue;
        out->judged_stages++;
        if (row->findings[s].verdict == VERDICT_MISSED) out->missed_stages++;
    }
    if (!any) {
        notes_no_stage(desk, row, out);
        out->verdict = VERDICT_NOT_JUDGED;
        return false;
    }
    if (came) return true;
    out->verdict = VERDICT_INCONCLUSIVE;
    notes_nothing_came(desk, row, reached, out);
    return false;
}

void limits_conclude(const struct limits_desk *desk, const struct row *row,
                     struct objective_result *out)
{
    if (!conclude_at_all(desk, row, out)) return;
    uint32_t worst = worst_stage(row, desk->books);
    bool missed = out->missed_stages > 0;
    if (worst != PLAN_NO_INDEX && (missed || row->kind != ROW_SHARE)) {
        out->verdict = row->findings[worst].verdict;
        out->needed_s = row->stages[worst].needed_s;
        limits_show(row, worst, &row->findings[worst], out);
    } else if (is_by_stage(row)) { /* no stage has the three ticks that an interval takes */
        out->verdict = VERDICT_INCONCLUSIVE;
        notes_too_short(out);
    } else {
        double needed_s;
        struct finding f = find_of_all(desk, row, &none_pardoned, &needed_s);
        bool too_small = f.verdict == VERDICT_NOT_JUDGED;
        out->verdict = too_small ? VERDICT_INCONCLUSIVE : f.verdict;
        out->needed_s = needed_s;
        limits_show(row, PLAN_NO_INDEX, &f, out);
    }
    if (row->kind == ROW_TIMES) notes_over_limit(desk, row, out);
    if (row->kind == ROW_TIMES) notes_no_end(desk, row, out);
    if (row->kind == ROW_TIMES) notes_answered_only(desk, row, out);
    if (row->kind == ROW_SEEN) notes_gaps(desk, row, out);
    /* What a dead target would have had of errors, had it gone on, nobody knows. */
    bool silent = row->kind == ROW_SHARE && notes_silence(desk, row, out);
    if (silent && out->verdict == VERDICT_HOLDS) out->verdict = VERDICT_INCONCLUSIVE;
    notes_too_close(row, out);
    if (out->verdict != VERDICT_INCONCLUSIVE) out->needed_s = (double)NAN;
    /* What was seen may miss the limit; it can't tell that the rest would have kept it. */
    if (out->verdict != VERDICT_MISSED && notes_unseen_stages(desk, row, out)) {
        out->verdict = VERDICT_INCONCLUSIVE;
    }
}

#define PARDON_TELLS 0.9 /* of a time: what is pardoned took a tenth off it, or did not decide */
/* `f`, with what is pardoned left out, is not missed as `found` is. Nor is a time by what was seen,
 * unless it is another one then: an interval may lose its end by a hair. */
static bool clears(const struct row *row, const struct finding *found, const struct finding *f)
{
    if (f->verdict == VERDICT_MISSED) return false;
    if (row->kind != ROW_TIMES || isnan(f->value) || isnan(found->value)) return true;
    return claim_met(row->objective, f->value) || f->value <= PARDON_TELLS * found->value;
}

bool limits_pardoned(const struct limits_desk *desk, const struct row *row,
                     const struct limits_pardon *pardon)
{
    /* Stages say nothing of the windows that a watch is judged by. */
    bool slides = desk->books->header->watch_ns > 0 && !desk->books->header->window;
    if (slides || rows_is_once(row)) return false;
    double needed_s;
    bool by_stage = false;
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        bool missed = row->findings[s].verdict == VERDICT_MISSED;
        if (!missed || !rows_apply(row, desk->books, s)) continue;
        by_stage = true;
        if (silence_against(desk, row, s)) return false; /* that is none of prony's doing */
        struct finding f = find_in(desk, row, s, pardon, &needed_s);
        if (!clears(row, &row->findings[s], &f)) return false;
    }
    if (is_by_stage(row) || (row->kind == ROW_TIMES && by_stage)) return by_stage;
    struct finding found = find_of_all(desk, row, &none_pardoned, &needed_s);
    struct finding f = find_of_all(desk, row, pardon, &needed_s);
    return clears(row, &found, &f);
}
