/* exit_code.h - what a process that judged, or could not, tells its caller.
 *
 * Why: scripts and CI act on this number, so the numbers stand in one table, from which the help
 * text and docs/cli.md are made too, and the order of their reasons in another.
 * Source: docs/exit-codes.md; sysexits.h(3head) for 70, the shells' 128 + signal.
 * Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "tick/result.h"

#define EXIT_CODES(X)                                                                              \
    X(EXIT_HOLDS, 0, "every judged objective holds")                                               \
    X(EXIT_MISSED, 1, "an objective is missed")                                                    \
    X(EXIT_USAGE, 2, "the command line or the plan is wrong; nothing was sent")                    \
    X(EXIT_NO_VERDICT, 3, "no verdict: not to be trusted, or inconclusive; says what would help")  \
    X(EXIT_PREFLIGHT, 4,                                                                           \
      "the target does not answer, a service is not ready, a folder not usable")                   \
    X(EXIT_ABORTED, 5, "stopped by abort_when or a safety limit")                                  \
    X(EXIT_REFUSED, 6, "this host does not permit it, or has too little of what it needs")         \
    X(EXIT_BUG, 70, "a bug of prony")                                                              \
    X(EXIT_INTERRUPTED, 130, "interrupted by Ctrl-C; the run so far is recorded and judged")       \
    X(EXIT_TERMINATED, 143, "the same by SIGTERM or SIGHUP")

#define EXIT_CODES_ENUM(name, number, text) name = (number),
enum exit_number { EXIT_CODES(EXIT_CODES_ENUM) };
#undef EXIT_CODES_ENUM

/* What is true of a run; several may be. */
struct exit_facts {
    bool usage;     /* command line or plan wrong: nothing was sent */
    bool preflight; /* target, service, port or run folder not usable */
    bool refused;   /* not permitted, absent or too little on this host */
    bool bug;       /* ours */
    int signal;     /* that interrupted it; 0: none */
    bool going_on;  /* a report of a run that has no end yet */
    bool invalid;   /* trust */
    bool aborted;   /* abort_when, or a safety limit */
    bool missed;
    bool inconclusive;
};

/* The first that applies of 2, 4, 6, 70, 130/143, 3 (going on or invalid), 5, 1, 3 (inconclusive),
 * 0. */
int exit_code_of(const struct exit_facts *facts);
/* Of a run that was judged. `bug`: its books do not add up. */
int exit_code_of_result(const struct result *result, bool bug);
/* Of several that were judged: what is true of one of them is true of all together. */
void exit_code_add(struct exit_facts *facts, const struct result *result);
/* Of an error that kept prony from going on. */
int exit_code_of_err(enum err_kind kind);
