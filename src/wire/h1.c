#include "wire/h1.h"

#include <assert.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Every check below depends only on the bytes from the start of the line on, never on where the
 * input was cut: prefix first, then control characters, then the limits, then the grammar. That
 * order is what makes the outcome the same for every cut.
 *
 * h1_resp_step() and h1_resp_skip() are two instances of one always-inlined advance(); with `ev`
 * a constant NULL the compiler drops what only events need. */

/* Types of a TLS record (RFC 8446 section 5.1): its first byte, which is none of any HTTP. */
#define TLS_ALERT 0x15
#define TLS_HANDSHAKE 0x16

#define INLINED static inline __attribute__((always_inline))

enum place {
    AT_STATUS,
    AT_HEADER,
    AT_BODY,  /* `left` bytes of it */
    AT_CLOSE, /* the body lasts until the peer closes */
    AT_CHUNK_SIZE,
    AT_CHUNK_DATA,
    AT_CHUNK_END,
    AT_TRAILER,
    AT_END,
    AT_BAD
};

static_assert(sizeof(struct h1_resp) <= 64, "one stands in every connection");
static_assert(sizeof(struct h1_seen) <= 512, "one stands in every worker for every operation");
static_assert(H1_MAX_HEADERS < UINT16_MAX, "header_count counts one past the limit");
static_assert(H1_MAX_HEAD < UINT32_MAX, "head_bytes and line_seen are 32 bits");

/* tchar of RFC 9110 §5.6.2, one bit a character: 0-31, 32-63, 64-95, 96-127. */
static const uint32_t token_bits[8] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff, 0, 0, 0, 0};

INLINED bool is_token(char c)
{
    unsigned u = (unsigned char)c;
    return (token_bits[u >> 5] >> (u & 31)) & 1;
}

static bool is_control(char c)
{
    unsigned u = (unsigned char)c;
    return (u < 0x20 && u != '\t') || u == 0x7f;
}

/* Bytes before the first control character (tab is none). Lines are short and end with one, so
 * this finds the end of a line and checks it in a single pass. */
INLINED size_t clean_len(const char *at, size_t len)
{
    size_t i = 0;
#if defined(__SSE2__)
    const __m128i low = _mm_set1_epi8(0x1f);
    const __m128i tab = _mm_set1_epi8('\t');
    const __m128i del = _mm_set1_epi8(0x7f);
    for (; len - i >= 16; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i_u *)(const void *)(at + i));
        __m128i under = _mm_cmpeq_epi8(_mm_min_epu8(x, low), x);
        __m128i hit =
            _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(x, tab), under), _mm_cmpeq_epi8(x, del));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask) return i + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (i < len && !is_control(at[i])) i++;
    return i;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Steps over `count` bytes of `in`. */
INLINED void take(struct h1_resp *p, struct bytes *in, size_t count)
{
    in->at += count;
    in->len -= count;
    p->offset += count;
    p->line_seen = 0;
}

static enum h1_step fail(struct h1_resp *p, enum h1_bad bad, uint64_t offset)
{
    p->bad = bad;
    p->offset = offset;
    p->keep_alive = false;
    p->place = AT_BAD;
    return H1_BAD;
}

/* Takes one line of at most `limit` bytes, end included; `too_long` names the limit. */
INLINED enum h1_step take_line(struct h1_resp *p, struct bytes *in, size_t limit,
                               enum h1_bad too_long, struct bytes *line)
{
    if (in->len == 0) return H1_MORE;
    size_t room = in->len < limit ? in->len : limit;
    size_t from = p->line_seen < room ? p->line_seen : room;
    size_t end = from + clean_len(in->at + from, room - from);
    size_t next = end;
    if (next < room && in->at[next] == '\r') next++;
    if (next < room && in->at[next] == '\n') {
        *line = (struct bytes){in->at, end};
        take(p, in, next + 1);
        return H1_EVENT;
    }
    if (next < room) return fail(p, H1_BAD_CONTROL, p->offset + end);
    if (room == limit) return fail(p, too_long, p->offset + limit);
    p->line_seen = (uint32_t)end; /* < limit <= H1_MAX_LINE */
    return H1_MORE;
}

