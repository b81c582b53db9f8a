/* judge.h - objectives into verdicts, after every tick and at the end.
 *
 * Why: it is a sink like any other, so a live run, a replay and a replay with other limits go down
 * the same path, and the same ticks give the same result to the last bit.
 * Source: docs/method.md.
 * Thread: collecting thread.  Memory: one arena; histograms come when their first value does. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "tick/bus.h"

struct judge;

/* Adds nothing to the bus; keeps `bus`, which may be NULL (no results are sent, no run aborted). */
MUST_USE bool judge_open(struct judge **out, struct bus *bus, struct err *err);
/* begin, tick, end. Puts a provisional result on the bus after each tick, where a sink takes them,
 * and the final one after the end; asks the bus to abort when a sentence of abort_when has come
 * true, and for the next stage when a warm-up with `for: auto` has come to rest. */
struct sink judge_sink(struct judge *judge);
/* The newest result; before the first tick it is empty. Valid until the judge's next one. */
const struct result *judge_result(const struct judge *judge);
/* Of a watch: what changed with an objective's window, one sentence a call; false: nothing more. */
bool judge_news(struct judge *judge, struct text *out);
void judge_close(struct judge *judge);
