#include "tick/run.h"

#include "base/attr.h"

uint32_t run_stage_count(const struct run_header *header)
{
    return header->plan->stage_count + 1;
}

struct bytes run_stage_name(const struct run_header *header, uint32_t stage)
{
    assert(stage <= header->plan->stage_count);
    if (stage == header->plan->stage_count) return BYTES_LIT("drain");
    return header->plan->stages[stage].name;
}

bool run_stage_judged(const struct run_header *header, uint32_t stage)
{
    if (header->window) return window_span(header->window, stage) != NULL;
    return stage < header->plan->stage_count && header->plan->stages[stage].judged;
}

const char *run_ended_name(enum run_ended ended)
{
    static const char *const names[] = {"complete", "aborted", "interrupted", "preflight",
                                        "preflight"};
    assert(ended < COUNT_OF(names));
    return names[ended];
}

bool run_has_tick(const struct run_header *header, const struct tick *tick)
{
    return !header->window || window_has_tick(header->window, tick);
}

bool run_going_on(const struct run_end *end)
{
    return end->ended == RUN_INTERRUPTED && end->signal == 0;
}

bool run_stopped_by_key(const struct run_end *end)
{
    return end->ended == RUN_INTERRUPTED
           && bytes_starts(bytes_of(end->reason), BYTES_LIT(RUN_BY_KEY));
}

const char *run_end_name(const struct run_end *end)
{
    return run_going_on(end) ? "running" : run_ended_name(end->ended);
}

bool run_ended_early(enum run_ended ended)
{
    return ended == RUN_PREFLIGHT || ended == RUN_REFUSED;
}
