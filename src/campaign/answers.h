/* answers.h - whether anybody answers at all, and what comes instead.
 *
 * Why: a target that answers nothing whole in the first second is a wrong address, another protocol
 * or a dead service, not a slow one. A run against it measures nothing and ends at once, with what
 * was seen and what would help.
 * Source: docs/exit-codes.md, 4.
 * Thread: main.
 * Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "tick/tick.h"

#define ANSWERS_MIXED UINT32_MAX

struct answers {
    uint64_t outcomes[OUTCOME_COUNT]; /* of requests that ended, without cut and dropped */
    uint64_t asked;                   /* their sum */
    uint64_t answered;                /* of them, with a whole reply of any status */
    uint64_t first_send_ns;           /* run time */
    uint32_t status; /* of all replies looked at; 0: none, ANSWERS_MIXED: several */
    bool sending, told;
    bool tls; /* replies, or somebody who looked, say that TLS is spoken where plain HTTP was */
    char details[OUTCOME_COUNT][100]; /* of the first of each; may be empty */
};

/* Counts what ended in the tick; `a` begins as all zero. Until both questions below are settled. */
void answers_take(struct answers *a, const struct tick *tick);
/* After answers_take(): enough was asked for long enough, or the run is over, and nothing answered,
 * or only that this is not how TLS is spoken. */
bool answers_none(const struct answers *a, const struct tick *tick);
/* After answers_take(): true once, when the first replies were all 401 or all 403. Says so, and
 * what helps. */
bool answers_unwelcome(struct answers *a, struct text *out);
/* Whether nothing came that tells what is spoken there: a handshake would. */
bool answers_leave_open(const struct answers *a);
/* `of the first 16 requests none was answered whole: 12 protocol, 4 reset; ...` */
void answers_say(const struct answers *a, struct text *out);
