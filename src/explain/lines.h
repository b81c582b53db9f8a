/* lines.h - what those that stand in line wait for: a line is charged to what it is in line for.
 *
 * Why: requests in line for threads that wait for a slow peer are no fault of the threads. A line
 * for threads is followed to what they do, and one for a peer that is looked at to what is done
 * there. Of what they do, only what a request takes longer for than it did is to blame for a line:
 * where each takes what it took, there are too few of them.
 * Source: docs/why.md, "Lines"; J. D. C. Little (1961).
 * Thread: collecting thread.  Memory: none. */
#pragma once

#include "explain/ledger.h"

/* Charges each place with its own excess. */
void lines_charge_places(struct ledger *l);
/* Charges a line for that group. */
void lines_follow(struct ledger *l, const struct ledger_group *g, double line);
