/* diag.h - what is wrong with a plan: collected, not stopped at the first.
 *
 * Why: a user mends ten mistakes in one go. Each has a code, a place, a cause and a cure.
 * Source: docs/diagnostics.md; GNU Coding Standards 4.4 for file:line:column: message.
 * Thread: one owner.  Memory: in place, about 32 KiB; beyond DIAGS_MAX they are counted. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/text.h"
#include "plan/diag_code.h"
#include "plan/span.h"

#define DIAGS_MAX 64

struct diag {
    enum diag_code code;
    struct span at;
    char msg[200];  /* cause, one line */
    char hint[240]; /* cure, stands behind the caret; may be empty */
};

/* A word of the command line that says something about the plan. */
struct diag_word {
    const char *flag; /* `set`, without dashes; empty: it stands alone, as a URL does */
    struct bytes value;
};

struct diags {
    struct diag items[DIAGS_MAX];
    uint32_t count;   /* in items */
    uint32_t dropped; /* beyond them */
    /* [word_count] by span.col - 1 where span.line is 0 and col is not; the span's offset and len
     * are then of the value. */
    const struct diag_word *words;
    uint32_t word_count;
};

/* Adds an error; returns false. `hint` may be NULL. */
bool diag_add(struct diags *diags, enum diag_code code, struct span at, const char *hint,
              const char *format, ...) PRINTF_LIKE(5, 6);
/* Sorts by place and writes all, as file:line:col: error[Pnnn]: cause, the line, a caret, the cure.
 * For a word of the command line the file is `command line`, and the line that word. */
void diag_print(struct text *out, const struct diags *diags, struct bytes path,
                struct bytes source);
/* The word that `d` is about; NULL: it is about none. */
const struct diag_word *diag_word_of(const struct diags *diags, const struct diag *d);
/* All of them by place, flags first; `sorted` has room for `count`. */
void diag_sort(const struct diag **sorted, const struct diags *diags);
/* The name that the cure asks for: x of "did you mean 'x'?"; empty where it asks for none. */
struct bytes diag_near(const struct diag *d);
/* The candidate nearest to `word` by edit distance, NULL if none is near enough to be meant. */
const char *diag_nearest(struct bytes word, const char *const *candidates, uint32_t count);
/* As diag_nearest, over views; empty if none is near enough. */
struct bytes diag_nearest_name(struct bytes word, const struct bytes *names, uint32_t count);
/* "did you mean 'x'?  LABEL: a b c", cut to what a hint holds. */
void diag_suggest(struct text *hint, struct bytes word, const char *label,
                  const struct bytes *names, uint32_t count);
