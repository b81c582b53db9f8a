/* The signals: a row each, all on one axis of time, the newest second at the right. */
#include <math.h>

#include "base/clock.h"
#include "live/pane_priv.h"
#include "show/amount.h"

#define LABEL 10 /* columns */
#define VALUE 7
#define NOTE 11
#define LEVELS 8 /* of one character */

enum measure { IN_RATE, IN_TIME, IN_SHARE, IN_COUNT, IN_CORES };

/* `keep`: where there is no room for all, the lowest stay. */
static const struct {
    const char *label;
    enum measure measure;
    uint32_t keep;
    uint32_t per_million; /* of the quantile that it is, 0: none */
} signals[SIGNAL_COUNT] = {
    [SIGNAL_OFFERED] = {"offered/s", IN_RATE, 1, 0},
    [SIGNAL_DONE] = {"done/s", IN_RATE, 0, 0},
    [SIGNAL_P50] = {"p50 ms", IN_TIME, 5, 500000},
    [SIGNAL_P95] = {"p95 ms", IN_TIME, 6, 950000},
    [SIGNAL_P99] = {"p99 ms", IN_TIME, 2, 990000},
    [SIGNAL_ERRORS] = {"errors %", IN_SHARE, 3, 0},
    [SIGNAL_IN_FLIGHT] = {"in flight", IN_COUNT, 4, 0},
    [SIGNAL_USERS] = {"users", IN_COUNT, 8, 0},
    [SIGNAL_LAG] = {"our lag ms", IN_TIME, 7, 0},
    [SIGNAL_CPU] = {"our CPU %", IN_CORES, 9, 0},
};

struct axis {
    uint32_t from, width; /* columns of the graphs */
    uint32_t peak;        /* column where PEAK ends */
    uint32_t note;        /* column where NOTE begins, 0: left out */
};

static bool exists(const struct view *view, enum signal signal)
{
    const struct plan *plan = view->feed->header->plan;
    enum model needed = signal == SIGNAL_USERS ? MODEL_CLOSED : MODEL_OPEN;
    if (signal != SIGNAL_USERS && signal != SIGNAL_OFFERED) return true;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (plan->stages[i].model == needed) return true;
    }
    return false;
}

uint32_t pane_signals_count(const struct view *view)
{
    uint32_t count = 0;
    for (int i = 0; i < SIGNAL_COUNT; i++) count += exists(view, (enum signal)i);
    return count;
}

/* ---- numbers ---- */

