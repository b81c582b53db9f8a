/* stall_watch.h - the service stood still: replies that were held and let go together.
 *
 * Why: one stop of a second and a thousand slow requests look alike in a percentile and have other
 * causes. What tells them apart is the time plane: requests sent at different moments, answered at
 * one. Seen on the wire only: from the send to the kernel's stamp of the reply, so a worker that
 * reads late, or did not run, sees no stall of the service.
 *
 * A reply is late where its service time is STALL_TIMES that of its name so far and STALL_LEAST_NS.
 * Late replies that come within STALL_GAP_NS of each other are one group; a group is a stall where
 * it cannot be chance: nothing else was answered meanwhile though much was due, or many more were
 * let go at once than late replies come by themselves.
 * Source: own; docs/method.md, "Stalls".
 * Thread: the worker's.  Memory: the arena given at the start; nothing later. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "tick/stall.h"

#define STALL_TIMES 10
#define STALL_LEAST_NS UINT64_C(50000000)
#define STALL_GAP_NS UINT64_C(20000000)
#define STALL_RING 1024    /* counters of answers, ... */
#define STALL_RING_BITS 24 /* ... each of 2^24 ns = 16.8 ms: 17 s in all */

/* Nothing was answered in between. */
struct silence {
    uint64_t from_ns, to_ns;
};

/* What was held is let go bit by bit, with little silences between: the long one counts for all. */
enum silence_kind { SILENCE_LAST, SILENCE_LONG, SILENCE_KINDS };

/* Late replies in hand. */
struct stall_group {
    uint64_t sent_ns;                       /* the earliest send */
    uint64_t first_ns, last_ns;             /* replies that end it */
    struct silence silences[SILENCE_KINDS]; /* that were known at its first reply */
    uint32_t held;
};

struct stall_watch {
    uint64_t *usual_ns;                     /* [name_count] service time as it is by now */
    uint32_t *answers;                      /* [STALL_RING] replies */
    uint64_t *stamps;                       /* [STALL_RING] which 16.8 ms they are of */
    uint64_t first_ns, answered_ns;         /* of the first and the last reply */
    struct silence silences[SILENCE_KINDS]; /* the last one, and the one that was long lately */
    double late_per_s;                      /* of late replies, over the last seconds */
    uint64_t late_ns;                       /* when that was renewed */
    struct stall_group group;
};

/* What it takes from the arena. */
size_t stall_watch_bytes(uint32_t name_count);
/* A full arena is told by arena_ok(). */
void stall_watch_open(struct stall_watch *s, uint32_t name_count, struct arena *arena);
/* A reply of `name` that was sent and answered then (one clock, ns, rising but for some ms). True:
 * with it a group is over that was a stall; `out` has its times, held and others. */
bool stall_watch_reply(struct stall_watch *s, uint32_t name, uint64_t sent_ns, uint64_t answered_ns,
                       struct stall *out);
/* Time goes on without a reply: the same of the group in hand. All that came before `now_ns` must
 * have been told, and so often that the counters still reach back to the start of a stall. */
bool stall_watch_idle(struct stall_watch *s, uint64_t now_ns, struct stall *out);