/* As take_line(), within the limits of the head. */
INLINED enum h1_step take_head_line(struct h1_resp *p, struct bytes *in, struct bytes *line)
{
    size_t room = H1_MAX_HEAD - p->head_bytes;
    uint64_t before = p->offset;
    enum h1_step step = room < H1_MAX_LINE ? take_line(p, in, room, H1_BAD_HEAD_SIZE, line)
                                           : take_line(p, in, H1_MAX_LINE, H1_BAD_LINE_SIZE, line);
    if (step == H1_EVENT) p->head_bytes += (uint32_t)(p->offset - before); /* <= room */
    return step;
}

/* "HTTP/1.1 200 OK"; the caller has seen "HTTP/". `*reason` is what follows the code. */
static enum h1_bad read_status(struct h1_resp *p, struct bytes line, uint16_t *status,
                               struct bytes *reason)
{
    const char *s = line.at;
    size_t i = 5;
    if (line.len <= i || !bytes_is_digit(s[i])) return H1_BAD_STATUS_LINE;
    if (s[i] != '1') return H1_BAD_VERSION;
    if (line.len < i + 3 || s[i + 1] != '.' || !bytes_is_digit(s[i + 2])) return H1_BAD_STATUS_LINE;
    p->http11 = s[i + 2] != '0'; /* an unknown minor version is read as 1.1 (RFC 9110 §2.5) */
    i += 3;
    if (i == line.len || !is_blank(s[i])) return H1_BAD_STATUS_LINE;
    while (i < line.len && is_blank(s[i])) i++;

    if (line.len - i < 3 || !bytes_is_digit(s[i]) || !bytes_is_digit(s[i + 1])
        || !bytes_is_digit(s[i + 2])) {
        return H1_BAD_STATUS_CODE;
    }
    *status = (uint16_t)((s[i] - '0') * 100 + (s[i + 1] - '0') * 10 + (s[i + 2] - '0'));
    i += 3;
    if (*status < 100 || (i < line.len && !is_blank(s[i]))) return H1_BAD_STATUS_CODE;
    *reason = bytes_trim(bytes_from(line, i));
    return H1_BAD_NONE;
}

INLINED enum h1_step at_status(struct h1_resp *p, struct bytes *in, struct h1_event *ev,
                               bool *shown)
{
    /* Tested before the line is complete: a server of another protocol may never end one. */
    static const char magic[] = "HTTP/";
    size_t seen = in->len < 5 ? in->len : 5;
    if (seen > 0 && memcmp(in->at, magic, seen) != 0) {
        bool record = in->at[0] == TLS_ALERT || in->at[0] == TLS_HANDSHAKE;
        return fail(p, record ? H1_BAD_TLS : H1_BAD_STATUS_LINE, p->offset);
    }
    uint64_t start = p->offset;
    struct bytes line;
    struct bytes reason;
    enum h1_step step = take_head_line(p, in, &line);
    if (step != H1_EVENT) return step;

    uint16_t status = 0;
    enum h1_bad bad = read_status(p, line, &status, &reason);
    if (bad == H1_BAD_NONE && status == 101) bad = H1_BAD_UPGRADE;
    if (bad != H1_BAD_NONE) return fail(p, bad, start);
    p->interim = status < 200;
    p->place = AT_HEADER;
    if (p->interim) return H1_EVENT;
    p->status = status;
    if (ev) *ev = (struct h1_event){.kind = H1_STATUS, .status = status, .value = reason};
    *shown = true;
    return H1_EVENT;
}

/* Cuts the next element off a comma-separated list; false at its end. */
static bool next_item(struct bytes *list, struct bytes *item)
{
    if (list->at == NULL) return false;
    const char *comma = list->len ? memchr(list->at, ',', list->len) : NULL;
    size_t len = comma ? (size_t)(comma - list->at) : list->len;
    *item = bytes_trim((struct bytes){list->at, len});
    *list = comma ? bytes_from(*list, len + 1) : (struct bytes){NULL, 0};
    return true;
}

