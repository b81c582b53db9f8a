/* log_plan.h - what a service writes down of itself, for prony to read along.
 *
 * Why: a service says best what it served and what went wrong, in files that are there already.
 * Source: docs/plan.md, "Services".
 * Thread: as plan.h.  Memory: as plan.h; paths are NUL-terminated. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

struct log_plan {
    struct bytes access_log;    /* a path; "output": what it writes to its output; empty: none */
    struct bytes access_format; /* as given; empty: guessed */
    struct bytes *files;        /* other logs */
    uint32_t file_count;
};
