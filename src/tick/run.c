#include "tick/run.h"

#include "base/attr.h"

/* At these the judge's tables are 1.2 of its 4 GiB of address space (judge/tables_test), and what
 * it does for each pair of rows takes a second. No plan that a person writes is near. */
#define NAMES_MAX (1u << 15)
#define ROWS_MAX (1u << 15)     /* objectives, `of each` one a name */
#define BOOKS_MAX (1u << 20)    /* names and scenarios, by stage */
#define FINDINGS_MAX (1u << 20) /* rows by stage */
#define SENDS_MAX (1u << 26)    /* steps by stage */

const char *run_too_large(const struct plan *plan)
{
    uint64_t stages = (uint64_t)plan->stage_count + 1; /* the drain */
    uint64_t rows = 0;
    uint64_t steps = 0;
    uint64_t length_ns = 0;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        rows += plan->objectives[i].scope == SCOPE_EACH ? plan->name_count : 1;
    }
    for (uint32_t i = 0; i < plan->scenario_count; i++) steps += plan->scenarios[i].step_count;
    if (plan->name_count > NAMES_MAX) return "names";
    if (stages * ((uint64_t)plan->name_count + plan->scenario_count) > BOOKS_MAX) return "stages";
    if (rows > ROWS_MAX || stages * rows > FINDINGS_MAX) return "objectives";
    if (stages * steps > SENDS_MAX) return "requests";
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        uint64_t stage_ns = plan->stages[i].length_ns;
        if (stage_ns > RUN_LENGTH_MAX_NS - length_ns) return "length_ns";
        length_ns += stage_ns;
    }
    return NULL;
}

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
