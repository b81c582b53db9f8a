/* trust.h - may the numbers be believed?
 *
 * Why: a load generator that is late makes a healthy service look slow. Lag can only turn a hold
 * into a miss, so a miss that it decides is withheld; the rest is told. Every rule uses take-up
 * instants and lag, never sends: a stalled server must not make the generator look guilty.
 * Source: docs/method.md, "Trust".  Thread: collecting thread.  Memory: none. */
#pragma once

#include "judge/limits.h"

/* What the rules look at. */
struct warming;
struct redirects;

struct trust_case {
    const struct limits_desk *desk;
    const struct rows *rows;
    const struct objective_result *results; /* [rows->count], concluded */
    const struct run_end *end;              /* of a final result */
    const struct warming *warming;          /* of the plan's warm-up, where it ends by itself */
    const struct redirects *redirects;
    bool out_of_memory; /* a series could not be kept */
};

/* Fills trust, reasons and reason_count of `result`. Returns whether prony itself has a bug: the
 * books do not balance. */
bool trust_judge(const struct trust_case *c, struct result *result);

struct trust_rule {
    const char *code;
    enum trust_level level;
};

/* The rules in their order; false: there is none of that index. */
bool trust_rule(uint32_t index, struct trust_rule *out);
