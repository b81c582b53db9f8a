/* pool_priv.h - the connections to one target that are idle, and the flows that wait for one.
 *
 * Why: who gets the next connection is a question of fairness between flows and targets; how one is
 * made and used is exchange.c's.
 * Source: own.  Thread: the worker's.  Memory: lists through the worker's arrays. */
#pragma once

#include "load/worker_priv.h"

/* Takes it out of the idle ones of its target. */
void pool_unlink_idle(struct worker *w, struct connection *c);
/* The flow waits, last in the queue of its target, for a connection or until it is out of time. */
void pool_enqueue(struct worker *w, struct flow *f);
/* It waits no more, wherever in the queue it was. */
void pool_unqueue(struct worker *w, struct flow *f);
/* The target whose queue is next to get a place: the one with the fewest connections, of equals the
 * one that waits longest; NULL: nobody waits. Borrows. */
struct pool *pool_neediest(struct worker *w);
/* Whether `pool` gives a place up though it could use it: to a target whose queue has two
 * connections fewer, or none at all. So targets under load come to equal shares of the limit, and
 * then connections are kept. */
bool pool_gives_way(struct worker *w, const struct pool *pool);
/* `connection: new`: whoever waits longest would not take one that was used. */
bool pool_next_wants_new(const struct worker *w, const struct pool *pool);
