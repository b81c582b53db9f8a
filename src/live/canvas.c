#include "live/canvas.h"

#define CELLS ((size_t)CANVAS_ROWS_MAX * CANVAS_COLUMNS_MAX)
#define REPLACEMENT 0xfffd

/* ---- characters ---- */

/* One code point; `*len` bytes of `b`, which is not empty. Bytes that are no UTF-8 count as one. */
static uint32_t decode(struct bytes b, size_t *len)
{
    *len = text_utf8_len(b);
    const unsigned char *at = (const unsigned char *)b.at;
    switch (*len) {
    case 1:
        return at[0] >= 0x20 && at[0] != 0x7f ? at[0] : '?';
    case 2: /* C1 controls steer a terminal as well */
        if (at[0] == 0xc2 && at[1] < 0xa0) return '?';
        return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
    case 3:
        return (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    case 4:
        return (at[0] & 0x07u) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6
               | (at[3] & 0x3fu);
    default:
        *len = 1;
        return REPLACEMENT;
    }
}

static void encode(struct text *out, uint32_t rune)
{
    char at[4];
    size_t len = 0;
    if (rune < 0x80) {
        at[len++] = (char)rune;
    } else if (rune < 0x800) {
        at[len++] = (char)(0xc0 | rune >> 6);
    } else if (rune < 0x10000) {
        at[len++] = (char)(0xe0 | rune >> 12);
        at[len++] = (char)(0x80 | (rune >> 6 & 0x3f));
    } else {
        at[len++] = (char)(0xf0 | rune >> 18);
        at[len++] = (char)(0x80 | (rune >> 12 & 0x3f));
        at[len++] = (char)(0x80 | (rune >> 6 & 0x3f));
    }
    if (rune >= 0x80) at[len++] = (char)(0x80 | (rune & 0x3f));
    text_add(out, (struct bytes){at, len});
}

struct range {
    uint32_t from, to;
};

static bool is_in(uint32_t rune, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rune >= ranges[i].from && rune <= ranges[i].to) return true;
    }
    return false;
}

/* Columns of a character: the names in a plan may be in any script. */
static uint32_t width_of(uint32_t rune)
{
    static const struct range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                        {0x610, 0x61a},   {0x64b, 0x65f},   {0x200b, 0x200f},
                                        {0x202a, 0x202e}, {0x2060, 0x2064}, {0x20d0, 0x20f0},
                                        {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};
    static const struct range two[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf},
                                       {0xac00, 0xd7a3},   {0xf900, 0xfaff},  {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                                       {0x1f680, 0x1faff}, {0x20000, 0x3fffd}};
    if (rune < 0x300) return 1;
    if (is_in(rune, none, COUNT_OF(none))) return 0;
    return is_in(rune, two, COUNT_OF(two)) ? 2 : 1;
}

/* A character of ASCII that says nearly the same. */
static uint32_t plain_of(uint32_t rune)
{
    static const struct {
        uint32_t from;
        char to;
    } plain[] = {
        {0x2713, '+'}, {0x2717, 'x'}, {0x26a0, '!'}, {0x2265, '>'}, {0x2264, '<'}, {0x2026, '~'},
        {0x2013, '-'}, {0x2212, '-'}, {0x00b7, '|'}, {0x00d7, 'x'}, {0x2192, '>'}, {0x00b5, 'u'},
        {0x25cf, '*'}, {0x2501, '='}, {0x2578, '>'}, {0x2500, '-'}, {0x258f, '|'}, {0x2588, '#'},
        {0x2587, '%'}, {0x2586, '*'}, {0x2585, '+'}, {0x2584, '='}, {0x2583, '-'}, {0x2582, ':'},
        {0x2581, '.'}, {0x2591, '.'}, {0x258c, '|'},
    };
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        if (plain[i].from == rune) return (uint32_t)(unsigned char)plain[i].to;
    }
    return '?';
}

/* ---- composing ---- */

bool canvas_init(struct canvas *c, struct arena *arena)
{
    *c = (struct canvas){.cells = ARENA_ARRAY(arena, CELLS, struct canvas_cell)};
    return c->cells != NULL;
}

static struct canvas_cell *cell_at(const struct canvas *c, uint32_t row, uint32_t column)
{
    return &c->cells[(size_t)row * CANVAS_COLUMNS_MAX + column];
}

void canvas_clear(struct canvas *c, uint32_t rows, uint32_t columns)
{
    c->rows = rows < CANVAS_ROWS_MAX ? rows : CANVAS_ROWS_MAX;
    c->columns = columns < CANVAS_COLUMNS_MAX ? columns : CANVAS_COLUMNS_MAX;
    for (uint32_t row = 0; row < c->rows; row++) {
        for (uint32_t i = 0; i < c->columns; i++)
            *cell_at(c, row, i) = (struct canvas_cell){' ', TONE_PLAIN};
    }
}

