/* The signals: a row each, all on one axis of time, the newest second at the right. */
#include <math.h>

#include "base/clock.h"
#include "live/pane_priv.h"
#include "live/track.h"
#include "show/table.h"

#define LABEL 10 /* columns */
#define VALUE 7
#define VALUE_OF_SERVICE 11 /* with its unit */
#define NOTE 11
#define LEVELS 8 /* of one character */

struct axis {
    uint32_t label, value; /* columns of a name and of a number */
    uint32_t from, width;  /* columns of the graphs */
    uint32_t peak;         /* column where PEAK ends */
    uint32_t note;         /* column where NOTE begins, 0: left out */
};

uint32_t pane_signals_count(const struct view *view)
{
    struct track tracks[TRACKS_MAX];
    return track_list(view->feed, tracks);
}

/* Names of services' signals are long, and their graphs no worse for a few seconds less. */
static uint32_t label_width(const struct canvas *c, const struct track *tracks, uint32_t count)
{
    uint32_t most = c->columns < 80 ? 14 : c->columns < 100 ? 20 : c->columns < 140 ? 30 : 44;
    uint32_t widest = LABEL;
    for (uint32_t i = 0; i < count; i++) {
        char array[TABLE_CELL_BYTES];
        struct text text = text_in(array, sizeof array);
        track_label(&tracks[i], &text);
        uint32_t columns = canvas_columns(text_bytes(&text));
        if (columns > widest) widest = columns;
    }
    return widest < most ? widest : most;
}

static struct axis make_axis(const struct canvas *c, const struct track *tracks, uint32_t count)
{
    bool services = false;
    for (uint32_t i = 0; i < count; i++) services = services || tracks[i].of_service;
    struct axis axis = {.label = label_width(c, tracks, count),
                        .value = services ? VALUE_OF_SERVICE : VALUE};
    axis.from = 1 + axis.label + 1 + axis.value + 1;
    uint32_t right = axis.value + 2;
    bool note = c->columns >= 100;
    if (note) right += NOTE;
    axis.width = c->columns - axis.from - right;
    axis.peak = axis.from + axis.width + 1 + axis.value;
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

/* Its newest value; a service is asked once a second and answers a moment later. */
static double newest_of(const struct track *track)
{
    double now = track_at(track, 0);
    return track->of_service && isnan(now) ? track_at(track, 1) : now;
}

static void paint_words(const struct pane *pane, const struct axis *axis, uint32_t row,
                        const struct track *track)
{
    struct canvas *c = pane->canvas;
    char array[TABLE_CELL_BYTES];
    char name_array[TABLE_CELL_BYTES];
    struct text text = text_in(array, sizeof array);
    struct text name = text_in(name_array, sizeof name_array);
    track_label(track, &name);
    table_add_sentence(&text, text_bytes(&name), axis->label);
    canvas_put_in(c, row, 1, axis->label, TONE_PLAIN, text_bytes(&text));

    double now = newest_of(track);
    enum tone tone = isnan(now) ? TONE_DIM : track_tone(track, now);
    if (tone == TONE_GOOD || tone == TONE_DIM) tone = TONE_STRONG;
    text_clear(&text);
    if (track_at_least(track)) text_adds(&text, "≥");
    if (axis->note == 0) track_mark(track, &text, now);
    track_say(track, &text, now);
    canvas_put_right(c, row, axis->from - 1, tone, text_bytes(&text));

    text_clear(&text);
    track_say(track, &text, track_peak(track, axis->width));
    canvas_put_right(c, row, axis->peak, TONE_PLAIN, text_bytes(&text));

    if (axis->note == 0) return;
    text_clear(&text);
    tone = track_note(track, &text);
    canvas_put_in(c, row, axis->note, NOTE, tone, text_bytes(&text));
}

static void paint_track(const struct pane *pane, const struct axis *axis, uint32_t row,
                        uint32_t height, const struct track *track)
{
    double scale = track_scale(track, axis->width);
    paint_words(pane, axis, row + height - 1, track);
    for (uint32_t i = 0; i < axis->width; i++) {
        double value = track_at(track, i);
        if (isnan(value)) continue;
        paint_column(pane->canvas, row, axis->from + axis->width - 1 - i, height,
                     scale > 0 ? value / scale : 0, track_tone(track, value));
    }
}

/* Whether it is among the `room` most telling of them. */
static bool is_kept(const struct track *tracks, uint32_t count, uint32_t index, uint32_t room)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < count; i++)
        before += track_keep(&tracks[i]) < track_keep(&tracks[index]);
    return before < room;
}

void pane_signals_paint(const struct pane *pane)
{
    struct track all[TRACKS_MAX];
    struct track kept[TRACKS_MAX];
    uint32_t count = track_list(pane->view->feed, all);
    uint32_t kept_count = 0;
    if (pane->rows < 2) return;
    uint32_t height = (pane->rows - 1) / count;
    if (height == 0) height = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (is_kept(all, count, i, pane->rows - 1)) kept[kept_count++] = all[i];
    }
    struct axis axis = make_axis(pane->canvas, kept, kept_count);
    paint_axis(pane, &axis);
    uint32_t row = pane->row + 1;
    for (uint32_t i = 0; i < kept_count && row + height <= pane->row + pane->rows; i++) {
        paint_track(pane, &axis, row, height, &kept[i]);
        row += height;
    }
}
