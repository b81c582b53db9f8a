#include "show/style.h"

static const char *code_of(const struct show_style *style, enum tone tone)
{
    switch (tone) {
    case TONE_PLAIN:
        return "";
    case TONE_STRONG:
        return "\033[1m";
    case TONE_DIM:
        return style->colors_256 ? "\033[38;5;245m" : "\033[90m";
    case TONE_GOOD:
        return style->colors_256 ? "\033[38;5;75m" : "\033[94m";
    case TONE_NEAR:
        return style->colors_256 ? "\033[38;5;214m" : "\033[33m";
    case TONE_BAD:
        return style->colors_256 ? "\033[1;38;5;202m" : "\033[1;31m";
    }
    return "";
}

void style_begin(struct text *out, const struct show_style *style, enum tone tone)
{
    if (style->color) text_adds(out, code_of(style, tone));
}

void style_end(struct text *out, const struct show_style *style, enum tone tone)
{
    if (style->color && tone != TONE_PLAIN) text_adds(out, "\033[0m");
}

void style_add(struct text *out, const struct show_style *style, enum tone tone, const char *word)
{
    style_begin(out, style, tone);
    text_adds(out, word);
    style_end(out, style, tone);
}

/* ---- ASCII ---- */

static const struct {
    const char *from;
    char to;
} plain[] = {
    {"✓", '+'}, {"✗", 'x'}, {"⚠", '!'}, {"≥", '>'}, {"≤", '<'}, {"…", '~'}, {"–", '-'},
    {"·", '|'}, {"×", 'x'}, {"→", '>'}, {"µ", 'u'}, {"▁", '.'}, {"▂", ':'}, {"▃", '-'},
    {"▄", '='}, {"▅", '+'}, {"▆", '*'}, {"▇", '#'}, {"█", '@'}, {"▲", '^'}, {"▼", 'v'},
};

static char plain_of(struct bytes character)
{
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        if (bytes_is(character, plain[i].from)) return plain[i].to;
    }
    return '?';
}

void style_to_ascii(struct text *out, const struct show_style *style, size_t from)
{
    if (!style->ascii) return;
    size_t to = from;
    for (size_t i = from; i < out->len;) {
        size_t len = 1;
        while (i + len < out->len && ((unsigned char)out->at[i + len] & 0xc0) == 0x80) len++;
        struct bytes character = {out->at + i, len};
        out->at[to++] = len > 1 ? plain_of(character) : out->at[i];
        i += len;
    }
    out->len = to;
    out->at[to] = '\0';
}

/* ---- lines ---- */

void style_wrap(struct text *out, const struct show_style *style, struct bytes label,
                enum tone tone, size_t indent, struct bytes body)
{
    size_t width = style->width > STYLE_WIDTH_MIN ? style->width : STYLE_WIDTH_MIN;
    style_begin(out, style, tone);
    text_add(out, label);
    style_end(out, style, tone);
    size_t column = text_columns(label);
    bool fresh = true; /* nothing stands on this line but label or indent */
    while (body.len > 0) {
        size_t end = bytes_find(body, BYTES_LIT(" "));
        struct bytes word = {body.at, end < body.len ? end : body.len};
        body = bytes_from(body, word.len + 1);
        if (word.len == 0) continue;
        size_t columns = text_columns(word);
        if (!fresh && column + 1 + columns > width) {
            text_addc(out, '\n', 1);
            text_addc(out, ' ', indent);
            column = indent;
            fresh = true;
        }
        if (!fresh) {
            text_addc(out, ' ', 1);
            column++;
        }
        text_add(out, word);
        column += columns;
        fresh = false;
    }
    text_addc(out, '\n', 1);
}

/* Bytes of `line` that fit into `columns`, up to the last blank before what does not: one behind a
 * mark of punctuation if it leaves the line at least half full. All of it where it fits or has no
 * blank behind `indent`. */
static size_t fold_at(struct bytes line, size_t columns, size_t indent)
{
    size_t seen = 0;
    size_t blank = line.len;
    size_t clause = line.len;
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] == '\033') {
            while (i < line.len && line.at[i] != 'm') i++;
            continue;
        }
        if (((unsigned char)line.at[i] & 0xc0) == 0x80) continue;
        if (line.at[i] == ' ' && seen > indent) {
            blank = i;
            if (seen * 2 >= columns && strchr(",;:", line.at[i - 1])) clause = i;
        }
        if (++seen > columns) return clause < line.len ? clause : blank;
    }
    return line.len;
}

void style_fold(struct text *out, const struct show_style *style, size_t indent, struct bytes line)
{
    size_t width = style->width > STYLE_WIDTH_MIN ? style->width : STYLE_WIDTH_MIN;
    for (bool first = true; line.len > 0; first = false) {
        if (!first) {
            text_addc(out, '\n', 1);
            text_addc(out, ' ', indent);
        }
        size_t len = line.len;
        if (style->width > 0)
            len = fold_at(line, first ? width : width - indent, first ? indent : 0);
        text_add(out, (struct bytes){line.at, len});
        line = bytes_from(line, len + 1);
    }
}
