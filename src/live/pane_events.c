/* Events at the foot of the view, the newest last. */
#include "live/pane_priv.h"

#define LINE_INDENT 10 /* of what is folded: behind the time */
#define FOLD_ROWS 5    /* of events, from which on they are folded */

static enum tone tone_of(const char *line)
{
    struct bytes words = bytes_of(line);
    if (bytes_find(words, BYTES_LIT("✗")) < words.len) return TONE_BAD;
    if (bytes_find(words, BYTES_LIT("⚠")) < words.len) return TONE_NEAR;
    if (bytes_find(words, BYTES_LIT("✓")) < words.len) return TONE_GOOD;
    return TONE_PLAIN;
}

/* A line in as many rows as it needs, its last one above `end`. The row it begins in, which may lie
 * above the pane: such rows are left out. */
static int64_t paint_line(const struct pane *pane, int64_t end, const char *line, bool fold)
{
    struct canvas *c = pane->canvas;
    char array[FEED_LINE_BYTES * 2];
    struct text text = text_in(array, sizeof array);
    struct show_style style = {.width = fold ? c->columns - 1 : 0};
    style_fold(&text, &style, LINE_INDENT, bytes_of(line));
    struct bytes left = text_bytes(&text);
    int64_t row = end;
    for (size_t i = 0; i < left.len; i++) row -= left.at[i] == '\n';
    row--;
    int64_t first = row;
    while (left.len > 0) {
        size_t len = bytes_find(left, BYTES_LIT("\n"));
        if (len > left.len) len = left.len;
        if (row >= pane->row) {
            canvas_put_in(c, (uint32_t)row, 0, c->columns - 1, tone_of(line),
                          (struct bytes){left.at, len});
        }
        row++;
        left = bytes_from(left, len + 1);
    }
    return first;
}

void pane_events_paint(const struct pane *pane)
{
    /* From the foot up, the newest last; where there are few rows a line has one. */
    int64_t row = (int64_t)pane->row + pane->rows;
    for (uint32_t back = 0; row > pane->row; back++) {
        const char *line = feed_line_at(pane->view->feed, back);
        if (!line) return;
        row = paint_line(pane, row, line, pane->rows >= FOLD_ROWS);
    }
}
