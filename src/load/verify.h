/* verify.h - is this reply what the step wanted, and what does it hand on?
 *
 * Why: checks and captures run per request, so they scan the reply in place: no tree, no copy, and
 * expressions run with fixed match and depth limits (a hostile body must not stall the generator).
 * Source: PCRE2 API (pcre2api(3)), RFC 8259.
 * Thread: one verifier for each worker.  Memory: fixed at verify_open(). */
#pragma once

#include "load/program.h"
#include "load/render.h"

struct verifier {
    const struct program *program;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
    const char *gave_up; /* why the last expression did; NULL: it did not */
    char *right;         /* the right side of a check, rendered */
    char *left;          /* an unescaped JSON string */
    size_t right_size, left_size;
    char digits[JSON_DIGITS]; /* a length that a failed check found */
};

/* Where an iteration keeps what it captured. */
struct captured {
    char *at;      /* [slots][CAPTURE_MAX] */
    uint16_t *len; /* [slots] */
    bool *is_text; /* [slots] */
};

/* What the head of the reply showed, gathered header by header. */
struct head_marks {
    uint64_t passed; /* bit per check of the step */
    uint64_t seen;
    uint64_t taken; /* bit per capture of the step */
    bool until_seen, until_passed;
};

enum verify_status {
    VERIFY_OK,
    VERIFY_AGAIN,  /* ok, but `until` does not hold yet */
    VERIFY_STATUS, /* OUTCOME_STATUS */
    VERIFY_CHECK   /* OUTCOME_CHECK */
};

struct verdict_on_reply {
    enum verify_status status;
    const struct check *failed;    /* NULL: no check, see `capture` */
    const struct capture *capture; /* was not there, or longer than CAPTURE_MAX */
    const char *why;               /* static */
    bool gave_up;                  /* an expression ran into a limit: nobody knows if it matches */
    struct bytes found;            /* what stood there instead, as JSON; borrows from the reply */
};

#define VERIFY_STACK_MAX ((size_t)512 << 10) /* bytes that an expression may take */

/* Keeps `program`. False: ERR_LIMIT, no memory; close it all the same. */
MUST_USE bool verify_open(struct verifier *v, const struct program *program, struct arena *arena,
                          struct err *err);
void verify_close(struct verifier *v);
/* One header line of the reply; call for each when op->reads_head. */
void verify_header(struct verifier *v, const struct operation *op, const struct values *values,
                   struct captured *captured, struct bytes name, struct bytes value,
                   struct head_marks *marks);
/* The whole reply. `body` is at most BODY_READ_MAX; empty where op does not read it. */
struct verdict_on_reply verify_reply(struct verifier *v, const struct operation *op,
                                     const struct values *values, struct captured *captured,
                                     uint32_t status, struct bytes body,
                                     const struct head_marks *marks);
