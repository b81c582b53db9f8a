#include "load/takeups.h"

#include <math.h>

#include "base/ns.h"
#include "load/schedule.h"

double takeups_share(const struct stage *stage, uint64_t tick_ns)
{
    bool counted = stage->requests > 0;
    if (stage->model != MODEL_OPEN || stage->arrivals != ARRIVALS_POISSON || counted) return 0;
    double rate = fmax(stage->rate_from, stage->rate_to);
    double a_tick = rate * (double)tick_ns / (double)NS_PER_S;
    return a_tick > TAKEUPS_A_TICK ? TAKEUPS_A_TICK / a_tick : 1;
}

void takeups_draw(struct takeups *t)
{
    double skipped = log(rng_unit(rng_next(&t->draws))) / t->log_left;
    t->skip = 1 + (uint64_t)fmin(skipped, 1e15);
}

void takeups_enter(struct takeups *t, double share, struct rng_key key, uint32_t worker)
{
    *t = (struct takeups){.draws = rng_stream_at(key, worker), .log_left = log1p(-share)};
    if (share > 0) takeups_draw(t);
}

uint32_t takeups_gaps(struct takeups_chain *chain, const struct timeline *timeline,
                      const struct takeup *all, uint32_t count, struct takeup_gap *gaps)
{
    uint32_t gap_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = all[i].stage;
        const struct stage *stage = &timeline->plan->stages[index];
        uint64_t start_ns = timeline_start(timeline, index);
        /* Later than the stage, its rate is none. */
        if (all[i].at_ns >= timeline_end(timeline, index) || all[i].at_ns < start_ns) continue;
        struct takeups_chain before = *chain;
        *chain = (struct takeups_chain){true, index, all[i].at_ns};
        if (!before.any || before.stage != index || before.at_ns < start_ns) continue;
        double expected = schedule_expected(stage, all[i].at_ns - start_ns)
                          - schedule_expected(stage, before.at_ns - start_ns);
        double millionths = 1e6 * expected * takeups_share(stage, timeline->tick_ns);
        uint32_t whole = (uint32_t)fmin(millionths, (double)UINT32_MAX);
        gaps[gap_count++] = (struct takeup_gap){.stage = index, .millionths = whole};
    }
    return gap_count;
}
