/* render.h - a request as bytes: the template with its slots filled.
 *
 * Why: the only text made per request; no allocation, no printf, and values are encoded for their
 * place so that a captured CR LF can never become a header.
 * Source: RFC 9112; RFC 3986 for percent-encoding.  Thread: any.  Memory: the caller's buffer. */
#pragma once

#include "load/program.h"

/* What a request of one iteration may draw on. All views are borrowed. */
struct values {
    const char *captures;        /* [slots][CAPTURE_MAX] */
    const uint16_t *capture_len; /* [slots] */
    const bool *capture_is_text; /* [slots] a JSON string: stays text in a JSON body */
    const uint32_t *rows;        /* [program->unique_count] of `pick: unique` */
    uint64_t seed;
    uint32_t stage;
    uint64_t index;    /* open: k; closed: user << 32 | iteration; keys the random draws */
    uint64_t sequence; /* `$seq` */
    uint64_t user;     /* `$user` */
    uint32_t step, attempt;
};

/* Which request it is. */
struct trace_place render_place(const struct values *values);

enum render_status {
    RENDER_OK,
    RENDER_TOO_LONG,    /* larger than the buffer: a value longer than planned */
    RENDER_BAD_HEADER,  /* CR, LF or NUL in a header value */
    RENDER_BAD_URL,     /* a captured URL with a blank or control character, or no slash in front */
    RENDER_OUT_OF_ROWS, /* the data has no such row */
    RENDER_ELSEWHERE    /* an absolute URL that is on none of the plan's targets */
};

/* Renders `op` for target `*target`, which an absolute URL may change. `*len` is set on RENDER_OK.
 */
enum render_status render_request(const struct program *program, const struct operation *op,
                                  const struct values *values, uint32_t *target, char *out,
                                  size_t size, size_t *len);
/* One pattern alone, for the right side of a check. */
enum render_status render_pattern(const struct program *program, const struct pattern *pattern,
                                  const struct values *values, char *out, size_t size, size_t *len);
const char *render_status_text(enum render_status status);
