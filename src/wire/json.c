#include "wire/json.h"

#include <assert.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* One pass, no recursion. Containers are numbered from 1 outwards in; `on` says that containers
 * 1..on are those the path goes through, so a member is compared with step on - 1 only while
 * depth == on. Once a member matched, or container `on` ended without one, `on` is 0 for good or
 * moves inwards: nothing that follows can be meant by the path, it is only checked. */

#define NOT_MEANT UINT32_MAX

static_assert(JSON_MAX_DEPTH <= 64, "one bit of `objects` for each open container");

struct walk {
    const struct json_path *path;
    const char *at, *end;
    uint64_t objects; /* bit depth - 1: that container is an object */
    uint32_t depth;   /* open containers */
    uint32_t on;
    size_t elements;   /* begun in container `on`, an array */
    const char *found; /* where the value meant starts; NULL: not met yet */
    uint32_t found_depth;
    struct bytes value;
    char *digits; /* [JSON_DIGITS] of the caller */
};

/* --- strings -------------------------------------------------------------------------------- */

/* The four digits of \uXXXX; false when there are not four. */
static bool read_hex4(const char *at, const char *end, uint32_t *out)
{
    if (end - at < 4) return false;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = bytes_hex_value(at[i]);
        if (digit < 0) return false;
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

static size_t put_utf8(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Decodes the escape whose backslash is at `*at` and steps over it; the bytes written to `out`, 0
 * when it is wrong. Two halves of a surrogate pair are one escape. */
static size_t read_escape(const char **at, const char *end, char out[4])
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *s = *at + 1;
    if (s == end) return 0;
    if (*s != 'u') {
        const char *name = *s ? strchr(names, *s) : NULL;
        if (name == NULL) return 0;
        out[0] = values[name - names];
        *at = s + 1;
        return 1;
    }
    uint32_t c;
    uint32_t low = 0;
    if (!read_hex4(s + 1, end, &c)) return 0;
    s += 5;
    if (c >= 0xd800 && c < 0xe000) {
        bool pair = c < 0xdc00 && end - s >= 6 && s[0] == '\\' && s[1] == 'u'
                    && read_hex4(s + 2, end, &low) && low >= 0xdc00 && low < 0xe000;
        c = pair ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
        if (pair) s += 6;
    }
    *at = s;
    return put_utf8(out, c);
}

/* The first quote, backslash or control character from `at` on, or `end`. */
static const char *skip_plain(const char *at, const char *end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\');
    const __m128i low = _mm_set1_epi8(0x1f);
    for (; end - at >= 16; at += 16) {
        __m128i x = _mm_loadu_si128((const __m128i_u *)(const void *)at);
        __m128i hit =
            _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(x, low), x),
                         _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask) return at + __builtin_ctz(mask);
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) at++;
    return at;
}

/* Steps over the string at `w->at`; `*raw` is what stands between the quotes. */
static bool read_string(struct walk *w, struct bytes *raw)
{
    char ignored[4];
    if (w->at == w->end || *w->at != '"') return false;
    const char *from = w->at + 1;
    const char *s = from;
    for (;;) {
        s = skip_plain(s, w->end);
        if (s == w->end || (unsigned char)*s < 0x20) return false;
        if (*s == '"') break;
        if (read_escape(&s, w->end, ignored) == 0) return false;
    }
    *raw = (struct bytes){from, (size_t)(s - from)};
    w->at = s + 1;
    return true;
}

/* Whether the escaped `raw`, well formed, spells `key`. */
static bool same_key(struct bytes raw, struct bytes key)
{
    if (raw.len == 0 || memchr(raw.at, '\\', raw.len) == NULL) return bytes_equal(raw, key);
    const char *s = raw.at;
    const char *end = raw.at + raw.len;
    size_t at = 0;
    while (s < end) {
        char decoded[4];
        size_t len = 1;
        if (*s == '\\') len = read_escape(&s, end, decoded);
        else decoded[0] = *s++;
        if (key.len - at < len || memcmp(key.at + at, decoded, len) != 0) return false;
        at += len;
    }
    return at == key.len;
}

/* Code points of the escaped `raw`, well formed. */
static size_t count_points(struct bytes raw)
{
    const char *s = raw.at;
    const char *end = raw.at + raw.len;
    size_t count = 0;
    while (s < end) {
        char ignored[4];
        if (*s == '\\') {
            read_escape(&s, end, ignored);
            count++;
        } else {
            count += ((unsigned char)*s++ & 0xc0) != 0x80;
        }
    }
    return count;
}

/* --- the walk ------------------------------------------------------------------------------- */

