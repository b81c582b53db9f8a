/* quota.h - when a stage by count is over: an instant that its workers settle among themselves.
 *
 * Why: it ends with its last request, wherever that was, and a tick must end there in every worker
 * (docs/decisions/0003). No worker knows beforehand that its request is the last, so the others may
 * have gone on for a moment; what they may not do is pass an edge of a tick that the rest then cut
 * elsewhere. One word decides: it is either the last edge that somebody passed who was done with
 * his part, or, for good, the instant.
 * Source: own.  Thread: each worker passes edges and is done once; any thread asks.
 * Memory: in place, one a stage. */
#pragma once

#include "base/shared.h"

struct quota {
    struct shared parts;  /* workers whose part is used up */
    struct shared latest; /* run time at which the last of them was */
    struct shared word;   /* run time << 1; odd: the stage is over then, even: passed by somebody */
};

/* A worker's part is used up at `at_ns`, and it has passed no later edge. The last of
 * `worker_count` settles the instant. */
void quota_part_done(struct quota *q, uint32_t worker_count, uint64_t at_ns);
/* Run time at which the stage was over; UINT64_MAX: it is not. */
uint64_t quota_over(const struct quota *q);
/* A worker whose part is used up is about to end its tick at `end_ns`: where it must end, which is
 * earlier where the stage was over before. */
uint64_t quota_pass(struct quota *q, uint64_t start_ns, uint64_t end_ns);
