/* err.h - "prony cannot go on": one error, on the caller's stack.
 *
 * Why: three kinds of error are never mixed. A programmer's mistake asserts; a target that
 * misbehaves is data (enum outcome); what stops prony itself fills a struct err once, where it
 * happens. Nobody prints below cli/.
 * Source: ours; docs/exit-codes.md says what each kind comes to.
 * Thread: any.  Memory: in place, no heap. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

enum err_kind {
    ERR_NONE,
    ERR_USAGE,     /* the command line; exit 2 */
    ERR_PLAN,      /* the plan; exit 2 */
    ERR_PREFLIGHT, /* target unreachable, service not ready, port taken, folder unwritable; exit 4
                    */
    ERR_LIMIT,     /* too few descriptors, ports, memory; exit 6 */
    ERR_DENIED,    /* not permitted or absent on this host; exit 6 */
    ERR_IO,        /* a file or system call of ours failed */
    ERR_BUG        /* exit 70 */
};

struct err {
    enum err_kind kind;
    int sys;        /* errno, or 0 */
    char msg[320];  /* what happened, one line, no newline */
    char hint[240]; /* what to do; may be empty */
};

/* Fills `err` (which may be NULL) and returns false, so that a failing function can end with
 * `return err_set(...)`. `sys` is an errno whose text is appended, or 0. */
bool err_set(struct err *err, enum err_kind kind, int sys, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds what to do about it; returns false. */
bool err_hint(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts `context: ` before the message; returns false. */
bool err_context(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
