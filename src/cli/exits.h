/* exits.h - the exit codes, one table.
 *
 * Why: scripts depend on them, so they are few, stable, and stand in the help text as well as in
 * docs/cli.md, both from here.
 * Source: sysexits(3) for 70, the shells' 128 + signal.
 * Thread: any.
 * Memory: none. */
#pragma once

#define EXITS(X)                                                                                   \
    X(EXIT_HOLDS, 0, "every judged objective holds")                                               \
    X(EXIT_MISSED, 1, "an objective is missed")                                                    \
    X(EXIT_USAGE, 2, "the command line or the plan is wrong; nothing was sent")                    \
    X(EXIT_NO_VERDICT, 3, "no verdict: not to be trusted, or inconclusive; says what would help")  \
    X(EXIT_PREFLIGHT, 4,                                                                           \
      "the target does not answer, a service is not ready, a folder not usable")                   \
    X(EXIT_ABORTED, 5, "stopped by abort_when or a safety limit")                                  \
    X(EXIT_LIMIT, 6, "this host does not permit it, or has too little of what it needs")           \
    X(EXIT_BUG, 70, "a bug of prony")                                                              \
    X(EXIT_INTERRUPTED, 130, "interrupted by Ctrl-C; the run so far is recorded and judged")       \
    X(EXIT_TERMINATED, 143, "the same by SIGTERM")

#define EXITS_ENUM(name, number, text) name = (number),
enum exits { EXITS(EXITS_ENUM) };
#undef EXITS_ENUM
