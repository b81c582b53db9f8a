#include "plan/attach.h"

static const char *const names[ATTACH_KINDS] = {
    [ATTACH_NONE] = "",           [ATTACH_PID] = "pid",       [ATTACH_PORT] = "port",
    [ATTACH_PROCESS] = "process", [ATTACH_CGROUP] = "cgroup", [ATTACH_UNIT] = "unit"};

const char *attach_name(enum attach_kind kind)
{
    return names[kind];
}