/* RFC 9110 §8.6: a list of equal values is what some proxies make of a repeated header. */
static enum h1_bad note_length(struct h1_resp *p, struct bytes value)
{
    struct bytes item;
    while (next_item(&value, &item)) {
        uint64_t length;
        if (!bytes_to_u64(item, &length)) return H1_BAD_LENGTH;
        if (p->has_length && p->left != length) return H1_BAD_LENGTH_CONFLICT;
        p->has_length = true;
        p->left = length;
    }
    return H1_BAD_NONE;
}

/* "identity" left the RFC in 2014 and still means nothing, so it is passed over. */
static enum h1_bad note_coding(struct h1_resp *p, struct bytes value)
{
    struct bytes item;
    while (next_item(&value, &item)) {
        if (item.len == 0 || bytes_same_nocase(item, BYTES_LIT("identity"))) continue;
        if (p->chunked || !bytes_same_nocase(item, BYTES_LIT("chunked"))) return H1_BAD_CODING;
        p->chunked = true;
    }
    return H1_BAD_NONE;
}

static void note_connection(struct h1_resp *p, struct bytes value)
{
    struct bytes item;
    while (next_item(&value, &item)) {
        if (bytes_same_nocase(item, BYTES_LIT("close"))) p->saw_close = true;
        if (bytes_same_nocase(item, BYTES_LIT("keep-alive"))) p->saw_keep_alive = true;
    }
}

/* Notes the three headers that frame a response; the rest is told apart by its length alone. */
INLINED enum h1_bad note(struct h1_resp *p, struct bytes name, struct bytes value)
{
    char first = (char)(name.at[0] | 0x20);
    if (name.len == 10 && first == 'c') {
        if (bytes_same_nocase(name, BYTES_LIT("connection"))) note_connection(p, value);
    } else if (name.len == 14 && first == 'c') {
        if (bytes_same_nocase(name, BYTES_LIT("content-length"))) return note_length(p, value);
    } else if (name.len == 17 && first == 't') {
        if (bytes_same_nocase(name, BYTES_LIT("transfer-encoding"))) return note_coding(p, value);
    }
    return H1_BAD_NONE;
}

/* The empty line: which of RFC 9112 §6.3 ends the body, and whether the connection lives on. */
static void end_head(struct h1_resp *p)
{
    p->keep_alive = !p->saw_close && (p->http11 || p->saw_keep_alive);
    /* Both framings at once, or chunks in a version without them: the next reply might be forged.
     */
    if (p->chunked && (p->has_length || !p->http11)) p->keep_alive = false;

    if (p->head_request || p->status == 204 || p->status == 304) {
        p->place = AT_END;
    } else if (p->chunked) {
        p->place = AT_CHUNK_SIZE;
    } else if (p->has_length) {
        p->place = p->left > 0 ? AT_BODY : AT_END;
    } else {
        p->keep_alive = false;
        p->place = AT_CLOSE;
    }
}

/* Length of the token at the front of a header line. Names are mostly letters and hyphens, which
 * sixteen at a time settle; the table has the last word. */
INLINED size_t name_len(const char *at, size_t len)
{
    size_t i = 0;
#if defined(__SSE2__)
    for (; len - i >= 16; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i_u *)(const void *)(at + i));
        __m128i low = _mm_or_si128(x, _mm_set1_epi8(0x20));
        __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(low, _mm_set1_epi8('a' - 1)),
                                       _mm_cmplt_epi8(low, _mm_set1_epi8('z' + 1)));
        __m128i plain = _mm_or_si128(letter, _mm_cmpeq_epi8(x, _mm_set1_epi8('-')));
        unsigned other = (unsigned)_mm_movemask_epi8(plain) ^ 0xffff;
        if (other == 0) continue;
        i += (unsigned)__builtin_ctz(other);
        break;
    }
#endif
    while (i < len && is_token(at[i])) i++;
    return i;
}

