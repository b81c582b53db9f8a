#include "plan/diag.h"

#include <assert.h>
#include <stdarg.h>

#define LINE_COLUMNS 96 /* of a source line shown; the rest is cut around the caret */
#define WORD_MAX 64     /* longer words are never near to anything */

bool diag_add(struct diags *diags, enum diag_code code, struct span at, const char *hint,
              const char *format, ...)
{
    struct diag d = {.code = code, .at = at};
    if (d.at.len == 0) d.at.len = 1;
    struct text msg = text_in(d.msg, sizeof d.msg);
    struct text cure = text_in(d.hint, sizeof d.hint);
    va_list args;
    va_start(args, format);
    text_addv(&msg, format, args);
    va_end(args);
    if (hint) text_adds(&cure, hint);

    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *other = &diags->items[i];
        bool same_place = other->code == code && other->at.offset == at.offset && at.line > 0;
        /* One mistake seen from two sides (an alias, a second reading) is told once. */
        if (same_place && strcmp(other->msg, d.msg) == 0) return false;
    }
    if (diags->count == DIAGS_MAX) diags->dropped++;
    else diags->items[diags->count++] = d;
    return false;
}

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The line around `offset`, without its break. */
static struct bytes line_around(struct bytes source, size_t offset, size_t *start)
{
    size_t from = offset;
    size_t to = offset;
    while (from > 0 && !is_break(source.at[from - 1])) from--;
    if (from == 0 && offset >= 3 && bytes_starts(source, BYTES_LIT("\xef\xbb\xbf"))) from = 3;
    while (to < source.len && !is_break(source.at[to])) to++;
    *start = from;
    return (struct bytes){source.at + from, to - from};
}

/* Adds `b` as shown on one line: tabs as one space, other control characters as \xNN. */
static void add_shown(struct text *out, struct bytes b)
{
    size_t from = 0;
    for (size_t i = 0; i < b.len; i++) {
        if (b.at[i] != '\t') continue;
        text_add_safe(out, (struct bytes){b.at + from, i - from});
        text_addc(out, ' ', 1);
        from = i + 1;
    }
    text_add_safe(out, bytes_from(b, from));
}

static size_t shown_columns(struct bytes b)
{
    char array[8 * LINE_COLUMNS];
    struct text t = text_in(array, sizeof array);
    add_shown(&t, b);
    return text_columns(text_bytes(&t));
}

/* Cuts `line` to a window of LINE_COLUMNS bytes or so that holds byte `at`, at code points. */
static void cut_window(struct bytes line, size_t at, size_t *from, size_t *to)
{
    assert(line.at);
    *from = 0;
    *to = line.len;
    if (line.len <= LINE_COLUMNS) return;
    if (at > LINE_COLUMNS / 2) *from = at - LINE_COLUMNS / 2;
    if (*from > line.len - LINE_COLUMNS) *from = line.len - LINE_COLUMNS;
    *to = *from + LINE_COLUMNS;
    while (*from > 0 && is_continuation(line.at[*from])) (*from)--;
    while (*to < line.len && is_continuation(line.at[*to])) (*to)++;
}

static void print_place(struct text *out, const struct diag *d, struct bytes source)
{
    if (!source.at) source = BYTES_LIT("");
    size_t offset = d->at.offset < source.len ? d->at.offset : source.len;
    size_t start;
    size_t from;
    size_t to;
    struct bytes line = line_around(source, offset, &start);
    size_t at = offset - start;
    cut_window(line, at, &from, &to);

    text_addf(out, "%5u | %s", d->at.line, from > 0 ? "..." : "");
    add_shown(out, (struct bytes){line.at + from, to - from});
    text_adds(out, to < line.len ? "...\n" : "\n");

    size_t end = at + d->at.len;
    if (end > to) end = to;
    struct bytes under = {line.at + at, end > at ? end - at : 0};
    size_t width = shown_columns(under);
    text_addc(out, ' ', 6);
    text_adds(out, "| ");
    text_addc(out, ' ',
              (from > 0 ? 3 : 0) + shown_columns((struct bytes){line.at + from, at - from}));
    text_addc(out, '^', width > 0 ? width : 1);
}

/* `--set load.seed=x`, and a caret under what of its value is wrong. */
static void print_word(struct text *out, const struct diag *d, const struct diag_word *word)
{
    struct bytes value = word->value;
    size_t at = d->at.offset < value.len ? d->at.offset : value.len;
    size_t end = at + d->at.len < value.len ? at + d->at.len : value.len;
    size_t from = 0;
    size_t to = value.len;
    if (value.len > LINE_COLUMNS) cut_window(value, at, &from, &to);
    if (end > to) end = to;
    char array[8 * LINE_COLUMNS + 64];
    struct text before = text_in(array, sizeof array);
    bool quoted = !text_is_word(value);
    text_addf(&before, "%s%s%s%s%s", word->flag[0] ? "--" : "", word->flag,
              word->flag[0] ? " " : "", quoted ? "'" : "", from > 0 ? "..." : "");
    text_add_in_quotes(&before, (struct bytes){value.at + from, at - from});
    text_addf(out, "      | %s", array);
    size_t column = text_columns(text_bytes(&before));
    text_clear(&before);
    text_add_in_quotes(&before, (struct bytes){value.at + at, end - at});
    text_add(out, text_bytes(&before));
    size_t width = text_columns(text_bytes(&before));
    text_add_in_quotes(out, (struct bytes){value.at + end, to - end});
    text_addf(out, "%s%s\n", to < value.len ? "..." : "", quoted ? "'" : "");
    text_adds(out, "      | ");
    text_addc(out, ' ', column);
    text_addc(out, '^', width > 0 ? width : 1);
}

