#include "judge/strain_sum.h"

#include <math.h>

/* Share of the cores that they may use which the workers took: each of them has one at the most,
 * and all of them no more than there are. */
static double busy_share(const struct run_header *header, const struct tick *tick)
{
    double length_ns = (double)(tick->end_ns - tick->start_ns);
    double one = (double)tick->strain.of[STRAIN_BUSIEST] / length_ns;
    if (header->cores == 0 || header->threads <= header->cores) return one;
    double all = (double)tick->strain.of[STRAIN_WORKERS] / (length_ns * header->cores);
    return all > one ? all : one;
}

static void take_busy(struct strain_sum *s, const struct run_header *header,
                      const struct tick *tick)
{
    double share = busy_share(header, tick);
    if (share > 1) share = 1; /* a tick is closed a moment after its end */
    if (share > s->busiest) s->busiest = share;
    if (share > STRAIN_SUM_BUSY) s->busy_ns += tick->end_ns - tick->start_ns;
}

static void take_step(struct strain_sum *s, const struct tick *tick)
{
    const uint64_t *of = tick->strain.of;
    double step_s = ((double)of[STRAIN_FORWARD] - (double)of[STRAIN_BACK]) / 1e9;
    if (fabs(step_s) <= fabs(s->step_s)) return;
    s->step_s = step_s;
    s->step_from_ns = tick->start_ns;
    s->step_to_ns = tick->end_ns;
}

void strain_sum_take(struct strain_sum *s, const struct run_header *header, const struct tick *tick)
{
    if (tick->end_ns <= tick->start_ns) return;
    s->ns += tick->end_ns - tick->start_ns;
    for (uint32_t i = 0; i < STRAIN_COUNT; i++) s->strain.of[i] += tick->strain.of[i];
    take_busy(s, header, tick);
    take_step(s, tick);
    if (tick->strain.of[STRAIN_HELD] == 0) return;
    if (s->held_to_ns == 0) s->held_from_ns = tick->start_ns;
    s->held_to_ns = tick->end_ns;
}
