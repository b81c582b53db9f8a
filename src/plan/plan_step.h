/* plan_step.h - what a user does: requests with places to fill in, their checks and captures.
 *
 * Why apart from plan.h: the engine's program is made of this part alone.
 * Source: the plan language, version 1 (docs/plan.md).
 * Thread: written once by plan_load(), read-only afterwards, by any thread.
 * Memory: the arena given to plan_load(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "plan/span.h"

enum on_fail { ON_FAIL_STOP, ON_FAIL_CONTINUE };

/* How a substituted value is written where it stands. */
enum encoding {
    ENCODE_NONE,
    ENCODE_PATH,        /* percent-encoded, '/' too */
    ENCODE_QUERY,       /* percent-encoded as a query component */
    ENCODE_HEADER,      /* as is; CR, LF, NUL make the request fail as outcome `check` */
    ENCODE_JSON_STRING, /* inside quotes: JSON escapes */
    ENCODE_JSON_VALUE   /* the whole value: number, true, false, null bare; else a string */
};

enum piece_kind {
    PIECE_TEXT,    /* literal; $env, $plan, $dir, $NAME.port and the like are already resolved */
    PIECE_CAPTURE, /* index: capture slot of the scenario */
    PIECE_DATA,    /* index: data source; column */
    PIECE_RAND,    /* lo..hi, both included */
    PIECE_UUID,    /* version 4 */
    PIECE_SEQ,     /* a whole number, different for each iteration of the run */
    PIECE_USER     /* closed: number of the user, from 0; open: of the arrival in its stage */
};

struct piece {
    enum piece_kind kind;
    enum encoding encoding;
    bool secret; /* PIECE_TEXT: came from $env or a file; masked in samples and prints */
    struct bytes text;
    uint32_t index, column;
    int64_t lo, hi;
};

/* A text with patch slots. piece_count 0: empty. */
struct pattern {
    struct piece *pieces;
    uint32_t piece_count;
};

enum check_source { CHECK_STATUS, CHECK_HEADER, CHECK_BODY, CHECK_REGEX, CHECK_JSON };
enum check_op { CHECK_EQ, CHECK_NE, CHECK_LT, CHECK_GT, CHECK_CONTAINS, CHECK_MATCHES };

struct check {
    struct span at;
    struct bytes text; /* as written, for reports */
    enum check_source source;
    enum check_op op;
    struct bytes name;    /* header name, JSON path or regular expression */
    struct pattern right; /* ENCODE_NONE; CHECK_STATUS: see status */
    uint32_t status_lo;   /* CHECK_STATUS: `status 200` is 200..200, `status 2xx` 200..299 */
    uint32_t status_hi;
    bool right_quoted; /* "1" is text, 1 is a number (CHECK_JSON) */
};

enum capture_source { CAPTURE_JSON, CAPTURE_HEADER, CAPTURE_REGEX };

struct capture {
    struct span at;
    struct bytes name;
    uint32_t slot; /* within the scenario */
    enum capture_source source;
    struct bytes expression; /* JSON path, header name, regular expression (group 1, else whole) */
};

struct header {
    struct span at;
    struct bytes name;
    struct pattern value; /* ENCODE_HEADER */
};

struct range_ns {
    uint64_t lo_ns, hi_ns; /* lo == hi: constant */
};

struct timeouts {
    uint64_t connect_ns, first_byte_ns, response_ns; /* first_byte 0: none of its own */
};

struct step {
    struct span at;         /* of its URL */
    uint32_t name_index;    /* request name, into plan.names */
    struct bytes method;    /* upper case */
    struct pattern url;     /* path and query, or an absolute URL on one of the targets */
    struct header *headers; /* plan's, scenario's and step's merged; Content-Type added for json */
    struct pattern body;
    bool has_body;
    bool json_body;
    bool new_connection; /* for itself alone, closed behind the reply */
    struct check *checks;
    struct check *until; /* NULL: sent once */
    struct capture *captures;
    uint32_t header_count, check_count, capture_count;
    uint64_t every_ns, within_ns; /* with until */
    struct range_ns think;        /* after the reply */
    bool has_think;
    enum on_fail on_fail;
    struct timeouts timeout;
};

struct scenario {
    struct span at;
    struct bytes name;
    double weight;
    struct step *steps;
    uint32_t step_count;
    uint32_t capture_count;      /* slots */
    struct bytes *capture_names; /* by slot */
};
