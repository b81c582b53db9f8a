/* progress.h - a run as it goes, a line at a time.
 *
 * Why: in a log there is no cursor. One line for each stage that begins or ends, each objective
 * that turns, each event, and a heartbeat: one a minute, so that a night's run leaves a few pages
 * and not megabytes; on a terminal every 10 s in a run of at most 10 minutes. A heartbeat waits for
 * the next whole tick of its stage, so that it never says what the end of the stage says again. A
 * warm-up that ends by itself has one every 5 s: nobody knows how long it takes. What is missed now
 * and then is not told each time: after each line the other must have lasted for longer.
 *
 * The judge counts what has ended. While a run goes on that is not what was offered: replies may be
 * slow. So what was offered is counted here, from what was taken up.
 * Source: docs/summary.md, "Progress".
 * Thread: collecting thread.  Memory: in place. */
#pragma once

#include "show/style.h"
#include "tick/bus.h"

#define PROGRESS_OBJECTIVES 128 /* watched for turning; further ones are silent */
#define PROGRESS_STAGE_NONE UINT32_MAX
#define PROGRESS_NO_HEARTBEAT (UINT64_MAX / 4)

struct progress {
    void (*line)(void *ctx, struct bytes text); /* without newline */
    void *ctx;
    struct show_style style;
    const struct run_header *header;
    uint64_t heartbeat_ns; /* may be set before the run begins; 0: by its length */
    uint64_t next_heartbeat_ns;
    uint32_t stage; /* in progress; PROGRESS_STAGE_NONE: not begun */
    uint64_t stage_start_ns;
    uint64_t begun, ended; /* requests of `stage`, settle included */
    uint64_t offered;      /* of `begun`, those after settle, ... */
    uint64_t counted_ns;   /* ... and the time in which they came */
    bool has_figures;
    struct figures figures; /* of `stage`, as last heard */
    struct progress_turn {
        bool missed, told; /* now; as the last line about it said */
        bool reached;      /* a capacity: told once */
        uint8_t turns;     /* lines that said it had turned, ... */
        uint64_t since_ns; /* ... and since when it is not as told; 0: it is */
    } turns[PROGRESS_OBJECTIVES];
    struct progress_silence {
        uint64_t answered_ns; /* end of the newest tick of the stage with an ok answer; 0: none */
        uint64_t longest_ns;  /* without one, until there was one again */
        uint64_t answers;     /* in that tick */
        uint64_t failed;      /* since */
        bool told;
    } silence;
    enum trust_level trust;
    uint64_t now_ns;  /* run time */
    bool over;        /* the last tick was seen: the summary says the rest */
    bool clock_style; /* h:mm:ss instead of seconds */
    /* Time of the day in front of each line, so much ahead of UTC; objectives that turn are told by
     * events. For a watch; may be set before the run begins. */
    bool by_day;
    int64_t utc_offset_s;
};

/* `line` gets each line, folded to the style's width where it has one; `ctx` is handed to it. */
void progress_init(struct progress *p, const struct show_style *style,
                   void (*line)(void *ctx, struct bytes text), void *ctx);
/* How it stands now, as a line of any width: what is on, what was seen of it, what is missed. */
void progress_status(const struct progress *p, uint64_t now_ns, struct text *out);
/* Keeps `p`. Add it behind the judge, so that a stage's figures are known when it ends. */
struct sink progress_sink(struct progress *p);
