/* attach.h - a service that runs already: how it is found on this host.
 *
 * Why: what is measured is often started by somebody else: a unit, a container, a shell. The plan
 * names it by what people know of it, and the observer finds its processes, again when it was
 * restarted.
 * Source: docs/plan.md, "Services".
 * Thread: as plan.h.  Memory: as plan.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "plan/span.h"

enum attach_kind {
    ATTACH_NONE,
    ATTACH_PID,     /* `number`, or `text`: a file that holds it */
    ATTACH_PORT,    /* `number`: whoever listens there */
    ATTACH_PROCESS, /* `text`: all that have this name */
    ATTACH_CGROUP,  /* `text`: from '/', below where cgroups are mounted or with that */
    ATTACH_UNIT,    /* `text`: of systemd, with its ending */
    ATTACH_KINDS
};

struct attach {
    struct span at;
    enum attach_kind kind;
    struct bytes text; /* NUL-terminated; variables filled in */
    uint64_t number;
    bool required; /* that it isn't there ends the run before it begins */
};

/* "pid", ...: the key of the plan; static. */
const char *attach_name(enum attach_kind kind);
