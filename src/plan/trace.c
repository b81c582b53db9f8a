#include "plan/trace.h"

#include <string.h>

#include "base/rng.h"

void trace_init(struct trace *t, const struct plan *plan)
{
    const struct trace_plan *p = &plan->telemetry.trace;
    struct rng_pair bits = rng_at((struct rng_key){plan->seed, 0, RNG_TRACE}, 0, 0);
    double below = (1 - p->share) * (double)(TRACE_RANDOM_BITS + 1);
    *t = (struct trace){.on = !p->off, .high = bits.a, .key = bits.b, .least = (uint64_t)below};
}

void trace_write(char *value, const struct trace *t, const struct trace_place *at)
{
    uint64_t low = trace_low(t, at);
    value[0] = value[1] = '0';
    value[2] = '-';
    trace_id_put64(value + 3, t->high);
    value[TRACE_SPAN_AT - 1] = value[TRACE_FLAG_AT - 2] = '-';
    value[TRACE_FLAG_AT - 1] = '0';
    trace_patch(value, low, trace_sampled(t, low));
}