static void skip_blank(struct walk *w)
{
    while (w->at < w->end
           && (*w->at == ' ' || *w->at == '\n' || *w->at == '\t' || *w->at == '\r')) {
        w->at++;
    }
}

static bool read_word(struct walk *w, struct bytes word)
{
    if (!bytes_starts((struct bytes){w->at, (size_t)(w->end - w->at)}, word)) return false;
    w->at += word.len;
    return true;
}

static bool skip_digits(struct walk *w)
{
    const char *from = w->at;
    while (w->at < w->end && bytes_is_digit(*w->at)) w->at++;
    return w->at > from;
}

static bool read_number(struct walk *w)
{
    if (w->at < w->end && *w->at == '-') w->at++;
    if (w->at < w->end && *w->at == '0') w->at++;
    else if (!skip_digits(w)) return false;
    if (w->at < w->end && *w->at == '.') {
        w->at++;
        if (!skip_digits(w)) return false;
    }
    if (w->at < w->end && (*w->at == 'e' || *w->at == 'E')) {
        w->at++;
        if (w->at < w->end && (*w->at == '+' || *w->at == '-')) w->at++;
        if (!skip_digits(w)) return false;
    }
    return true;
}

/* Whether a number or a word may end here: "01" and "truely" are no values, and at the end of a
 * text that was cut nobody knows how many digits are missing. */
static bool ends_here(const struct walk *w)
{
    if (w->at == w->end) return w->depth == 0;
    return *w->at && strchr(" \n\r\t,]}", *w->at);
}

/* The value is a number that the text does not hold. */
static enum json_kind give_length(struct walk *w, size_t length)
{
    size_t at = JSON_DIGITS;
    do {
        w->digits[--at] = (char)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    w->value = (struct bytes){w->digits + at, JSON_DIGITS - at};
    return JSON_NUMBER;
}

/* Whether the path's last step asks for the length of the value that `reached` steps lead to. */
static bool wants_length(const struct walk *w, uint32_t reached)
{
    return reached != NOT_MEANT && reached + 1 == w->path->step_count
           && w->path->steps[reached].is_length;
}

/* What a scalar or the opening of a container came to. */
enum turn { TURN_BROKEN, TURN_READ, TURN_OPENED, TURN_FOUND };

static enum turn open_container(struct walk *w, uint32_t reached)
{
    if (w->depth == JSON_MAX_DEPTH) return TURN_BROKEN;
    uint64_t bit = UINT64_C(1) << w->depth++;
    if (*w->at++ == '{') w->objects |= bit;
    else w->objects &= ~bit;
    if (reached < w->path->step_count) { /* then reached == depth - 1: it came by that many keys */
        w->on = w->depth;
        w->elements = 0;
    }
    return TURN_OPENED;
}

/* Reads the value at `w->at`, which `reached` steps of the path lead to. */
static enum turn read_value(struct walk *w, uint32_t reached, enum json_kind *kind)
{
    skip_blank(w);
    if (w->at == w->end) return TURN_BROKEN;
    const char *from = w->at;
    struct bytes string = {NULL, 0};
    bool good = false;
    if (reached == w->path->step_count) {
        w->found = from;
        w->found_depth = w->depth;
    }
    switch (*from) {
    case '{':
    case '[':
        return open_container(w, reached);
    case '"':
        *kind = JSON_STRING;
        good = read_string(w, &string);
        break;
    case 't':
        *kind = JSON_TRUE;
        good = read_word(w, BYTES_LIT("true"));
        break;
    case 'f':
        *kind = JSON_FALSE;
        good = read_word(w, BYTES_LIT("false"));
        break;
    case 'n':
        *kind = JSON_NULL;
        good = read_word(w, BYTES_LIT("null"));
        break;
    default:
        *kind = JSON_NUMBER;
        good = read_number(w);
        break;
    }
    if (!good || (*kind != JSON_STRING && !ends_here(w))) return TURN_BROKEN;
    if (w->found == from) {
        w->value = *kind == JSON_STRING ? string : (struct bytes){from, (size_t)(w->at - from)};
        return TURN_FOUND;
    }
    if (*kind == JSON_STRING && wants_length(w, reached)) {
        *kind = give_length(w, count_points(string));
        return TURN_FOUND;
    }
    return TURN_READ;
}

static bool in_object(const struct walk *w)
{
    return w->objects >> (w->depth - 1) & 1;
}

/* Reads what stands before a member's value; `*reached` is then the steps that lead to it. */
static bool begin_member(struct walk *w, uint32_t *reached)
{
    bool match = false;
    const struct json_step *step = w->on == w->depth ? &w->path->steps[w->on - 1] : NULL;
    if (in_object(w)) {
        struct bytes key;
        skip_blank(w);
        if (!read_string(w, &key)) return false;
        skip_blank(w);
        if (w->at == w->end || *w->at++ != ':') return false;
        match = step && step->key.at && same_key(key, step->key);
    } else if (step) {
        match = step->key.at == NULL && w->elements == step->index;
        w->elements++;
    }
    *reached = match ? w->depth : NOT_MEANT;
    if (match) w->on = 0; /* until the value turns out to be a container */
    return true;
}

/* Closes the innermost container, whose end was just read. */
static enum turn close_container(struct walk *w, enum json_kind *kind)
{
    bool object = in_object(w);
    if (w->on == w->depth) {
        w->on = 0;
        if (!object && wants_length(w, w->depth - 1)) {
            *kind = give_length(w, w->elements);
            return TURN_FOUND;
        }
    }
    w->depth--;
    if (w->found == NULL || w->depth != w->found_depth) return TURN_READ;
    w->value = (struct bytes){w->found, (size_t)(w->at - w->found)};
    *kind = object ? JSON_OBJECT : JSON_ARRAY;
    return TURN_FOUND;
}

/* From the end of a value, or from an opening (`opened`), to the start of the next value.
 * TURN_READ with depth 0: the document is over. */
static enum turn next_value(struct walk *w, bool opened, uint32_t *reached, enum json_kind *kind)
{
    while (w->depth > 0) {
        skip_blank(w);
        if (w->at == w->end) return TURN_BROKEN;
        if (*w->at == (in_object(w) ? '}' : ']')) {
            w->at++;
            enum turn turn = close_container(w, kind);
            if (turn != TURN_READ) return turn;
            opened = false;
            continue;
        }
        if (!opened && *w->at++ != ',') return TURN_BROKEN;
        return begin_member(w, reached) ? TURN_READ : TURN_BROKEN;
    }
    skip_blank(w);
    return w->at == w->end ? TURN_READ : TURN_BROKEN;
}

enum json_kind json_find(const struct json_path *path, struct bytes doc, char digits[JSON_DIGITS],
                         struct bytes *value)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct walk w = {.path = path, .at = doc.at, .end = doc.at};
    w.digits = digits;
    *value = (struct bytes){NULL, 0};
    if (doc.len == 0) return JSON_BROKEN;
    w.end += doc.len;
    if (bytes_starts(doc, BYTES_LIT(mark))) w.at += sizeof mark - 1;

