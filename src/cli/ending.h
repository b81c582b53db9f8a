/* ending.h - a result in words, and its exit code.
 *
 * Why: a run and a report of it end in the same words and the same number.
 * Source: docs/result.md, docs/exit-codes.md.
 * Thread: main.  Memory: the arena given. */
#pragma once

#include "base/arena.h"
#include "cli/flags.h"
#include "show/beside.h"
#include "show/style.h"
#include "tick/cause.h"
#include "tick/result.h"

struct ending {
    const struct result *result;
    const struct cause *cause;   /* why it bent; NULL: not known */
    const struct beside *beside; /* several runs, in the place of a result; NULL: one */
    const struct flags *flags;
    struct bytes folder;           /* of the run; empty: unknown */
    const char *trouble;           /* with the run file, a sentence; empty: none */
    const struct bytes *elsewhere; /* files outside the folder that hold the result */
    uint32_t elsewhere_count;
    bool loud; /* --quiet is not for this text: it goes into a file */
};

/* The summary as --quiet and --verbose want it, in `arena`; at == NULL: no room. */
struct bytes ending_text(const struct ending *o, const struct show_style *style,
                         struct arena *arena);
/* The exit code; `written`: whoever asked for the result got it. */
int ending_code(const struct ending *o, bool written);