void canvas_forget(struct canvas *c)
{
    c->rows = c->columns = 0;
}

uint32_t canvas_columns(struct bytes words)
{
    uint32_t columns = 0;
    for (size_t len; words.len > 0; words = bytes_from(words, len)) {
        columns += width_of(decode(words, &len));
    }
    return columns;
}

static uint32_t put_before(struct canvas *c, uint32_t row, uint32_t column, uint32_t end,
                           enum tone tone, struct bytes words)
{
    if (row >= c->rows) return column;
    if (end > c->columns) end = c->columns;
    for (size_t len; words.len > 0; words = bytes_from(words, len)) {
        uint32_t rune = decode(words, &len);
        uint32_t width = width_of(rune);
        if (column + width > end) break;
        if (width == 0) continue; /* marks above a letter are left out */
        bool plain = c->ascii && rune >= 0x80;
        for (uint32_t i = 0; i < width; i++) {
            uint32_t shown = plain ? plain_of(rune) : i == 0 ? rune : 0;
            *cell_at(c, row, column++) = (struct canvas_cell){shown, tone};
        }
    }
    return column;
}

uint32_t canvas_put(struct canvas *c, uint32_t row, uint32_t column, enum tone tone,
                    struct bytes words)
{
    return put_before(c, row, column, c->columns, tone, words);
}

void canvas_put_in(struct canvas *c, uint32_t row, uint32_t column, uint32_t width, enum tone tone,
                   struct bytes words)
{
    if (width == 0) return;
    if (canvas_columns(words) <= width) {
        put_before(c, row, column, column + width, tone, words);
        return;
    }
    uint32_t at = put_before(c, row, column, column + width - 1, tone, words);
    put_before(c, row, at, column + width, tone, BYTES_LIT("…"));
}

void canvas_put_right(struct canvas *c, uint32_t row, uint32_t end, enum tone tone,
                      struct bytes words)
{
    uint32_t columns = canvas_columns(words);
    put_before(c, row, columns < end ? end - columns : 0, end, tone, words);
}

/* ---- sending ---- */

static bool is_same(const struct canvas_cell *a, const struct canvas_cell *b)
{
    return a->rune == b->rune && a->tone == b->tone;
}

static void set_tone(struct text *out, const struct show_style *style, uint32_t *tone,
                     uint32_t wanted)
{
    if (*tone == wanted) return;
    style_end(out, style, (enum tone) * tone);
    style_begin(out, style, (enum tone)wanted);
    *tone = wanted;
}

/* Cells [from, to) of a row, in one go: a run of changed cells. */
static void send_run(struct text *out, const struct canvas *next, const struct show_style *style,
                     uint32_t row, uint32_t from, uint32_t to)
{
    uint32_t tone = TONE_PLAIN;
    text_addf(out, "\033[%u;%uH", row + 1, from + 1);
    for (uint32_t i = from; i < to; i++) {
        const struct canvas_cell *cell = cell_at(next, row, i);
        if (cell->rune == 0) continue; /* its left half took both columns */
        set_tone(out, style, &tone, cell->tone);
        encode(out, cell->rune);
    }
    set_tone(out, style, &tone, TONE_PLAIN);
}

static void update_row(struct canvas *shown, const struct canvas *next,
                       const struct show_style *style, uint32_t row, struct text *out)
{
    for (uint32_t i = 0; i < next->columns;) {
        if (is_same(cell_at(shown, row, i), cell_at(next, row, i))) {
            i++;
            continue;
        }
        /* A character of two columns is sent whole. */
        uint32_t from = i > 0 && cell_at(next, row, i)->rune == 0 ? i - 1 : i;
        while (i < next->columns && !is_same(cell_at(shown, row, i), cell_at(next, row, i))) i++;
        while (i < next->columns && cell_at(next, row, i)->rune == 0) i++;
        send_run(out, next, style, row, from, i);
    }
    memcpy(cell_at(shown, row, 0), cell_at(next, row, 0),
           next->columns * sizeof(struct canvas_cell));
}

bool canvas_update(struct canvas *shown, const struct canvas *next, const struct show_style *style,
                   struct text *out)
{
    if (shown->rows != next->rows || shown->columns != next->columns) {
        canvas_clear(shown, next->rows, next->columns);
        text_adds(out, "\033[0m\033[2J");
    }
    for (uint32_t row = 0; row < next->rows; row++) update_row(shown, next, style, row, out);
    if (out->cut) canvas_forget(shown);
    return !out->cut;
}
