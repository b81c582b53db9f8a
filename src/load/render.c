#include "load/render.h"

#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "wire/url.h"

#define LENGTH_DIGITS 20 /* room for Content-Length, closed up once the body is there */
#define USER_AGENT "prony/0.1"

/* Bytes being written; `over` is sticky. */
struct pen {
    char *at;
    size_t len, size;
    bool over;
};

static void put(struct pen *pen, struct bytes b)
{
    if (b.len > pen->size - pen->len) {
        pen->over = true;
        return;
    }
    if (b.len > 0) memcpy(pen->at + pen->len, b.at, b.len);
    pen->len += b.len;
}

static struct bytes digits_of(char *end, uint64_t value)
{
    char *at = end;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return (struct bytes){at, (size_t)(end - at)};
}

static void put_number(struct pen *pen, int64_t value)
{
    char room[24];
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0) put(pen, BYTES_LIT("-"));
    put(pen, digits_of(room + sizeof room, size));
}

static void put_uuid(struct pen *pen, struct rng_pair bits)
{
    static const char hex[] = "0123456789abcdef";
    char out[36];
    bits.a = (bits.a & ~UINT64_C(0xf000)) | UINT64_C(0x4000);     /* version 4 */
    bits.b = (bits.b & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63; /* variant 10 */
    for (uint32_t i = 0, nibble = 0; i < sizeof out; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            out[i] = '-';
            continue;
        }
        uint64_t half = nibble < 16 ? bits.a : bits.b;
        out[i] = hex[half >> (60 - 4 * (nibble % 16)) & 15];
        nibble++;
    }
    put(pen, (struct bytes){out, sizeof out});
}

static bool breaks_header(struct bytes b)
{
    return b.len > 0
           && (memchr(b.at, '\r', b.len) || memchr(b.at, '\n', b.len) || memchr(b.at, 0, b.len));
}

static enum render_status put_encoded(struct pen *pen, struct bytes b, enum encoding encoding,
                                      bool is_text)
{
    size_t room = pen->size - pen->len;
    size_t wrote = 0;
    switch (encoding) {
    case ENCODE_NONE:
        put(pen, b);
        return RENDER_OK;
    case ENCODE_HEADER:
        if (breaks_header(b)) return RENDER_BAD_HEADER;
        put(pen, b);
        return RENDER_OK;
    case ENCODE_PATH:
        wrote = url_encode_path(pen->at + pen->len, room, b);
        break;
    case ENCODE_QUERY:
        wrote = url_encode_query(pen->at + pen->len, room, b);
        break;
    case ENCODE_JSON_VALUE:
        if (!is_text && json_is_bare(b)) {
            put(pen, b);
            return RENDER_OK;
        }
        put(pen, BYTES_LIT("\""));
        if (put_encoded(pen, b, ENCODE_JSON_STRING, true) != RENDER_OK) return RENDER_TOO_LONG;
        put(pen, BYTES_LIT("\""));
        return RENDER_OK;
    case ENCODE_JSON_STRING:
        wrote = json_escape(pen->at + pen->len, room, b);
        break;
    }
    if (wrote == SIZE_MAX) return RENDER_TOO_LONG;
    pen->len += wrote;
    return RENDER_OK;
}

/* The row of this iteration: one draw for each source, so its columns belong together. */
static enum render_status data_cell(const struct program *program, const struct piece *piece,
                                    const struct values *v, struct bytes *out)
{
    const struct data_source *data = &program->plan->data[piece->index];
    uint64_t row = v->sequence;
    if (data->row_count == 0) return RENDER_OUT_OF_ROWS;
    switch (data->pick) {
    case PICK_SEQUENTIAL:
        row %= data->row_count;
        break;
    case PICK_RANDOM: {
        struct rng_key key = {v->seed, v->stage, RNG_DATA};
        uint64_t bits = rng_at(key, v->index, piece->index).a;
        row = (uint64_t)rng_between(bits, 0, (int64_t)data->row_count - 1);
        break;
    }
    case PICK_UNIQUE: /* dealt when the iteration started */
        row = v->rows[program->unique_of[piece->index]];
        break;
    }
    if (row >= data->row_count) return RENDER_OUT_OF_ROWS;
    *out = data->cells[row * data->column_count + piece->column];
    return RENDER_OK;
}

