#include "live/track.h"

#include <math.h>

#include "base/clock.h"
#include "show/amount.h"
#include "show/signal_lines.h"

enum measure { IN_RATE, IN_TIME, IN_SHARE, IN_COUNT, IN_CORES };

/* `keep`: where there is no room for all, the lowest stay; the numbers between are those of
 * services. */
static const struct {
    const char *label;
    enum measure measure;
    uint32_t keep;
    uint32_t per_million; /* of the quantile that it is, 0: none */
} signals[SIGNAL_COUNT] = {
    [SIGNAL_OFFERED] = {"offered/s", IN_RATE, 1, 0},
    [SIGNAL_DONE] = {"done/s", IN_RATE, 0, 0},
    [SIGNAL_P50] = {"p50 ms", IN_TIME, 9, 500000},
    [SIGNAL_P95] = {"p95 ms", IN_TIME, 10, 950000},
    [SIGNAL_P99] = {"p99 ms", IN_TIME, 2, 990000},
    [SIGNAL_ERRORS] = {"errors %", IN_SHARE, 3, 0},
    [SIGNAL_IN_FLIGHT] = {"in flight", IN_COUNT, 6, 0},
    [SIGNAL_USERS] = {"users", IN_COUNT, 14, 0},
    [SIGNAL_LAG] = {"our lag ms", IN_TIME, 7, 0},
    [SIGNAL_CPU] = {"our CPU %", IN_CORES, 15, 0},
};

/* Of services, the strongest first: among the others, since each tells of a cause. */
static const uint32_t keeps[SIGNALS_MAX] = {4, 5, 8, 11, 12, 13};

static bool is_ours(const struct track *t)
{
    return !t->of_service && (t->index == SIGNAL_LAG || t->index == SIGNAL_CPU);
}

static const struct signal_row *row_of(const struct track *t)
{
    return &t->feed->shown[t->index];
}

static bool exists(const struct feed *f, enum signal signal)
{
    const struct plan *plan = f->header->plan;
    enum model needed = signal == SIGNAL_USERS ? MODEL_CLOSED : MODEL_OPEN;
    if (signal != SIGNAL_USERS && signal != SIGNAL_OFFERED) return true;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (plan->stages[i].model == needed) return true;
    }
    return false;
}

uint32_t track_list(const struct feed *f, struct track *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SIGNAL_COUNT; i++) {
        for (uint32_t k = 0; i == SIGNAL_LAG && k < f->shown_count; k++)
            out[count++] = (struct track){f, true, k};
        if (exists(f, (enum signal)i)) out[count++] = (struct track){f, false, i};
    }
    return count;
}

uint32_t track_keep(const struct track *t)
{
    if (!t->of_service) return signals[t->index].keep;
    uint32_t stronger = 0;
    for (uint32_t i = 0; i < t->feed->shown_count; i++) {
        double theirs = fabs(t->feed->shown[i].rho);
        double ours = fabs(row_of(t)->rho);
        stronger += theirs > ours || (theirs == ours && i < t->index);
    }
    return keeps[stronger];
}

/* ---- numbers ---- */

void track_label(const struct track *t, struct text *out)
{
    if (t->of_service) signal_lines_name(out, &row_of(t)->series);
    else text_adds(out, signals[t->index].label);
}

void track_say(const struct track *t, struct text *out, double value)
{
    if (isnan(value)) {
        text_adds(out, AMOUNT_NONE);
        return;
    }
    if (t->of_service) {
        amount_series(out, row_of(t)->series.unit, value);
        return;
    }
    enum measure measure = signals[t->index].measure;
    switch (measure) {
    case IN_TIME: {
        double ms = value / (double)NS_PER_MS;
        amount_ms(out, value, ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0);
        break;
    }
    case IN_SHARE:
    case IN_CORES: {
        double percent = value * 100;
        bool fine = percent > 0 && percent < 10 && measure == IN_SHARE;
        if (percent > 0 && percent < 0.01) text_adds(out, "<0.01");
        else text_addf(out, fine ? "%.2f" : "%.0f", percent);
        break;
    }
    case IN_RATE:
        if (value < 100) amount_per_s(out, value);
        else amount_count(out, round(value));
        break;
    case IN_COUNT:
        amount_count(out, value);
        break;
    }
}

double track_at(const struct track *t, uint32_t back)
{
    if (t->of_service) return feed_signal(t->feed, t->index, back);
    const struct feed_point *point = feed_point(t->feed, back);
    return point ? point->values[t->index] : (double)NAN;
}