    enum json_kind kind = JSON_NONE;
    enum turn turn;
    uint32_t reached = 0;
    for (;;) {
        turn = read_value(&w, reached, &kind);
        if (turn == TURN_BROKEN || turn == TURN_FOUND) break;
        turn = next_value(&w, turn == TURN_OPENED, &reached, &kind);
        if (turn == TURN_BROKEN || turn == TURN_FOUND) break;
        if (w.depth == 0) return JSON_NONE;
    }
    if (turn == TURN_BROKEN) return JSON_BROKEN;
    *value = w.value;
    return kind;
}

bool json_is_bare(struct bytes text)
{
    if (bytes_is(text, "true") || bytes_is(text, "false") || bytes_is(text, "null")) return true;
    if (text.len == 0) return false;
    struct walk w = {.at = text.at, .end = text.at + text.len};
    return read_number(&w) && w.at == w.end;
}

/* --- escapes -------------------------------------------------------------------------------- */

bool json_unescape(char *out, size_t size, struct bytes raw, size_t *len)
{
    const char *s = raw.at;
    const char *end = raw.len ? raw.at + raw.len : raw.at;
    size_t written = 0;
    while (s < end) {
        char decoded[4];
        size_t count = 1;
        if (*s == '\\') count = read_escape(&s, end, decoded);
        else decoded[0] = *s++;
        if (count == 0 || size - written < count) return false;
        memcpy(out + written, decoded, count);
        written += count;
    }
    *len = written;
    return true;
}

size_t json_escape(char *out, size_t size, struct bytes in)
{
    static const char hex[] = "0123456789abcdef";
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char named[] = "\"\\bfnrt";
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        unsigned u = (unsigned char)in.at[i];
        if (u >= 0x20 && u != '"' && u != '\\') {
            if (len == size) return SIZE_MAX;
            out[len++] = in.at[i];
            continue;
        }
        const char *name = u ? strchr(plain, (int)u) : NULL;
        if (size - len < (name ? 2u : 6u)) return SIZE_MAX;
        out[len++] = '\\';
        if (name) {
            out[len++] = named[name - plain];
        } else {
            out[len++] = 'u';
            out[len++] = '0';
            out[len++] = '0';
            out[len++] = hex[u >> 4];
            out[len++] = hex[u & 15];
        }
    }
    return len;
}
