/* progress.h - a run as it goes, a line at a time.
 *
 * Why: in a log there is no cursor. One line for each stage that begins or ends, each objective
 * that turns, each event, and a heartbeat: every 10 s in a run of at most 10 minutes, else one a
 * minute, so that a night's run leaves a few pages and not megabytes.
 * Source: docs/summary.md, "Progress".
 * Thread: collecting thread.  Memory: in place. */
#pragma once

#include "show/style.h"
#include "tick/bus.h"

#define PROGRESS_OBJECTIVES 128 /* watched for turning; further ones are silent */
#define PROGRESS_STAGE_NONE UINT32_MAX

struct progress {
    void (*line)(void *ctx, struct bytes text); /* without newline */
    void *ctx;
    struct show_style style;
    const struct run_header *header;
    uint64_t heartbeat_ns, next_heartbeat_ns;
    uint32_t stage; /* in progress; PROGRESS_STAGE_NONE: not begun */
    bool has_figures;
    struct figures figures; /* of `stage`, as last heard */
    bool missed[PROGRESS_OBJECTIVES];
    bool reached[PROGRESS_OBJECTIVES]; /* capacities */
    enum trust_level trust;
    uint64_t now_ns;  /* run time */
    bool clock_style; /* h:mm:ss instead of seconds */
};

/* `line` gets each line; `ctx` is handed to it. The style's width is not used. */
void progress_init(struct progress *p, const struct show_style *style,
                   void (*line)(void *ctx, struct bytes text), void *ctx);
/* Keeps `p`. Add it behind the judge, so that a stage's figures are known when it ends. */
struct sink progress_sink(struct progress *p);
