/* cause.h - why the service bent, as plain data: where its requests waited, before and after.
 *
 * Why: `prony why`, the summary's sentence, pages and JSON show the same struct. The unit of all of
 * it is one: requests waiting at a place, the mean over a stage, which Little's law (N = X R) adds
 * up to what the engine measured in flight.
 * Source: docs/why.md; J. D. C. Little, A Proof for the Queuing Formula L = lambda W (1961).
 * Thread: collecting thread.  Memory: owned by explain/, valid until it is closed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "plan/plan.h"
#include "tick/run.h"

#define CAUSE_PLACES 40
#define CAUSE_SUSPECTS 32
#define CAUSE_LINES 4
#define CAUSE_TEXT 220
#define CAUSE_NAME 96

enum cause_state {
    CAUSE_NONE,    /* nothing bent */
    CAUSE_FOUND,   /* and this is why */
    CAUSE_UNTOLD,  /* something bent, and what was seen does not say why */
    CAUSE_UNSEEN,  /* something bent, and nothing of the service was looked at */
    CAUSE_HARNESS, /* it was prony or its host: the numbers are not the service's */
    CAUSE_SEEN,    /* nothing bent, and yet what is seen of a service is over its limit */
    CAUSE_UNASKED  /* no stage to hold against another: the run is too short, or was not judged */
};

/* How sure: A the bound was predicted within 10 %, B it stands alone, C ties or much left over. */
enum cause_grade { CAUSE_GRADE_A, CAUSE_GRADE_B, CAUSE_GRADE_C };

/* Where requests wait, in both stages. */
struct cause_place {
    char name[CAUSE_TEXT / 2]; /* "lock of worker-#" */
    char of[48];               /* service; "prony", "network" */
    double before, after;      /* requests, mean over the stage */
    double share;              /* of what grew in all */
    double onset_s;            /* run time at which it bent; NAN: it did not */
    bool spare;                /* where threads wait for work: not a place of requests */
};

/* A row of the table of causes, as it was weighed. */
struct cause_suspect {
    const char *id; /* "cpu-bound", static */
    char title[CAUSE_TEXT];
    char evidence[CAUSE_LINES][CAUSE_TEXT]; /* its numbers; empty ones at the end */
    char advice[CAUSE_TEXT];
    double share; /* of the growth that it explains */
    double onset_s;
    bool blamed; /* else it is an alibi: the evidence clears it */
    bool blind;  /* "no alibi": it could not be seen */
};

struct cause {
    enum cause_state state;
    enum cause_grade grade;
    uint32_t good, bad; /* stages, or parts of one; PLAN_NO_INDEX: none */
    char good_name[CAUSE_NAME], bad_name[CAUSE_NAME]; /* "calm", "calm until 14 s" */
    double cut_s;         /* run time at which the one stage was cut in two; NAN: it was not */
    uint32_t scenario;    /* its iterations are what waits; else requests */
    double good_x, bad_x; /* requests done a second */
    double good_n, bad_n; /* in flight, mean */
    double good_r_ms, bad_r_ms;              /* mean response time */
    struct cause_place places[CAUSE_PLACES]; /* by growth, most first */
    uint32_t place_count;
    double explained, unexplained;                   /* of what grew, in requests */
    struct cause_suspect suspects[CAUSE_SUSPECTS];   /* blamed ones first, most first */
    uint32_t suspect_count, blamed_count, tie_count; /* ties: blamed ones that bent together */
    char sentence[CAUSE_TEXT];                       /* all of it in one */
    char logged[2 * CAUSE_TEXT]; /* what a service logged more of; may be empty */
    char bound[CAUSE_TEXT];      /* what would come next; may be empty */
    char next[CAUSE_TEXT];       /* what to do */
};

/* "found", "nothing bent", ...: static; as in JSON. */
const char *cause_state_name(enum cause_state state);
const char *cause_grade_name(enum cause_grade grade); /* "A", ... */
/* The stage as it is named; of a watch the time in which something was missed stands in the place
 * of the drain, and is "missed". */
struct bytes cause_stage_name(const struct run_header *header, uint32_t stage);
