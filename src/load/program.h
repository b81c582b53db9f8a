/* program.h - scenarios compiled to a flat table of operations.
 *
 * Why: at run time a step is an index. Requests without variables are rendered once; expressions
 * and JSON paths are compiled once; what a reply must be read for is known beforehand.
 * Source: own.  Thread: built by main, read-only for workers but for `match`, which each has.
 * Memory: the arena given; PCRE2 keeps its own until program_close(). */
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"
#include "plan/trace.h"
#include "wire/json.h"

#define CAPTURE_MAX 1024       /* bytes of one captured value */
#define STEP_MARKS 64u         /* checks, and captures, of one step: a bit each */
#define BODY_READ_MAX 1048576u /* checks and captures read so much of a body */

struct test {
    const struct check *check;
    struct json_path path;  /* CHECK_JSON */
    pcre2_code *expression; /* CHECK_REGEX */
};

struct taking {
    const struct capture *capture;
    struct json_path path;
    pcre2_code *expression;
};

/* A request in which only the `traceparent` varies. */
struct constant {
    struct bytes text;
    uint32_t trace_at; /* where the value of that begins; 0: there is none */
    size_t own_at;     /* in each worker's own copies of such requests */
};

struct operation {
    const struct step *step;
    const struct constant *constant; /* [target_count] whole requests, NULL where more varies */
    struct test *tests;
    struct test *until;
    struct taking *takings;
    size_t request_limit;  /* bytes of the longest request it can render */
    uint32_t fixed_target; /* 1 + target of a constant absolute URL; 0: the iteration's own */
    bool head_request;
    bool reads_head, reads_body; /* for checks and captures */
    bool tests_status;           /* else 2xx and 3xx are ok */
    bool traced;                 /* has a `traceparent` of prony's */
};

struct program {
    const struct plan *plan;
    struct operation *operations;  /* all scenarios, one after the other */
    const uint32_t *first;         /* [scenario_count] index of its first operation */
    const uint64_t *sequence_base; /* [stage_count] first number of `$seq` in the stage */
    /* Data with `pick: unique`: those that some request uses, and by which scenario. */
    uint32_t *unique_data; /* [unique_count] index of the data */
    uint32_t *unique_of;   /* [data_count] the inverse */
    bool *unique_used;     /* [scenario_count][unique_count] */
    uint32_t unique_count;
    uint32_t operation_count;
    uint32_t capture_slots; /* the most of any scenario */
    size_t request_limit;
    size_t own_bytes; /* of all constants with a trace */
    struct trace trace;
    bool reads_body; /* any operation does */
    bool varies;     /* any request is rendered at run time */
};

/* All steps, compiled; keeps `plan`. False: an expression or the memory for it (`err`). Close it in
 * either case. */
MUST_USE bool program_build(struct program *out, const struct plan *plan, struct arena *arena,
                            struct err *err);
/* Frees the compiled expressions; the rest is the arena's. */
void program_close(struct program *program);
