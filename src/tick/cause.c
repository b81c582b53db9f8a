#include "tick/cause.h"

const char *cause_state_name(enum cause_state state)
{
    static const char *const names[] = {"nothing bent", "found",          "cannot tell", "not seen",
                                        "harness",      "over its limit", "not judged"};
    return names[state];
}

const char *cause_grade_name(enum cause_grade grade)
{
    static const char *const names[] = {"A", "B", "C"};
    return names[grade];
}

struct bytes cause_stage_name(const struct run_header *header, uint32_t stage)
{
    bool missed = header->watch_ns > 0 && stage == header->plan->stage_count;
    return missed ? BYTES_LIT("missed") : run_stage_name(header, stage);
}
