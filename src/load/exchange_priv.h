/* exchange_priv.h - connections: who gets one, what is written, what comes back.
 *
 * Why: the only file of load/ that touches streams.
 * Source: own.  Thread: the worker's.  Memory: none of its own. */
#pragma once

#include "load/worker_priv.h"

/* Gives the flow's request a connection: idle, new, or a place in the queue. */
void exchange_begin(struct worker *w, struct flow *f);
void exchange_ready(struct worker *w, const struct ready *ready);
/* Reads what has come for a flow that is FLOW_TALKING, before its time is called over: where prony
 * was held up, the reply may have been here in time. True: the request has ended. */
bool exchange_look(struct worker *w, struct flow *f);
/* The flow gives up its place or its connection (which is closed). */
void exchange_abandon(struct worker *w, struct flow *f);
/* The end: no connection stays. By the worker itself, whose descriptors they are. */
void exchange_close_all(struct worker *w);
