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