const struct diag_word *diag_word_of(const struct diags *diags, const struct diag *d)
{
    if (d->at.line > 0 || d->at.col == 0 || d->at.col > diags->word_count) return NULL;
    return &diags->words[d->at.col - 1];
}

/* Where it is told: words of the command line first, in their order, then by place. */
static uint64_t rank(const struct diag *d)
{
    return d->at.line > 0 ? (UINT64_C(1) << 32) + d->at.offset : d->at.col;
}

/* Insertion sort: few, and those of one place keep the order they were found in. */
void diag_sort(const struct diag **sorted, const struct diags *diags)
{
    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        uint32_t k = i;
        for (; k > 0; k--) {
            assert(sorted[k - 1]);
            if (rank(sorted[k - 1]) <= rank(d)) break;
            sorted[k] = sorted[k - 1];
        }
        sorted[k] = d;
    }
}

void diag_print(struct text *out, const struct diags *diags, struct bytes path, struct bytes source)
{
    const struct diag *sorted[DIAGS_MAX] = {0};
    diag_sort(sorted, diags);

    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *d = sorted[i];
        assert(d);
        const struct diag_word *word = diag_word_of(diags, d);
        bool placed = d->at.line > 0 || word;
        if (d->at.line > 0) {
            text_add_safe(out, path);
            text_addf(out, ":%u:%u: ", d->at.line, d->at.col);
        } else if (word) {
            text_adds(out, "command line: ");
        }
        text_addf(out, "error[P%03d]: ", (int)d->code);
        text_add_safe(out, bytes_of(d->msg));
        text_addc(out, '\n', 1);
        if (d->at.line > 0) print_place(out, d, source);
        else if (word) print_word(out, d, word);
        if (d->hint[0] != '\0') {
            text_addc(out, ' ', placed ? 1 : 6);
            text_add_safe(out, bytes_of(d->hint));
        }
        if (placed || d->hint[0] != '\0') text_addc(out, '\n', 1);
    }
    if (diags->dropped > 0) text_addf(out, "and %u more errors\n", diags->dropped);
}

struct bytes diag_near(const struct diag *d)
{
    struct bytes hint = bytes_of(d->hint);
    struct bytes before = BYTES_LIT("did you mean '");
    size_t at = bytes_find(hint, before);
    struct bytes near = bytes_from(hint, at == SIZE_MAX ? hint.len : at + before.len);
    size_t end = bytes_find(near, BYTES_LIT("'?"));
    near.len = end == SIZE_MAX ? 0 : end;
    return near;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Edit distance where a swap of neighbours counts one (optimal string alignment). */
static uint32_t distance(struct bytes a, struct bytes b)
{
    uint32_t rows[3][WORD_MAX + 1];
    uint32_t *before = rows[0];
    uint32_t *last = rows[1];
    uint32_t *now = rows[2];
    for (uint32_t j = 0; j <= b.len; j++) last[j] = j;
    for (uint32_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (uint32_t j = 1; j <= b.len; j++) {
            char x = lower(a.at[i - 1]);
            char y = lower(b.at[j - 1]);
            uint32_t best = last[j - 1] + (x != y);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            bool swap = i > 1 && j > 1 && x == lower(b.at[j - 2]) && y == lower(a.at[i - 2]);
            if (swap && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            now[j] = best;
        }
        uint32_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b.len];
}

/* The least distance that is already too far. */
static uint32_t too_far(struct bytes word, struct bytes candidate)
{
    /* A third of the letters may be wrong, at least one: short words are near to everything. Where
     * letters are missing it is those of the longer that count. */
    size_t len = word.len > 2 && candidate.len > word.len ? candidate.len : word.len;
    return len < 3 ? 2 : (uint32_t)(len / 3) + 1;
}

/* Whether `candidate` is nearer to `word` than `*best`, which it then becomes. */
static bool is_nearer(struct bytes word, struct bytes candidate, uint32_t *best)
{
    if (word.len == 0 || word.len > WORD_MAX) return false;
    if (candidate.len == 0 || candidate.len > WORD_MAX) return false;
    uint32_t d = distance(word, candidate);
    if (d >= *best || d >= candidate.len || d >= too_far(word, candidate)) return false;
    *best = d;
    return true;
}

const char *diag_nearest(struct bytes word, const char *const *candidates, uint32_t count)
{
    const char *nearest = NULL;
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (is_nearer(word, bytes_of(candidates[i]), &best)) nearest = candidates[i];
    }
    return nearest;
}

struct bytes diag_nearest_name(struct bytes word, const struct bytes *names, uint32_t count)
{
    struct bytes nearest = {0};
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (is_nearer(word, names[i], &best)) nearest = names[i];
    }
    return nearest;
}

void diag_suggest(struct text *hint, struct bytes word, const char *label,
                  const struct bytes *names, uint32_t count)
{
    struct bytes nearest = diag_nearest_name(word, names, count);
    if (nearest.len > 0) {
        text_addf(hint, "did you mean '%.*s'?%s", BYTES_ARG(nearest), count > 0 ? "   " : "");
    }
    if (count > 0) text_adds(hint, label);
    text_adds(hint, count > 0 ? ":" : "");
    for (uint32_t i = 0; i < count; i++) {
        if (hint->len + names[i].len + 6 > hint->size) {
            text_adds(hint, " ...");
            break;
        }
        text_adds(hint, " ");
        text_add(hint, names[i]);
    }
}