/* One line of the head or of the trailers. */
INLINED enum h1_step at_header(struct h1_resp *p, struct bytes *in, struct h1_event *ev,
                               bool *shown)
{
    uint64_t start = p->offset;
    struct bytes line;
    enum h1_step step = take_head_line(p, in, &line);
    if (step != H1_EVENT) return step;
    bool final_head = p->place == AT_HEADER && !p->interim;
    if (line.len == 0) {
        if (final_head) {
            end_head(p);
            if (ev) *ev = (struct h1_event){.kind = H1_HEAD_END, .status = p->status};
            *shown = true;
        } else {
            p->place = p->interim ? AT_STATUS : AT_END;
        }
        return H1_EVENT;
    }
    if (++p->header_count > H1_MAX_HEADERS) return fail(p, H1_BAD_HEADER_COUNT, start);
    if (is_blank(line.at[0])) return fail(p, H1_BAD_FOLD, start);
    size_t colon = name_len(line.at, line.len);
    if (colon == 0 || colon == line.len || line.at[colon] != ':') {
        return fail(p, H1_BAD_HEADER_NAME, start + colon);
    }
    if (!final_head) return H1_EVENT;

    struct bytes name = {line.at, colon};
    struct bytes value = bytes_from(line, colon + 1);
    enum h1_bad bad = note(p, name, value);
    if (bad != H1_BAD_NONE) return fail(p, bad, start);
    if (ev) *ev = (struct h1_event){.kind = H1_HEADER, .name = name, .value = bytes_trim(value)};
    *shown = true;
    return H1_EVENT;
}

/* Takes at most `most` bytes of body. */
INLINED enum h1_step at_body(struct h1_resp *p, struct bytes *in, uint64_t most,
                             struct h1_event *ev, bool *shown)
{
    if (in->len == 0) return H1_MORE;
    size_t count = in->len < most ? in->len : (size_t)most; /* fits: <= in->len */
    if (ev) *ev = (struct h1_event){.kind = H1_BODY, .body = {in->at, count}};
    *shown = true;
    take(p, in, count);
    p->body_len_so_far += count;
    if (p->place == AT_CLOSE) return H1_EVENT;
    p->left -= count;
    if (p->left == 0) p->place = p->place == AT_BODY ? AT_END : AT_CHUNK_END;
    return H1_EVENT;
}

/* "1a2b", blanks, and extensions, which are passed over. */
static enum h1_step at_chunk_size(struct h1_resp *p, struct bytes *in)
{
    uint64_t start = p->offset;
    uint64_t size = 0;
    struct bytes line;
    enum h1_step step = take_line(p, in, H1_MAX_LINE, H1_BAD_LINE_SIZE, &line);
    if (step != H1_EVENT) return step;
    size_t i = 0;
    for (; i < line.len && bytes_hex_value(line.at[i]) >= 0; i++) {
        if (size >> 60) return fail(p, H1_BAD_CHUNK_OVERFLOW, start);
        size = size << 4 | (unsigned)bytes_hex_value(line.at[i]);
    }
    if (i == 0) return fail(p, H1_BAD_CHUNK_SIZE, start);
    while (i < line.len && is_blank(line.at[i])) i++;
    if (i < line.len && line.at[i] != ';') return fail(p, H1_BAD_CHUNK_SIZE, start + i);
    p->left = size;
    p->place = size > 0 ? AT_CHUNK_DATA : AT_TRAILER;
    return H1_EVENT;
}

static enum h1_step at_chunk_end(struct h1_resp *p, struct bytes *in)
{
    if (in->len == 0) return H1_MORE;
    size_t end = in->at[0] == '\r';
    if (end == in->len) return H1_MORE;
    if (in->at[end] != '\n') return fail(p, H1_BAD_CHUNK_END, p->offset);
    take(p, in, end + 1);
    p->place = AT_CHUNK_SIZE;
    return H1_EVENT;
}

/* Takes one line or one run of body bytes; H1_EVENT when it got on, `*shown` when that is an
 * event for the caller. */
