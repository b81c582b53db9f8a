#include "wire/prom_text.h"

#include <math.h>

#define BAD_SHOWN 200

/* -- Letters -------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_name_start(char c)
{
    char low = (char)(c | 0x20);
    return (low >= 'a' && low <= 'z') || c == '_';
}

/* How long a name stands at the start; of a metric it may hold colons. */
static size_t name_len(struct bytes in, bool of_metric)
{
    size_t len = 0;
    while (len < in.len) {
        char c = in.at[len];
        bool fine = is_name_start(c) || (of_metric && c == ':') || (len > 0 && bytes_is_digit(c));
        if (!fine) break;
        len++;
    }
    return len;
}

static void skip_blanks(struct bytes *rest)
{
    while (rest->len > 0 && is_blank(rest->at[0])) *rest = bytes_from(*rest, 1);
}

/* Takes what stands before the next blank off. */
static struct bytes take_word(struct bytes *rest)
{
    size_t len = 0;
    skip_blanks(rest);
    while (len < rest->len && !is_blank(rest->at[len])) len++;
    struct bytes word = {rest->at, len};
    *rest = bytes_from(*rest, len);
    return word;
}

/* -- Labels --------------------------------------------------------------------------------- */

/* Takes `name="value"` off, and a comma behind it; false: that is not what stands there. */
static bool take_label(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    size_t len = name_len(*rest, false);
    if (len == 0) return false;
    *name = (struct bytes){rest->at, len};
    *rest = bytes_from(*rest, len);
    skip_blanks(rest);
    if (!bytes_starts(*rest, BYTES_LIT("="))) return false;
    *rest = bytes_from(*rest, 1);
    skip_blanks(rest);
    if (!bytes_starts(*rest, BYTES_LIT("\""))) return false;
    *rest = bytes_from(*rest, 1);
    for (len = 0; len < rest->len && rest->at[len] != '"'; len++) {
        if (rest->at[len] == '\\') len++;
    }
    if (len >= rest->len) return false;
    *value = (struct bytes){rest->at, len};
    *rest = bytes_from(*rest, len + 1);
    skip_blanks(rest);
    if (bytes_starts(*rest, BYTES_LIT(","))) *rest = bytes_from(*rest, 1);
    else if (rest->len > 0 && rest->at[0] != '}') return false;
    skip_blanks(rest);
    return true;
}

/* Behind the brace: what stands up to its partner. */
static bool take_labels(struct bytes *rest, struct bytes *labels)
{
    struct bytes names[PROM_LABELS_MAX];
    struct bytes value;
    uint32_t count = 0;
    skip_blanks(rest);
    labels->at = rest->at;
    while (rest->len > 0 && rest->at[0] != '}') {
        if (count == PROM_LABELS_MAX || !take_label(rest, &names[count], &value)) return false;
        for (uint32_t i = 0; i < count; i++) {
            if (bytes_equal(names[i], names[count])) return false;
        }
        count++;
    }
    if (rest->len == 0) return false;
    labels->len = (size_t)(rest->at - labels->at);
    *rest = bytes_from(*rest, 1);
    return true;
}

bool prom_text_label(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    return rest->len > 0 && take_label(rest, name, value);
}

void prom_text_unescape(struct text *out, struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        char next = i + 1 < value.len ? value.at[i + 1] : '\0';
        bool known = c == '\\' && (next == '\\' || next == '"' || next == 'n');
        if (known) i++;
        text_addc(out, !known ? c : next == 'n' ? '\n' : next, 1);
    }
}

/* -- Numbers -------------------------------------------------------------------------------- */

bool prom_text_number(struct bytes word, double *out)
{
    if (bytes_to_double(word, out)) return true;
    struct bytes plain = word;
    bool minus = bytes_starts(plain, BYTES_LIT("-"));
    if (minus || bytes_starts(plain, BYTES_LIT("+"))) plain = bytes_from(plain, 1);
    bool infinite = bytes_same_nocase(plain, BYTES_LIT("inf"))
                    || bytes_same_nocase(plain, BYTES_LIT("infinity"));
    if (infinite) *out = minus ? -(double)INFINITY : (double)INFINITY;
    if (!infinite && !bytes_same_nocase(word, BYTES_LIT("nan"))) return false;
    if (!infinite) *out = (double)NAN;
    return true;
}

