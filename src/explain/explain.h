/* explain.h - why the service bent: a sink that remembers a run and tells its cause at the end.
 *
 * Why: live and replayed runs are explained by the same code from the same ticks, so `prony why` of
 * an old run says what its summary said. Same input, same words.
 * Source: docs/why.md.
 * Thread: collecting thread.  Memory: an arena, grown as series are met; bounded. */
#pragma once

#include "base/err.h"
#include "tick/bus.h"
#include "tick/cause.h"

struct explain;

/* Nothing is known yet. */
bool explain_open(struct explain **out, struct err *err);
/* Belongs behind the judge; the cause is there when the final result is. */
struct sink explain_sink(struct explain *e);
/* NULL before the final result. */
const struct cause *explain_cause(const struct explain *e);
void explain_close(struct explain *e);
