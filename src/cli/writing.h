/* writing.h - a plan being written from flags, which knows what of it came from which flag.
 *
 * Why: a one-liner is written as a plan and read as one, so its mistakes are found by the plan's
 * reader, at places of a text that nobody has typed. From such a place a mark leads back to the
 * word of the command line.
 * Source: ours.
 * Thread: main.  Memory: the caller's text; marks in place, what is beyond them has none. */
#pragma once

#include "base/text.h"
#include "cli/flags.h"
#include "plan/span.h"

#define WRITING_MARKS_MAX (2 * FLAGS_GIVEN_MAX + 4) /* a rate stands in two stages */
#define WRITING_URL UINT32_MAX

struct writing_mark {
    size_t from, to;   /* in the text, quotes included */
    uint32_t given;    /* which of flags->given; WRITING_URL: the URL */
    size_t start, len; /* of that word's value: what stands there */
    size_t shift;      /* it begins so many bytes behind `from`; SIZE_MAX: not letter by letter */
};

struct writing {
    struct text text;
    const struct flags *flags;
    struct writing_mark marks[WRITING_MARKS_MAX];
    uint32_t mark_count;
};

/* Empty, over the caller's bytes; keeps both. */
struct writing writing_in(char *array, size_t size, const struct flags *flags);
/* What was appended since `from` is `part`, a view into the value of that flag, or came of it. */
void writing_came_from(struct writing *w, size_t from, uint32_t given, struct bytes part);
/* Appends the value of a flag, or `otherwise`, which came from none. */
void writing_add_value(struct writing *w, enum flag flag, const char *otherwise);
/* The n-th flag given that is `flag`; WRITING_URL: there is none. */
uint32_t writing_given(const struct writing *w, enum flag flag, uint32_t n);
/* The word that `at` leads back to, and its place in that word's value. False: to none. */
bool writing_find(const struct writing *w, struct span at, uint32_t *given, struct span *within);
