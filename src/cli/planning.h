/* planning.h - from the words of the command line to a checked plan.
 *
 * Why: `run` and `check` must understand the same words in the same way. Here the plan language
 * gets what it may ask of its surroundings: environment, files, free ports, private folders.
 * Source: docs/plan.md, "Variables".
 * Thread: main.  Memory: one arena, until planning_close(). */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cli/writing.h"
#include "plan/diag.h"
#include "plan/plan.h"

struct planning {
    struct arena arena;
    struct plan plan;
    struct bytes path;       /* of the plan; empty: a one-liner */
    struct bytes source;     /* text of the plan */
    struct writing *written; /* of a one-liner: what of it came from which flag; else NULL */
    struct bytes command;    /* the command line, as a shell would take it, secrets masked */
    char private_root[64];   /* above the services' private folders; nothing is created here */
    struct diags *diags;     /* what is wrong with the plan */
};

/* Reads PLAN or writes the plan of a URL. False: `diags`, or where there are none `err`. */
MUST_USE bool planning_open(struct planning *p, const struct flags *flags, int argc,
                            char *const *argv, struct err *err);
/* The plan of `first` once more, from the same text, with ports and private folders of its own and
 * another seed: that of run `index` (from 1) of a series. */
MUST_USE bool planning_again(struct planning *p, const struct planning *first, uint32_t index,
                             const struct flags *flags, struct err *err);
/* Writes the plan of a URL as it is shown: credentials of -u and -H are variables in it. */
void planning_add_shown(struct text *out, const struct flags *flags);
/* Says on stderr why planning_open() failed, and that nothing was sent; the exit code. */
int planning_fail(struct planning *p, const struct err *err);
void planning_close(struct planning *p);