static void add_number(struct text *out, enum measure measure, double value)
{
    if (isnan(value)) {
        text_adds(out, AMOUNT_NONE);
        return;
    }
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

/* ---- what is too much ---- */

/* The tightest limit on this signal over all requests that counts in this stage; NAN: none. */
static double goal_of(const struct feed *f, enum signal signal)
{
    const struct plan *plan = f->header->plan;
    double goal = (double)NAN;
    for (uint32_t i = 0; f->result && i < f->result->objective_count; i++) {
        const struct objective *o = f->result->objectives[i].objective;
        bool below = o->op == OP_LT || o->op == OP_LE;
        bool quantile = o->metric == METRIC_QUANTILE && signals[signal].per_million > 0
                        && o->per_million == signals[signal].per_million;
        bool errors = o->metric == METRIC_ERRORS && signal == SIGNAL_ERRORS;
        bool here = !o->has_in
                    || (f->stage >= o->stage_first && f->stage < o->stage_first + o->stage_count);
        if (!below || o->scope != SCOPE_ALL || !here || !(quantile || errors)) continue;
        if (isnan(goal) || o->value < goal) goal = o->value;
    }
    if (signal == SIGNAL_LAG && f->header->response_limit_ns > 0)
        goal = (double)f->header->response_limit_ns / 10; /* above, the figures are suspect */
    if (signal == SIGNAL_CPU && f->header->cores > 0) goal = 0.8 * f->header->cores;
    if (f->stage >= plan->stage_count && signal != SIGNAL_LAG && signal != SIGNAL_CPU)
        goal = (double)NAN;
    return goal;
}

/* What a full column stands for. It never stretches a quiet signal to the top. */
static double scale_of(const struct feed *f, enum signal signal, double peak)
{
    double least = 0;
    double goal = goal_of(f, signal);
    switch (signals[signal].measure) {
    case IN_SHARE:
        least = 0.01;
        break;
    case IN_CORES:
        least = 1;
        break;
    case IN_TIME:
        if (signal == SIGNAL_LAG) least = isnan(goal) ? (double)NS_PER_MS : goal;
        break;
    case IN_RATE:
    case IN_COUNT:
        break;
    }
    return peak > least ? peak : least;
}

static double value_at(const struct feed *f, enum signal signal, uint32_t back)
{
    const struct feed_point *point = feed_point(f, back);
    return point ? point->values[signal] : (double)NAN;
}

static double peak_of(const struct feed *f, enum signal signal, uint32_t width)
{
    double peak = (double)NAN;
    for (uint32_t i = 0; i < width; i++) {
        double value = value_at(f, signal, i);
        if (!isnan(value) && !(value <= peak)) peak = value;
    }
    return peak;
}

/* ---- painting ---- */

static struct axis make_axis(const struct canvas *c)
{
    struct axis axis = {.from = 1 + LABEL + 1 + VALUE + 1};
    uint32_t right = VALUE + 2;
    bool note = c->columns >= 100;
    if (note) right += NOTE;
    axis.width = c->columns - axis.from - right;
    axis.peak = axis.from + axis.width + 1 + VALUE;
    axis.note = note ? axis.peak + 2 : 0;
    return axis;
}

static void paint_axis(const struct pane *pane, const struct axis *axis)
{
    struct canvas *c = pane->canvas;
    uint32_t row = pane->row;
    uint64_t tick_ns = pane->view->feed->header->tick_ns;
    char array[32];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "−%llu s", (unsigned long long)(axis->width * tick_ns / NS_PER_S));
    canvas_put(c, row, 1, TONE_DIM, BYTES_LIT("SIGNAL"));
    canvas_put_right(c, row, axis->from - 1, TONE_DIM, BYTES_LIT("NOW"));
    canvas_put(c, row, axis->from, TONE_DIM, text_bytes(&text));
    canvas_put_right(c, row, axis->from + axis->width, TONE_DIM, BYTES_LIT("now"));
    canvas_put_right(c, row, axis->peak, TONE_DIM, BYTES_LIT("PEAK"));
    if (axis->note > 0) canvas_put(c, row, axis->note, TONE_DIM, BYTES_LIT("NOTE"));
}

