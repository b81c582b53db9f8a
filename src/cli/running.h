/* running.h - one run from a checked plan to its exit code, alone or as one of a series.
 *
 * Why: campaign/ conducts the run; here is what a person sees of it and what a script gets. A run
 * of a series leaves its folder like any other; what is asked for on stdout is about all of them.
 * Source: docs/architecture.md, "Life of a run".
 * Thread: main.  Memory: the plan's arena, and that of the series. */
#pragma once

#include "base/err.h"
#include "cli/planning.h"
#include "judge/exit_code.h"
#include "show/beside.h"

struct running_series {
    struct arena *arena;     /* of what is kept of each run */
    uint32_t index, count;   /* this is run `index` of `count`, from 1 */
    struct beside_run *runs; /* [count] */
    uint32_t judged;         /* that have a result, so far */
    struct exit_facts facts; /* of those together */
    char id[RUN_ID_LEN + 1]; /* of the first run; empty before it */
};

struct vigil_options;

/* `series` NULL: it stands alone. The exit code of this run. */
int running_run(const struct flags *flags, struct planning *p, struct running_series *series);
/* The same of one file of a watch. */
int running_watch(const struct flags *flags, struct planning *p, const struct vigil_options *vigil);