static enum render_status put_piece(struct pen *pen, const struct program *program,
                                    const struct piece *piece, uint32_t ordinal,
                                    const struct values *v)
{
    struct rng_key key = {v->seed, v->stage, RNG_VARIABLE};
    /* Odd multipliers keep (step, attempt) and the piece apart beyond any size of each. */
    uint32_t sub = ((v->step * 0x9E3779B1u) ^ v->attempt) * 0x85EBCA6Bu + ordinal;
    struct bytes cell = {0};
    enum render_status status;
    switch (piece->kind) {
    case PIECE_TEXT:
        put(pen, piece->text);
        return RENDER_OK;
    case PIECE_CAPTURE:
        cell = (struct bytes){v->captures + (size_t)piece->index * CAPTURE_MAX,
                              v->capture_len[piece->index]};
        return put_encoded(pen, cell, piece->encoding, v->capture_is_text[piece->index]);
    case PIECE_DATA:
        status = data_cell(program, piece, v, &cell);
        return status == RENDER_OK ? put_encoded(pen, cell, piece->encoding, false) : status;
    case PIECE_RAND:
        put_number(pen, rng_between(rng_at(key, v->index, sub).a, piece->lo, piece->hi));
        break;
    case PIECE_UUID:
        if (piece->encoding == ENCODE_JSON_VALUE) put(pen, BYTES_LIT("\""));
        put_uuid(pen, rng_at(key, v->index, sub));
        if (piece->encoding == ENCODE_JSON_VALUE) put(pen, BYTES_LIT("\""));
        break;
    case PIECE_SEQ:
        put_number(pen, (int64_t)v->sequence);
        break;
    case PIECE_USER:
        put_number(pen, (int64_t)v->user);
        break;
    }
    return RENDER_OK;
}

static enum render_status put_pattern(struct pen *pen, const struct program *program,
                                      const struct pattern *pattern, uint32_t place,
                                      const struct values *v)
{
    for (uint32_t i = 0; i < pattern->piece_count; i++) {
        enum render_status status =
            put_piece(pen, program, &pattern->pieces[i], (place << 12) + i, v);
        if (status != RENDER_OK) return status;
    }
    return pen->over ? RENDER_TOO_LONG : RENDER_OK;
}

/* An absolute URL (a captured Location) must be on one of the targets; what is left is the path. */
static bool find_target(const struct plan *plan, struct bytes url, uint32_t *target,
                        struct bytes *path)
{
    bool tls = bytes_starts(url, BYTES_LIT("https://"));
    struct bytes rest = bytes_from(url, tls ? sizeof "https://" - 1 : sizeof "http://" - 1);
    size_t slash = 0;
    while (slash < rest.len && rest.at[slash] != '/' && rest.at[slash] != '?') slash++;
    struct bytes authority = {rest.at, slash};
    for (uint32_t i = 0; i < plan->target_count; i++) {
        const struct target *t = &plan->targets[i];
        if (t->tls != tls || !bytes_same_nocase(t->authority, authority)) continue;
        *target = i;
        *path = bytes_from(rest, slash);
        return true;
    }
    return false;
}

/* A URL that was captured whole stands as it came: it may not end the request line. */
static bool breaks_line(struct bytes url)
{
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (c <= ' ' || c == 0x7f) return true;
    }
    return false;
}

static enum render_status put_url(struct pen *pen, const struct program *program,
                                  const struct operation *op, const struct values *v,
                                  uint32_t *target)
{
    const struct plan *plan = program->plan;
    size_t start = pen->len;
    put(pen, plan->targets[*target].base_path);
    size_t own = pen->len;
    enum render_status status = put_pattern(pen, program, &op->step->url, 0, v);
    if (status != RENDER_OK) return status;
    struct bytes url = {pen->at + own, pen->len - own};
    struct bytes path;
    if (breaks_line(url)) return RENDER_BAD_URL;
    if (bytes_starts(url, BYTES_LIT("/"))) return RENDER_OK;
    bool absolute =
        bytes_starts(url, BYTES_LIT("http://")) || bytes_starts(url, BYTES_LIT("https://"));
    if (!absolute) return RENDER_BAD_URL;
    if (!find_target(plan, url, target, &path)) return RENDER_ELSEWHERE;
    bool bare = path.len == 0 || path.at[0] != '/';
    if (path.len > 0) memmove(pen->at + start + (bare ? 1 : 0), path.at, path.len);
    if (bare) pen->at[start] = '/';
    pen->len = start + path.len + (bare ? 1 : 0);
    return RENDER_OK;
}

