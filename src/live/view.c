#include "live/view.h"

#include "live/pane_priv.h"

#define HEAD_ROWS 3
#define EVENT_ROWS_MIN 2
#define EVENT_ROWS_GOOD 6
#define EVENT_ROWS_MAX 14
#define SIGNAL_ROWS_MIN 5
#define GOAL_ROWS_MIN 3 /* the title, one row and how many more there are */

static uint32_t less_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void paint_small(struct canvas *c)
{
    char array[160];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "too small: %ux%u, the live view needs %ux%u", c->columns, c->rows,
              VIEW_COLUMNS_MIN, VIEW_ROWS_MIN);
    struct bytes words = text_bytes(&text);
    /* Folded by hand: here every column counts. */
    for (uint32_t row = 0; row < c->rows && words.len > 0; row++) {
        canvas_put(c, row, 0, TONE_PLAIN, words);
        words = bytes_from(words, c->columns);
    }
    canvas_put(c, c->rows - 1, 0, TONE_DIM, BYTES_LIT("the run goes on; q stops it"));
}

/* `text` with the keys in it strong: `[q] stop`. */
static void put_keys(struct canvas *c, uint32_t row, const char *keys)
{
    uint32_t column = 1;
    for (struct bytes left = bytes_of(keys); left.len > 0;) {
        bool key = left.at[0] == '[';
        size_t end = bytes_find(left, key ? BYTES_LIT("]") : BYTES_LIT("["));
        size_t len = end < left.len ? end + (key ? 1 : 0) : left.len;
        column =
            canvas_put(c, row, column, key ? TONE_STRONG : TONE_DIM, (struct bytes){left.at, len});
        left = bytes_from(left, len);
    }
}

static void paint_foot(struct canvas *c, const struct view *view)
{
    uint32_t row = c->rows - 1;
    if (view->note[0]) {
        canvas_put_in(c, row, 1, c->columns - 2, TONE_STRONG, bytes_of(view->note));
    } else if (view->ending == VIEW_LEAVING) {
        canvas_put(c, row, 1, TONE_NEAR, BYTES_LIT("leaving: what is open is cut"));
    } else if (view->ending == VIEW_STOPPING) {
        canvas_put(c, row, 1, TONE_NEAR,
                   BYTES_LIT("stopping: nothing new is sent, open requests end; q leaves at once"));
    } else {
        const char *steering = !view->steers ? ""
                               : view->holds ? "[p] release  [+/-] rate  "
                                             : "[p] hold  [+/-] rate  ";
        char array[160];
        struct text keys = text_in(array, sizeof array);
        bool narrow = c->columns < (view->page == VIEW_MAIN ? 78 : 90);
        text_addf(&keys, "%s%s%s%s[e] errors  [?] help",
                  view->page == VIEW_MAIN ? ""
                  : narrow                ? "[Esc]  "
                                          : "[Esc] back  ",
                  narrow ? "[q] stop  " : "[q] stop & judge  ", steering,
                  narrow ? "" : "[o] objectives  ");
        put_keys(c, row, array);
    }
}

/* Who gets the rows between head and foot: objectives all of them if they leave the others enough,
 * then signals, then events; what is left over makes the signals higher. */
static void paint_main(struct canvas *c, const struct view *view, uint32_t rows)
{
    uint32_t goals = pane_goals_rows(view);
    uint32_t signals = 1 + pane_signals_count(view);
    uint32_t events = EVENT_ROWS_MIN;
    uint32_t others = less_of(signals, 1 + SIGNAL_ROWS_MIN + (rows > 18 ? 2 : 0)) + events;
    if (goals + others > rows)
        goals = rows > others + GOAL_ROWS_MIN ? rows - others : GOAL_ROWS_MIN;
    if (goals + events + signals > rows) signals = rows - goals - events;
    uint32_t left = rows - goals - signals - events;
    uint32_t more = less_of(left, EVENT_ROWS_GOOD - EVENT_ROWS_MIN);
    events += more;
    left -= more;
    uint32_t higher = left / (signals - 1); /* rows that every signal may have more */
    higher = less_of(higher, 2);
    left -= higher * (signals - 1);
    signals += higher * (signals - 1);
    events += less_of(left, EVENT_ROWS_MAX - EVENT_ROWS_GOOD);
    struct pane pane = {c, view, HEAD_ROWS, goals};
    pane_goals_paint(&pane);
    pane.row += pane.rows;
    pane.rows = signals;
    pane_signals_paint(&pane);
    pane.row += pane.rows;
    pane.rows = events;
    pane_events_paint(&pane);
}

void view_paint(struct canvas *c, const struct view *view)
{
    if (c->rows == 0 || c->columns == 0) return;
    if (c->columns < VIEW_COLUMNS_MIN || c->rows < VIEW_ROWS_MIN) {
        paint_small(c);
        return;
    }
    struct pane pane = {c, view, 0, HEAD_ROWS};
    pane_strip_paint(&pane);
    pane.row = HEAD_ROWS;
    pane.rows = c->rows - HEAD_ROWS - 1;
    switch (view->page) {
    case VIEW_MAIN:
        paint_main(c, view, pane.rows);
        break;
    case VIEW_OBJECTIVES:
        pane_goals_paint(&pane);
        break;
    case VIEW_ERRORS:
        pane_errors_paint(&pane);
        break;
    case VIEW_HELP:
        pane_help_paint(&pane);
        break;
    }
    paint_foot(c, view);
}
