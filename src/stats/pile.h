/* pile.h - do requests pile up, though the load is meant to be steady?
 *
 * Why: a service that gets more than it can do keeps more and more of it, and its memory rises with
 * them; that is no leak.
 * Source: a straight line of least squares through what was in flight; docs/method.md, "Leaks".
 * Thread: any.  Memory: in place. */
#pragma once

#include <stdbool.h>

/* Sums of a straight line. All zero: empty. */
struct pile {
    double n, t, x, tt, tx;
};

/* So many in flight at `at_s`. */
void pile_add(struct pile *p, double at_s, double in_flight);
/* They rise by half of their mean, and by five at least, over so many seconds. */
bool pile_is_up(const struct pile *p, double seconds);
