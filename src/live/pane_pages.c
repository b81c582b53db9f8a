/* Events at the foot of the view, and the pages that take its place: errors and help. */
#include <math.h>

#include "live/pane_priv.h"
#include "show/amount.h"

#define SAMPLE_ROWS 4 /* of one reply */
#define WORDS_BYTES 512
#define LINE_INDENT 10 /* of what is folded: behind the time */
#define FOLD_ROWS 5    /* of events, from which on they are folded */

/* ---- events ---- */

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

/* ---- errors ---- */

static void paint_outcome(const struct pane *pane, uint32_t row, enum outcome outcome)
{
    struct canvas *c = pane->canvas;
    const struct feed *f = pane->view->feed;
    uint64_t count = f->outcomes[outcome];
    enum tone tone = outcome == OUTCOME_OK || count == 0 ? TONE_PLAIN : TONE_BAD;
    char array[64];
    struct text text = text_in(array, sizeof array);
    const char *mark = outcome == OUTCOME_OK ? "✓" : "✗";
    canvas_put(c, row, 1, outcome == OUTCOME_OK ? TONE_GOOD : tone, bytes_of(mark));
    canvas_put_in(c, row, 3, 10, tone, bytes_of(tick_outcome_name(outcome)));
    amount_count(&text, (double)count);
    canvas_put_right(c, row, 25, tone, text_bytes(&text));
    text_clear(&text);
    amount_share(&text, (double)count / (double)f->ended);
    canvas_put_right(c, row, 37, tone, text_bytes(&text));
    text_clear(&text);
    pane_strip_clock(&text, f->first_ns[outcome]);
    canvas_put_right(c, row, 48, TONE_PLAIN, text_bytes(&text));
}

static uint32_t paint_outcomes(const struct pane *pane, uint32_t row)
{
    struct canvas *c = pane->canvas;
    canvas_put(c, row, 3, TONE_DIM, BYTES_LIT("OUTCOME"));
    canvas_put_right(c, row, 25, TONE_DIM, BYTES_LIT("COUNT"));
    canvas_put_right(c, row, 37, TONE_DIM, BYTES_LIT("SHARE"));
    canvas_put_right(c, row, 48, TONE_DIM, BYTES_LIT("FIRST AT"));
    row++;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (pane->view->feed->outcomes[i] > 0) paint_outcome(pane, row++, (enum outcome)i);
    }
    return row;
}

/* The next line of a reply, whose line ends stand in it as \\x0d\\x0a. */
static struct bytes next_line(struct bytes *sample)
{
    size_t at = bytes_find(*sample, BYTES_LIT("\\x0a"));
    struct bytes line = {sample->at, at < sample->len ? at : sample->len};
    *sample = bytes_from(*sample, at < sample->len ? at + 4 : sample->len);
    if (line.len >= 4 && bytes_is(bytes_from(line, line.len - 4), "\\x0d")) line.len -= 4;
    return line;
}

/* Its first line, then what stands behind the head; the head itself where there is no body. */
static uint32_t paint_sample(const struct pane *pane, uint32_t row, struct bytes sample)
{
    uint32_t end = pane->row + pane->rows;
    if (end > row + SAMPLE_ROWS) end = row + SAMPLE_ROWS;
    struct bytes line = next_line(&sample);
    struct bytes body = sample;
    while (body.len > 0 && next_line(&body).len > 0) {
    }
    if (body.len > 0) sample = body;
    for (; row < end && (line.len > 0 || sample.len > 0); line = next_line(&sample)) {
        if (line.len == 0) continue;
        canvas_put_in(pane->canvas, row++, 5, pane->canvas->columns - 6, TONE_DIM, line);
    }
    return row;
}

/* The judge keeps the first of each stage; here one of a kind is enough. */
static bool is_first(const struct result *r, uint32_t index)
{
    const struct exemplar *e = &r->exemplars[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct exemplar *other = &r->exemplars[i];
        if (other->kind == e->kind && other->name == e->name && other->outcome == e->outcome
            && other->status == e->status)
            return false;
    }
    return e->kind == EXEMPLAR_FIRST_ERROR && e->name < r->header->plan->name_count;
}

static uint32_t paint_error(const struct pane *pane, uint32_t row, const struct exemplar *e)
{
    const struct run_header *header = pane->view->feed->header;
    char array[WORDS_BYTES];
    struct text text = text_in(array, sizeof array);
    text_adds(&text, "✗ ");
    text_add_safe(&text, header->plan->names[e->name]);
    text_addf(&text, " · %s", tick_outcome_name(e->outcome));
    if (e->status > 0) text_addf(&text, " %u", e->status);
    text_adds(&text, " · ");
    pane_strip_clock(&text, e->intended_ns);
    text_adds(&text, " in ");
    text_add_safe(&text, run_stage_name(header, e->stage));
    if (e->detail.len > 0) text_adds(&text, " · ");
    text_add(&text, e->detail);
    canvas_put_in(pane->canvas, row, 1, pane->canvas->columns - 2, TONE_BAD, text_bytes(&text));
    return paint_sample(pane, row + 1, e->sample);
}

void pane_errors_paint(const struct pane *pane)
{
    const struct feed *f = pane->view->feed;
    uint32_t end = pane->row + pane->rows;
    if (f->ended == 0) {
        canvas_put(pane->canvas, pane->row + 1, 1, TONE_DIM, BYTES_LIT("no request has ended yet"));
        return;
    }
    uint32_t row = paint_outcomes(pane, pane->row) + 1;
    if (f->outcomes[OUTCOME_OK] == f->ended) {
        canvas_put(pane->canvas, row, 1, TONE_DIM, BYTES_LIT("no errors so far"));
        return;
    }
    canvas_put(pane->canvas, row++, 3, TONE_DIM, BYTES_LIT("FIRST OF EACH KIND, secrets masked"));
    for (uint32_t i = 0; f->result && i < f->result->exemplar_count && row < end; i++) {
        if (is_first(f->result, i)) row = paint_error(pane, row, &f->result->exemplars[i]);
    }
}

/* ---- help ---- */

void pane_help_paint(const struct pane *pane)
{
    static const char *const lines[][2] = {
        {"q", "stop: nothing new is sent, open requests end, then it is judged;"},
        {"", "twice: leave at once. The same as Ctrl-C"},
        {"o", "all objectives"},
        {"e", "how requests ended, and the first error of each kind"},
        {"?", "this page; Esc leads back"},
        {"Ctrl-L", "draw everything again"},
        {"Ctrl-Z", "stop the program; prony then sends nothing, and says so by its lag"},
        {"", ""},
        {"NOW 10s", "of the last ten seconds, within this stage"},
        {"STAGE", "of the stage so far, as it is judged"},
        {"MARGIN", "what is left to the limit where it was worst; the bar is what is used"},
        {"SO FAR", "the verdict if it ended now; wait: too little seen to say"},
        {"signals", "a column is a second, the newest at the right, scaled to their peak"},
        {"offered", "requests that became due and were taken up; done: that ended ok"},
        {"our lag", "what prony itself was late by, p99; high lag makes figures suspect"},
    };
    for (uint32_t i = 0; i < COUNT_OF(lines) && i < pane->rows; i++) {
        canvas_put(pane->canvas, pane->row + i, 2, TONE_STRONG, bytes_of(lines[i][0]));
        canvas_put_in(pane->canvas, pane->row + i, 11, pane->canvas->columns - 12, TONE_PLAIN,
                      bytes_of(lines[i][1]));
    }
}
