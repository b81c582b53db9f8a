/* watch.h - the samples that an objective about a service or its host is judged by, as moments.
 *
 * Why: a sentence names a number, and ticks carry series of it: one, or several with labels, met
 * while the run goes on, and a second late. This finds them and makes one value of those that speak
 * of the same moment; which stage that lies in, and what becomes of it, is rows.h.
 * Source: docs/method.md, "What is seen of services".
 * Thread: collecting thread.  Memory: the judge's arena, 4 KiB an objective. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "judge/books.h"
#include "plan/plan.h"
#include "tick/tick.h"

struct watch;

/* A value in the sentence's unit, when it was (the middle of the time that its samples cover), and
 * how long it stands for. */
typedef void watch_told(void *ctx, uint64_t at_ns, double value, double weight_s);

/* For a sentence of the plan's, kept; NULL: the arena is full. */
struct watch *watch_make(const struct objective *o, const struct plan *plan, struct arena *arena);
/* How good the series is that it takes its values from, of several that would do: more is better. A
 * leak is looked for in memory.anon, else in memory.uss, else in memory. */
uint32_t watch_grade(const struct watch *w);
/* Tells of each moment that the books have reached, in the order of the samples. */
void watch_take(struct watch *w, const struct tick *tick, const struct books *books,
                watch_told *told, void *ctx);
