/* canvas.h - a screenful of characters with tones, and the bytes that turn one into the next.
 *
 * Why: what is shown is composed as plain data, so a test can look at any size without a terminal,
 * and only cells that changed are sent. Why not ncurses: docs/decisions/0008.
 * Source: ECMA-48 (CUP, SGR); Unicode TR11 for the characters that take two columns.
 * Thread: main.  Memory: the arena given. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "show/style.h"

#define CANVAS_ROWS_MAX 200
#define CANVAS_COLUMNS_MAX 400

struct canvas_cell {
    uint32_t rune; /* code point; 0: the right half of the one before, or not known */
    uint32_t tone; /* enum tone */
};

struct canvas {
    struct canvas_cell *cells; /* [CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX], row by row */
    uint32_t rows, columns;
    bool ascii; /* every other character becomes one of ASCII */
};

/* False: the arena is too small. */
MUST_USE bool canvas_init(struct canvas *c, struct arena *arena);
/* All blank, of this size or the largest there is. */
void canvas_clear(struct canvas *c, uint32_t rows, uint32_t columns);
/* Nothing is known of what a terminal shows: the next canvas_update() from it draws all. */
void canvas_forget(struct canvas *c);
/* Writes from `column` up to the right edge, or to `end` where that is nearer. The column after
 * it. Outside the canvas nothing happens. */
uint32_t canvas_put(struct canvas *c, uint32_t row, uint32_t column, enum tone tone,
                    struct bytes words);
/* In `width` columns; what is too long ends with an ellipsis. */
void canvas_put_in(struct canvas *c, uint32_t row, uint32_t column, uint32_t width, enum tone tone,
                   struct bytes words);
/* So that it ends before column `end`; cut at its start's column 0. */
void canvas_put_right(struct canvas *c, uint32_t row, uint32_t end, enum tone tone,
                      struct bytes words);
/* Columns that `words` takes here. */
uint32_t canvas_columns(struct bytes words);
/* Appends what turns a terminal that shows `shown` into `next`, and makes `shown` the same. False:
 * `out` is too short; `shown` is then forgotten. */
bool canvas_update(struct canvas *shown, const struct canvas *next, const struct show_style *style,
                   struct text *out);
