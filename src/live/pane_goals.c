/* The objectives: what each asks for, what is now, in this stage, and how it stands so far. */
#include <math.h>

#include "live/pane_priv.h"
#include "plan/objective_words.h"
#include "show/amount.h"
#include "show/objective_row.h"

#define CELL_BYTES 160
#define BAR 10  /* columns of the bar of a margin */
#define WIDE 80 /* from here on there is room for what is far beyond its limit */

enum column { SUBJECT, GOAL, NOW, STAGE, MARGIN, SO_FAR, WORST, COLUMNS };

struct grid {
    uint32_t at[COLUMNS], width[COLUMNS]; /* width 0: left out */
    bool bars;
};

static uint32_t count_of(const struct view *view)
{
    return view->feed->result ? view->feed->result->objective_count : 0;
}

uint32_t pane_goals_rows(const struct view *view)
{
    uint32_t count = count_of(view);
    return count > 0 ? 1 + count : 2;
}

static void add_goal(struct text *out, const struct objective *o)
{
    struct bytes text = bytes_trim(bytes_from(o->text, objective_words_goal(o->text)));
    text_add_safe(out, text);
}

static void add_value(struct text *out, const struct objective_result *o, double value,
                      bool at_least)
{
    if (!isnan(value) && at_least) text_adds(out, "≥ ");
    amount_of(out, o->objective, value);
}

/* Of the newest result, which is what feed->now stands beside. */
static uint32_t index_of(const struct feed *f, const struct objective_result *o)
{
    return (uint32_t)(o - f->result->objectives);
}

static void add_margin(struct text *out, const struct objective_result *o, bool wide)
{
    if (isnan(o->margin)) {
        text_adds(out, AMOUNT_NONE);
        return;
    }
    if (wide && objective_row_far_beyond(out, o->margin)) {
        text_adds(out, " limit");
        return;
    }
    double percent = o->margin < 0 ? floor(o->margin * 100) : floor(o->margin * 100 + 1e-9);
    if (percent < -999) text_adds(out, "<−999 %");
    else if (percent > 999) text_adds(out, ">999 %");
    else text_addf(out, "%s%.0f %%", percent < 0 ? "−" : "", fabs(percent));
}

/* An amount that some stage has yet to reach: nothing to worry about while stages are left. */
static bool is_ahead(const struct objective_result *o)
{
    return objective_is_capacity(o->objective) && o->verdict == VERDICT_INCONCLUSIVE;
}

static enum tone tone_of(const struct objective_result *o)
{
    return is_ahead(o) ? TONE_DIM : objective_row_tone(o);
}

static const char *word_of(const struct objective_result *o)
{
    if (is_ahead(o)) return "not yet";
    switch (o->verdict) {
    case VERDICT_HOLDS:
        return "holds";
    case VERDICT_MISSED:
        return o->objective->warn ? "warns" : "MISSED";
    case VERDICT_INCONCLUSIVE:
        return "wait";
    case VERDICT_INVALID:
        return "invalid";
    case VERDICT_NOT_JUDGED:
        break;
    }
    return AMOUNT_NONE;
}

static void fill_cell(const struct feed *f, const struct objective_result *o, enum column column,
                      struct text *out)
{
    uint32_t index = index_of(f, o);
    bool known = f->any_tick && o->stages && f->stage < run_stage_count(f->header);
    switch (column) {
    case SUBJECT:
        objective_row_subject(out, f->result, o);
        break;
    case GOAL:
        add_goal(out, o->objective);
        break;
    case NOW:
        if (index < FEED_OBJECTIVES) add_value(out, o, f->now[index].value, f->now[index].at_least);
        break;
    case STAGE:
        if (known) add_value(out, o, o->stages[f->stage].value, o->stages[f->stage].at_least);
        break;
    case MARGIN:
        add_margin(out, o, true);
        break;
    case SO_FAR:
        text_adds(out, word_of(o));
        break;
    case WORST:
        if (o->stage != PLAN_NO_INDEX) text_add_safe(out, run_stage_name(f->header, o->stage));
        else text_adds(out, isnan(o->value) ? AMOUNT_NONE : "all");
        break;
    case COLUMNS:
        break;
    }
}

/* Columns from left to right; where there is no room WORST AT goes first, then the bars. */
static struct grid make_grid(const struct pane *pane)
{
    const struct feed *f = pane->view->feed;
    uint32_t widest[COLUMNS] = {9, 4, 10, 10, 7, 7, 8};
    for (uint32_t i = 0; i < count_of(pane->view); i++) {
        static const enum column measured[] = {SUBJECT, GOAL, MARGIN, WORST};
        for (size_t k = 0; k < COUNT_OF(measured); k++) {
            if (measured[k] == MARGIN && pane->canvas->columns < WIDE) continue;
            char array[CELL_BYTES];
            struct text text = text_in(array, sizeof array);
            fill_cell(f, &f->result->objectives[i], measured[k], &text);
            uint32_t columns = canvas_columns(text_bytes(&text));
            if (columns > widest[measured[k]]) widest[measured[k]] = columns;
        }
    }
    struct grid grid = {.bars = pane->canvas->columns >= 92};
    if (grid.bars) widest[MARGIN] += BAR + 2;
    if (pane->canvas->columns < 100) widest[WORST] = 0;
    if (widest[WORST] > 16) widest[WORST] = 16;
    if (widest[GOAL] > 18) widest[GOAL] = 18;
    uint32_t others = 3 + 1;
    for (int i = GOAL; i < COLUMNS; i++) others += widest[i] > 0 ? widest[i] + 2 : 0;
    uint32_t room = pane->canvas->columns > others ? pane->canvas->columns - others : 0;
    if (widest[SUBJECT] > room) widest[SUBJECT] = room;
    uint32_t at = 3;
    for (int i = 0; i < COLUMNS; i++) {
        grid.at[i] = at;
        grid.width[i] = widest[i];
        if (widest[i] > 0) at += widest[i] + 2;
    }
    return grid;
}

