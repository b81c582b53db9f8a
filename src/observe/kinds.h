/* kinds.h - which sources a plan asks for.
 *
 * Why: the one place that knows all kinds; observer.c knows none of them.
 * Source: docs/observing.md.  Thread: main.  Memory: the arena given. */
#pragma once

#include "observe/observer.h"
#include "observe/served.h"
#include "observe/source.h"

#define KINDS_MAX 64

struct kinds {
    struct source all[KINDS_MAX];
    bool remote[KINDS_MAX]; /* it asks over the network, and so needs a thread of its own */
    uint32_t count;
    struct served_book *served; /* what sources tell of requests; NULL: there are no services */
};

/* As observer_check(). */
bool kinds_check(const struct plan *plan, struct err *err);
/* As observer_check_pages(). */
bool kinds_check_pages(const struct plan *plan, struct err *err);
/* One for each thing to be seen; what does not fit is left out. */
void kinds_make(struct kinds *out, const struct observer_options *options, struct arena *arena);