struct trace_place render_place(const struct values *v)
{
    return (struct trace_place){v->index, v->stage, v->step, v->attempt};
}

static void put_trace(struct pen *pen, const struct trace *trace, const struct values *v)
{
    char value[TRACE_VALUE_LEN];
    struct trace_place place = render_place(v);
    trace_write(value, trace, &place);
    put(pen, BYTES_LIT(TRACE_HEADER ": "));
    put(pen, (struct bytes){value, sizeof value});
    put(pen, BYTES_LIT("\r\n"));
}

static enum render_status put_headers(struct pen *pen, const struct program *program,
                                      const struct operation *op, const struct values *v,
                                      uint32_t target, size_t *length_at)
{
    bool has_host = false, has_agent = false;
    for (uint32_t i = 0; i < op->step->header_count; i++) {
        const struct header *header = &op->step->headers[i];
        has_host = has_host || bytes_same_nocase(header->name, BYTES_LIT("host"));
        has_agent = has_agent || bytes_same_nocase(header->name, BYTES_LIT("user-agent"));
        put(pen, header->name);
        put(pen, BYTES_LIT(": "));
        enum render_status status = put_pattern(pen, program, &header->value, i + 2, v);
        if (status != RENDER_OK) return status;
        put(pen, BYTES_LIT("\r\n"));
    }
    if (!has_host) {
        put(pen, BYTES_LIT("Host: "));
        put(pen, program->plan->targets[target].authority);
        put(pen, BYTES_LIT("\r\n"));
    }
    if (!has_agent) put(pen, BYTES_LIT("User-Agent: " USER_AGENT "\r\n"));
    if (op->traced) put_trace(pen, &program->trace, v);
    if (op->step->new_connection) put(pen, BYTES_LIT("Connection: close\r\n"));
    if (op->step->has_body) {
        put(pen, BYTES_LIT("Content-Length: "));
        *length_at = pen->len;
        put(pen, BYTES_LIT("                    \r\n"));
    }
    put(pen, BYTES_LIT("\r\n"));
    return RENDER_OK;
}

enum render_status render_request(const struct program *program, const struct operation *op,
                                  const struct values *values, uint32_t *target, char *out,
                                  size_t size, size_t *len)
{
    struct pen pen = {.at = out, .size = size};
    put(&pen, op->step->method);
    put(&pen, BYTES_LIT(" "));
    enum render_status status = put_url(&pen, program, op, values, target);
    if (status != RENDER_OK) return status;
    put(&pen, BYTES_LIT(" HTTP/1.1\r\n"));
    size_t length_at = 0;
    status = put_headers(&pen, program, op, values, *target, &length_at);
    if (status != RENDER_OK) return status;
    size_t body_at = pen.len;
    if (op->step->has_body) status = put_pattern(&pen, program, &op->step->body, 1, values);
    if (status != RENDER_OK || pen.over) return pen.over ? RENDER_TOO_LONG : status;
    if (op->step->has_body) {
        char room[LENGTH_DIGITS];
        struct bytes digits = digits_of(room + sizeof room, pen.len - body_at);
        memcpy(out + length_at, digits.at, digits.len);
        size_t unused = LENGTH_DIGITS - digits.len;
        memmove(out + length_at + digits.len, out + length_at + LENGTH_DIGITS,
                pen.len - length_at - LENGTH_DIGITS);
        pen.len -= unused;
    }
    *len = pen.len;
    return RENDER_OK;
}

enum render_status render_pattern(const struct program *program, const struct pattern *pattern,
                                  const struct values *values, char *out, size_t size, size_t *len)
{
    struct pen pen = {.size = size};
    pen.at = out;
    enum render_status status = put_pattern(&pen, program, pattern, 3, values);
    *len = pen.len;
    return status;
}

const char *render_status_text(enum render_status status)
{
    switch (status) {
    case RENDER_OK:
        return "ok";
    case RENDER_TOO_LONG:
        return "the request is longer than planned for";
    case RENDER_BAD_HEADER:
        return "a header value has a line break or a NUL in it";
    case RENDER_BAD_URL:
        return "a captured URL has a blank or control character, or no slash in front";
    case RENDER_OUT_OF_ROWS:
        return "the data has no such row";
    case RENDER_ELSEWHERE:
        return "the URL is on none of the plan's targets";
    }
    return "?";
}