/* One second: a column of up to `height` characters, its foot in the lowest row. */
static void paint_column(struct canvas *c, uint32_t row, uint32_t column, uint32_t height,
                         double share, enum tone tone)
{
    static const char *const blocks[LEVELS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint32_t level = (uint32_t)(share * LEVELS * height + 0.5);
    if (level == 0) level = 1; /* nothing at all is seen as a line, no value as a gap */
    if (level > LEVELS * height) level = LEVELS * height;
    for (uint32_t i = 0; i < height; i++) {
        uint32_t part = level > LEVELS * i ? level - LEVELS * i : 0;
        if (part > LEVELS) part = LEVELS;
        canvas_put(c, row + height - 1 - i, column, tone, bytes_of(blocks[part]));
    }
}

static enum tone tone_of(enum signal signal, double value, double goal)
{
    bool ours = signal == SIGNAL_LAG || signal == SIGNAL_CPU;
    if (!isnan(goal) && value > goal) return ours ? TONE_NEAR : TONE_BAD;
    return ours || value == 0 ? TONE_DIM : TONE_GOOD;
}

static void paint_note(const struct pane *pane, const struct axis *axis, uint32_t row,
                       enum signal signal, double now)
{
    double goal = goal_of(pane->view->feed, signal);
    bool ours = signal == SIGNAL_LAG || signal == SIGNAL_CPU;
    bool over = !isnan(goal) && now > goal;
    char array[48];
    struct text text = text_in(array, sizeof array);
    if (isnan(goal)) return;
    if (over) text_adds(&text, ours ? "⚠ over " : "✗ over ");
    else text_adds(&text, ours ? "ok to " : "goal ");
    text_addf(&text, "%.3g", signals[signal].measure == IN_TIME ? goal / 1e6 : goal * 100);
    enum tone tone = !over ? TONE_DIM : ours ? TONE_NEAR : TONE_BAD;
    canvas_put_in(pane->canvas, row, axis->note, NOTE, tone, text_bytes(&text));
}

static void paint_signal(const struct pane *pane, const struct axis *axis, uint32_t row,
                         uint32_t height, enum signal signal)
{
    struct canvas *c = pane->canvas;
    const struct feed *f = pane->view->feed;
    enum measure measure = signals[signal].measure;
    uint32_t foot = row + height - 1;
    double peak = peak_of(f, signal, axis->width);
    /* What is offered and what is done are read against each other. */
    double shared = signal == SIGNAL_DONE      ? peak_of(f, SIGNAL_OFFERED, axis->width)
                    : signal == SIGNAL_OFFERED ? peak_of(f, SIGNAL_DONE, axis->width)
                                               : (double)NAN;
    double scale = scale_of(f, signal, shared > peak ? shared : peak);
    double goal = goal_of(f, signal);
    double now = value_at(f, signal, 0);
    char array[48];
    struct text text = text_in(array, sizeof array);
    canvas_put_in(c, foot, 1, LABEL, TONE_PLAIN, bytes_of(signals[signal].label));
    const struct feed_point *point = feed_point(f, 0);
    if (point && point->at_least >> signal & 1) text_adds(&text, "≥");
    add_number(&text, measure, now);
    enum tone tone = isnan(now) ? TONE_DIM : tone_of(signal, now, goal);
    if (tone == TONE_GOOD || tone == TONE_DIM) tone = TONE_STRONG;
    canvas_put_right(c, foot, axis->from - 1, tone, text_bytes(&text));
    for (uint32_t i = 0; i < axis->width; i++) {
        double value = value_at(f, signal, i);
        if (isnan(value)) continue;
        paint_column(c, row, axis->from + axis->width - 1 - i, height,
                     scale > 0 ? value / scale : 0, tone_of(signal, value, goal));
    }
    text_clear(&text);
    add_number(&text, measure, peak);
    canvas_put_right(c, foot, axis->peak, TONE_PLAIN, text_bytes(&text));
    if (axis->note > 0) paint_note(pane, axis, foot, signal, now);
}

/* Whether the signal is among the `room` most telling of those that exist. */
static bool is_kept(const struct view *view, enum signal signal, uint32_t room)
{
    uint32_t before = 0;
    for (int i = 0; i < SIGNAL_COUNT; i++)
        before += exists(view, (enum signal)i) && signals[i].keep < signals[signal].keep;
    return before < room;
}

void pane_signals_paint(const struct pane *pane)
{
    uint32_t count = pane_signals_count(pane->view);
    if (pane->rows < 2) return;
    struct axis axis = make_axis(pane->canvas);
    uint32_t height = (pane->rows - 1) / count;
    if (height == 0) height = 1;
    paint_axis(pane, &axis);
    uint32_t row = pane->row + 1;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        enum signal signal = (enum signal)i;
        if (!exists(pane->view, signal) || !is_kept(pane->view, signal, pane->rows - 1)) continue;
        if (row + height > pane->row + pane->rows) return;
        paint_signal(pane, &axis, row, height, signal);
        row += height;
    }
}
