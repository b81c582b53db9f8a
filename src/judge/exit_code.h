/* exit_code.h - what a process that judged, or could not, tells its caller.
 *
 * Why: scripts and CI act on this number, so the order of its reasons stands in one table.
 * Source: docs/exit-codes.md.  Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "tick/result.h"

/* What is true of a run; several may be. */
struct exit_facts {
    bool usage;     /* command line or plan wrong: nothing was sent */
    bool preflight; /* target, service, port or run folder not usable */
    bool refused;   /* not permitted, absent or too little on this host */
    bool bug;       /* ours */
    int signal;     /* that interrupted it; 0: none */
    bool invalid;   /* trust */
    bool aborted;   /* abort_when, or a safety limit */
    bool missed;
    bool inconclusive;
};

/* The first that applies of 2, 4, 6, 70, 130/143, 3 (invalid), 5, 1, 3 (inconclusive), 0. */
int exit_code_of(const struct exit_facts *facts);
/* Of a run that was judged. `bug`: its books do not add up. */
int exit_code_of_result(const struct result *result, bool bug);
/* Of an error that kept prony from going on. */
int exit_code_of_err(enum err_kind kind);