bool track_at_least(const struct track *t)
{
    const struct feed_point *point = feed_point(t->feed, 0);
    return !t->of_service && point && (point->at_least >> t->index & 1);
}

double track_peak(const struct track *t, uint32_t count)
{
    double peak = (double)NAN;
    for (uint32_t i = 0; i < count; i++) {
        double value = track_at(t, i);
        if (!isnan(value) && !(value <= peak)) peak = value;
    }
    return peak;
}

/* ---- what is too much ---- */

/* The tightest limit on this signal over all requests that counts in this stage; NAN: none. */
static double goal_of(const struct track *t)
{
    const struct feed *f = t->feed;
    const struct plan *plan = f->header->plan;
    double goal = (double)NAN;
    if (t->of_service) return goal;
    uint32_t per_million = signals[t->index].per_million;
    for (uint32_t i = 0; f->result && i < f->result->objective_count; i++) {
        const struct objective *o = f->result->objectives[i].objective;
        bool below = o->op == OP_LT || o->op == OP_LE;
        bool quantile =
            o->metric == METRIC_QUANTILE && per_million > 0 && o->per_million == per_million;
        bool errors = o->metric == METRIC_ERRORS && t->index == SIGNAL_ERRORS;
        bool here = !o->has_in
                    || (f->stage >= o->stage_first && f->stage < o->stage_first + o->stage_count);
        if (!below || o->scope != SCOPE_ALL || !here || !(quantile || errors)) continue;
        if (isnan(goal) || o->value < goal) goal = o->value;
    }
    if (t->index == SIGNAL_LAG && f->header->response_limit_ns > 0)
        goal = (double)f->header->response_limit_ns / 10; /* above, the figures are suspect */
    if (t->index == SIGNAL_CPU && f->header->cores > 0) goal = 0.8 * f->header->cores;
    if (f->stage >= plan->stage_count && !is_ours(t)) goal = (double)NAN;
    return goal;
}

static double least_scale(const struct track *t)
{
    if (t->of_service) return signal_lines_scale(row_of(t)->series.unit);
    double goal = goal_of(t);
    switch (signals[t->index].measure) {
    case IN_SHARE:
        return 0.01;
    case IN_CORES:
        return 1;
    case IN_TIME:
        if (t->index == SIGNAL_LAG) return isnan(goal) ? (double)NS_PER_MS : goal;
        break;
    case IN_RATE:
    case IN_COUNT:
        break;
    }
    return 0;
}

double track_scale(const struct track *t, uint32_t count)
{
    double peak = track_peak(t, count);
    double least = least_scale(t);
    if (!t->of_service && (t->index == SIGNAL_DONE || t->index == SIGNAL_OFFERED)) {
        struct track other = *t;
        other.index = t->index == SIGNAL_DONE ? SIGNAL_OFFERED : SIGNAL_DONE;
        double theirs = track_peak(&other, count);
        if (theirs > peak) peak = theirs;
    }
    return peak > least ? peak : least;
}

static bool is_unusual(const struct track *t, double value)
{
    const struct signal_row *row = row_of(t);
    return !isnan(row->left_s) && (row->above ? value > row->hi : value < row->lo);
}

void track_mark(const struct track *t, struct text *out, double value)
{
    if (t->of_service && is_unusual(t, value)) text_adds(out, row_of(t)->above ? "▲ " : "▼ ");
}

enum tone track_tone(const struct track *t, double value)
{
    double goal = goal_of(t);
    if (t->of_service) {
        if (is_unusual(t, value)) return TONE_NEAR;
        return value == 0 ? TONE_DIM : TONE_GOOD;
    }
    if (!isnan(goal) && value > goal) return is_ours(t) ? TONE_NEAR : TONE_BAD;
    return is_ours(t) || value == 0 ? TONE_DIM : TONE_GOOD;
}

enum tone track_note(const struct track *t, struct text *out)
{
    if (t->of_service) {
        signal_lines_left(out, row_of(t));
        return TONE_NEAR;
    }
    double goal = goal_of(t);
    double now = track_at(t, 0);
    bool over = !isnan(goal) && now > goal;
    if (isnan(goal)) return TONE_DIM;
    if (over) text_adds(out, is_ours(t) ? "⚠ over " : "✗ over ");
    else text_adds(out, is_ours(t) ? "ok to " : "goal ");
    text_addf(out, "%.3g", signals[t->index].measure == IN_TIME ? goal / 1e6 : goal * 100);
    return !over ? TONE_DIM : is_ours(t) ? TONE_NEAR : TONE_BAD;
}