static bool is_right(enum column column)
{
    return column == NOW || column == STAGE;
}

static void put(const struct pane *pane, const struct grid *grid, uint32_t row, enum column column,
                enum tone tone, struct bytes words)
{
    uint32_t at = grid->at[column];
    uint32_t width = grid->width[column];
    if (is_right(column) && canvas_columns(words) <= width)
        canvas_put_right(pane->canvas, row, at + width, tone, words);
    else canvas_put_in(pane->canvas, row, at, width, tone, words);
}

static void paint_title(const struct pane *pane, const struct grid *grid)
{
    static const char *const titles[COLUMNS] = {"OBJECTIVE", "GOAL",   "NOW 10s", "STAGE",
                                                "MARGIN",    "SO FAR", "WORST AT"};
    for (int i = 0; i < COLUMNS; i++)
        put(pane, grid, pane->row, (enum column)i, TONE_DIM, bytes_of(titles[i]));
}

/* How much of the limit is used, or of an amount that must be reached is there. */
static void paint_margin(const struct pane *pane, const struct grid *grid, uint32_t row,
                         const struct objective_result *o)
{
    char array[CELL_BYTES];
    struct text text = text_in(array, sizeof array);
    add_margin(&text, o, pane->canvas->columns >= WIDE);
    uint32_t end = grid->at[MARGIN] + grid->width[MARGIN];
    enum tone tone = isnan(o->margin) ? TONE_DIM : tone_of(o);
    canvas_put_right(pane->canvas, row, end, tone, text_bytes(&text));
    if (!grid->bars || isnan(o->margin)) return;
    bool above = o->objective->metric == METRIC_THROUGHPUT || objective_is_capacity(o->objective);
    double share = above ? 1 + o->margin : 1 - o->margin;
    if (!(share > 0)) share = 0;
    uint32_t full = share >= 1 ? BAR : (uint32_t)(share * BAR + 0.5);
    for (uint32_t i = 0; i < BAR; i++) {
        canvas_put(pane->canvas, row, grid->at[MARGIN] + i, i < full ? tone : TONE_DIM,
                   bytes_of(i < full ? "█" : "░"));
    }
}

static void paint_row(const struct pane *pane, const struct grid *grid, uint32_t row,
                      const struct objective_result *o)
{
    enum tone tone = tone_of(o);
    canvas_put(pane->canvas, row, 1, tone, bytes_of(objective_row_mark(o)));
    for (int i = 0; i < COLUMNS; i++) {
        char array[CELL_BYTES];
        struct text text = text_in(array, sizeof array);
        if (i == MARGIN) {
            paint_margin(pane, grid, row, o);
            continue;
        }
        fill_cell(pane->view->feed, o, (enum column)i, &text);
        enum tone own = i == SO_FAR || i == SUBJECT ? tone : TONE_PLAIN;
        if (i == SUBJECT && o->verdict == VERDICT_HOLDS) own = TONE_PLAIN;
        put(pane, grid, row, (enum column)i, own, text_bytes(&text));
    }
}

/* Those that there is no row for: misses come first, so the rest are the least interesting. */
static void paint_rest(const struct pane *pane, uint32_t row, uint32_t from, uint32_t count)
{
    const struct result *r = pane->view->feed->result;
    uint32_t held = 0;
    for (uint32_t i = from; i < count; i++)
        held += objective_row_rank(objective_row_at(r, i)) == OBJECTIVE_ROW_HOLDS;
    char array[CELL_BYTES];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "… %u more, ", count - from);
    if (held == count - from) text_adds(&text, "all hold");
    else text_addf(&text, "%u of them hold", held);
    canvas_put(pane->canvas, row, 1, TONE_DIM, text_bytes(&text));
}

void pane_goals_paint(const struct pane *pane)
{
    struct grid grid = make_grid(pane);
    uint32_t count = count_of(pane->view);
    uint32_t end = pane->row + pane->rows;
    if (pane->rows == 0) return;
    paint_title(pane, &grid);
    if (count == 0) {
        const char *words = pane->view->feed->result ? "none: this run is not judged" : "…";
        canvas_put(pane->canvas, pane->row + 1, 3, TONE_DIM, bytes_of(words));
        return;
    }
    uint32_t row = pane->row + 1;
    for (uint32_t i = 0; i < count && row < end; i++, row++) {
        if (row + 1 == end && i + 1 < count) {
            paint_rest(pane, row, i, count);
            return;
        }
        paint_row(pane, &grid, row, objective_row_at(pane->view->feed->result, i));
    }
}
