/* style.h - how a text may look: colours, width, plain characters.
 *
 * Why: the caller alone knows the terminal and the environment; below it everything is text.
 * Colour says nothing that a word or a mark does not say too, and no pair is red and green.
 * Source: M. Okabe, K. Ito, Color Universal Design (2008): blue, orange, vermilion.
 * Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define STYLE_WIDTH_MIN 60 /* narrower terminals get lines of this width */

struct show_style {
    bool color;
    bool colors_256; /* with color: else the 16 basic ones */
    bool ascii;      /* nothing beyond ASCII */
    uint32_t width;  /* columns; 0: lines are not folded, tables as wide as STYLE_WIDTH_MIN */
};

enum tone {
    TONE_PLAIN,
    TONE_STRONG, /* bold */
    TONE_DIM,    /* grey: less to say */
    TONE_GOOD,   /* blue: holds */
    TONE_NEAR,   /* orange: holds with under 10 % to spare, undecided, suspect */
    TONE_BAD     /* vermilion: missed, invalid */
};

/* Around a coloured part; nothing without colour. */
void style_begin(struct text *out, const struct show_style *style, enum tone tone);
void style_end(struct text *out, const struct show_style *style, enum tone tone);
/* A word in a tone. */
void style_add(struct text *out, const struct show_style *style, enum tone tone, const char *word);
/* With style->ascii: puts ASCII of the same width for every other character from `from` on. */
void style_to_ascii(struct text *out, const struct show_style *style, size_t from);
/* Writes `label`, then the words of `body` in lines of the style's width, each but the first
 * indented by `indent` columns. Ends with a newline. */
void style_wrap(struct text *out, const struct show_style *style, struct bytes label,
                enum tone tone, size_t indent, struct bytes body);
/* Writes a line that may hold escape sequences and is kept as it is, but for breaks at blanks where
 * it is wider than style->width; what follows a break is indented. No newline at its end. */
void style_fold(struct text *out, const struct show_style *style, size_t indent, struct bytes line);