INLINED enum h1_step advance(struct h1_resp *p, struct bytes *in, struct h1_event *ev, bool *shown)
{
    hot_assert(p->place <= AT_BAD);
    switch ((enum place)p->place) {
    case AT_STATUS:
        return at_status(p, in, ev, shown);
    case AT_HEADER:
    case AT_TRAILER:
        return at_header(p, in, ev, shown);
    case AT_BODY:
    case AT_CHUNK_DATA:
        return at_body(p, in, p->left, ev, shown);
    case AT_CLOSE:
        return at_body(p, in, UINT64_MAX, ev, shown);
    case AT_CHUNK_SIZE:
        return at_chunk_size(p, in);
    case AT_CHUNK_END:
        return at_chunk_end(p, in);
    case AT_END:
        return H1_DONE;
    case AT_BAD:
        return H1_BAD;
    }
    return H1_BAD; /* not reached: `place` is one of the above */
}

void h1_resp_init(struct h1_resp *p, bool head_request)
{
    *p = (struct h1_resp){.head_request = head_request, .place = AT_STATUS};
}

enum h1_step h1_resp_step(struct h1_resp *p, struct bytes *in, struct h1_event *ev)
{
    bool shown = false;
    enum h1_step step;
    do step = advance(p, in, ev, &shown);
    while (step == H1_EVENT && !shown);
    return step;
}

/* A whole head in one piece is a function of its bytes: the same ones lead to the same place. */
INLINED bool recall(struct h1_resp *p, struct bytes *in, const struct h1_seen *seen)
{
    if (seen->len == 0 || in->len < seen->len) return false;
    if (seen->after.head_request != p->head_request) return false;
    if (memcmp(in->at, seen->head, seen->len) != 0) return false;
    *p = seen->after;
    *in = bytes_from(*in, seen->len);
    return true;
}

/* Takes a head from its first byte on; H1_EVENT when it is complete. */
INLINED enum h1_step skip_head(struct h1_resp *p, struct bytes *in, struct h1_seen *seen)
{
    if (recall(p, in, seen)) return H1_EVENT;
    const char *start = in->at;
    bool shown = false;
    enum h1_step step;
    do step = advance(p, in, NULL, &shown);
    while (step == H1_EVENT && (p->place == AT_STATUS || p->place == AT_HEADER));
    if (step != H1_EVENT) return step;
    size_t len = (size_t)(in->at - start);
    seen->len = len <= H1_SEEN_MAX ? (uint32_t)len : 0;
    seen->after = *p;
    if (seen->len > 0) memcpy(seen->head, start, seen->len);
    return H1_EVENT;
}

INLINED bool is_untouched(const struct h1_resp *p)
{
    return p->place == AT_STATUS && p->offset == 0 && p->line_seen == 0;
}

HOT enum h1_step h1_resp_skip_head(struct h1_resp *p, struct bytes *in, struct h1_seen *seen)
{
    return is_untouched(p) ? skip_head(p, in, seen) : H1_EVENT;
}

HOT enum h1_step h1_resp_skip(struct h1_resp *p, struct bytes *in, struct h1_seen *seen)
{
    bool shown = false;
    enum h1_step step = H1_EVENT;
    if (seen && is_untouched(p)) step = skip_head(p, in, seen);
    while (step == H1_EVENT) step = advance(p, in, NULL, &shown);
    return step;
}

enum h1_step h1_resp_eof(struct h1_resp *p)
{
    enum h1_bad bad = H1_BAD_EOF_BODY;
    switch ((enum place)p->place) {
    case AT_BAD:
        return H1_BAD;
    case AT_CLOSE:
    case AT_END:
        p->place = AT_END;
        return H1_DONE;
    case AT_STATUS:
    case AT_HEADER:
        bad = p->offset == 0 && p->line_seen == 0 ? H1_BAD_EOF_EMPTY : H1_BAD_EOF_HEAD;
        break;
    case AT_BODY:
    case AT_CHUNK_SIZE:
    case AT_CHUNK_DATA:
    case AT_CHUNK_END:
    case AT_TRAILER:
        break;
    }
    return fail(p, bad, p->offset);
}

const char *h1_bad_text(enum h1_bad bad)
{
#define H1_BAD_TEXT(name, text) text,
    static const char *const texts[] = {H1_BAD_MAP(H1_BAD_TEXT)};
#undef H1_BAD_TEXT
    return (size_t)bad < COUNT_OF(texts) ? texts[bad] : "unknown error";
}
