/* doctor.h - what the sources see on this host, what they can't, and what would allow it.
 *
 * Why: a source that is refused is a gap in the run that one wanted explained; this is known before
 * the run, and most of it is one command away.
 * Source: proc(5), ptrace(2) "/proc/sys/kernel/yama/ptrace_scope", capabilities(7), cgroups(7).
 * Thread: any.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DOCTOR_MAX 24
#define DOCTOR_WORDS 200

enum doctor_state { DOCTOR_SEES, DOCTOR_PARTLY, DOCTOR_BLIND };

struct doctor_finding {
    const char *source; /* "processes", ...: static */
    enum doctor_state state;
    char sees[DOCTOR_WORDS];  /* a clause; "" where it is blind */
    char lacks[DOCTOR_WORDS]; /* what it can't see, and why; "" where it sees all */
    char cure[DOCTOR_WORDS];  /* one command that would allow it; "" where there is none */
};

struct doctor {
    struct doctor_finding findings[DOCTOR_MAX];
    uint32_t count;
};

/* Looks at each. `root` stands before each path of /proc and /sys: "" but in tests. */
void doctor_examine(struct doctor *out, const char *root);
/* "sees", "partly", "blind": static. */
const char *doctor_state_name(enum doctor_state state);
