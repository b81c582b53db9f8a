/* arrivals_priv.h - what is due: stages, arrivals, users.
 *
 * Why: the load side of a worker: it never looks at replies.
 * Source: own.  Thread: the worker's.  Memory: none of its own. */
#pragma once

#include "load/worker_priv.h"

/* Starts what is due at `now_ns`; the next instant it needs to be called. */
uint64_t arrivals_pump(struct worker *w, uint64_t now_ns);
/* A resting user's next iteration is due: it starts, or the user leaves with its stage. */
void arrivals_user_due(struct worker *w, struct flow *f, uint64_t now_ns);
void arrivals_user_leaves(struct worker *w, struct flow *f, uint64_t now_ns);
/* Counts what was due before the run was left and never taken up. */
void arrivals_cut(struct worker *w, uint64_t now_ns);
