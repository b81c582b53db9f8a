/* The page of errors: how requests ended, and the first error of each kind with its reply. */
#include "live/pane_priv.h"
#include "show/amount.h"

#define SAMPLE_ROWS 4 /* of one reply */
#define WORDS_BYTES 512

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