/* -- Lines ---------------------------------------------------------------------------------- */

static bool read_sample(const struct prom_text *p, struct bytes rest, struct prom_item *out)
{
    size_t len = name_len(rest, true);
    if (len == 0) return false;
    out->name = (struct bytes){rest.at, len};
    rest = bytes_from(rest, len);
    bool parted = rest.len > 0 && is_blank(rest.at[0]);
    skip_blanks(&rest);
    if (bytes_starts(rest, BYTES_LIT("{"))) {
        rest = bytes_from(rest, 1);
        if (!take_labels(&rest, &out->labels)) return false;
    } else if (!parted) {
        return false;
    }
    if (!prom_text_number(take_word(&rest), &out->value)) return false;
    skip_blanks(&rest);
    if (rest.len == 0 || rest.at[0] == '#') return true; /* an exemplar says nothing to us */
    if (!bytes_to_double(take_word(&rest), &out->time_s)) return false;
    if (!p->open) out->time_s /= 1000;
    skip_blanks(&rest);
    return rest.len == 0 || rest.at[0] == '#';
}

static const struct {
    const char *word;
    enum prom_type type;
} types[] = {{"counter", PROM_COUNTER},
             {"gauge", PROM_GAUGE},
             {"histogram", PROM_HISTOGRAM},
             {"summary", PROM_SUMMARY},
             {"untyped", PROM_UNTYPED},
             {"unknown", PROM_UNTYPED},
             {"gaugehistogram", PROM_GAUGE_HISTOGRAM},
             {"info", PROM_INFO},
             {"stateset", PROM_STATE_SET}};

/* Behind the #. What it does not know is a comment: PROM_END, and the next line is read. */
static enum prom_kind read_comment(const struct prom_text *p, struct bytes rest,
                                   struct prom_item *out)
{
    struct bytes word = take_word(&rest);
    if (p->open && bytes_is(word, "EOF")) return PROM_EOF;
    if (!bytes_is(word, "TYPE")) return PROM_END;
    out->name = take_word(&rest);
    word = take_word(&rest);
    skip_blanks(&rest);
    if (out->name.len == 0 || name_len(out->name, true) < out->name.len || rest.len > 0) {
        return PROM_BAD;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!bytes_is(word, types[i].word)) continue;
        out->type = types[i].type;
        return PROM_TYPE;
    }
    return PROM_BAD;
}

static enum prom_kind read_line(const struct prom_text *p, struct bytes line, struct prom_item *out)
{
    *out = (struct prom_item){.time_s = (double)NAN, .line = line};
    if (out->line.len > BAD_SHOWN) out->line.len = BAD_SHOWN;
    if (line.len > PROM_LINE_MAX) return PROM_BAD;
    skip_blanks(&line);
    if (line.len == 0) return PROM_END;
    if (line.at[0] == '#') return read_comment(p, bytes_from(line, 1), out);
    return read_sample(p, line, out) ? PROM_SAMPLE : PROM_BAD;
}

enum prom_kind prom_text_next(struct prom_text *p, struct prom_item *out)
{
    while (p->rest.len > 0) {
        const char *end = memchr(p->rest.at, '\n', p->rest.len);
        if (!end && p->cut) break;
        struct bytes line = {p->rest.at, end ? (size_t)(end - p->rest.at) : p->rest.len};
        p->rest = bytes_from(p->rest, line.len + 1);
        if (line.len > 0 && line.at[line.len - 1] == '\r') line.len--;
        out->kind = read_line(p, line, out);
        enum prom_kind kind = out->kind;
        if (kind == PROM_EOF) p->rest.len = 0;
        if (kind != PROM_END) return kind;
    }
    p->rest.len = 0;
    *out = (struct prom_item){.kind = PROM_END, .time_s = (double)NAN};
    return PROM_END;
}
