/* tail_priv.h - on which connections the slowest requests are.
 *
 * Why: a tail that sits on few connections, or on those that lose packets, is no tail of the
 * service. The kernel is asked (TCP_INFO) only about the connection of a request that was slow: one
 * in a hundred, so that it costs next to nothing.
 * Source: tick/tail.h has what is counted; docs/method.md, "The tail by connection".
 * Thread: the worker's.  Memory: none of its own. */
#pragma once

#include "load/worker_priv.h"

/* An answered request, while f->connection is still its own. */
void tail_request(struct worker *w, const struct flow *f, uint64_t response_ns);
/* A request that got no answer in time; its connection is about to be closed. */
void tail_timeout(struct worker *w, const struct flow *f);
/* From what the sheet in hand has counted: from where on a request is slow in the next tick. */
void tail_learn(struct worker *w);
/* The stage that the worker was in is over: by how few connections its tail was held. */
void tail_stage_over(struct worker *w);
