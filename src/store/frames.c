#include "store/frames.h"

#define LENGTH_TIMES 2 /* an edge may be passed late */

void frames_init(struct frames *f, const struct run_header *header)
{
    *f = (struct frames){.tick_ns = header->tick_ns, .stage_count = header->plan->stage_count};
}

bool frames_take(struct frames *f, const uint64_t *columns, struct tick *out)
{
    uint64_t index = columns[FRAME_INDEX];
    uint64_t start_ns = columns[FRAME_START];
    uint64_t end_ns = columns[FRAME_END];
    if (index < f->next_index || index > UINT32_MAX) return false;
    if (columns[FRAME_STAGE] > f->stage_count) return false;
    if (start_ns < f->end_ns || end_ns < start_ns || end_ns > RUN_LENGTH_MAX_NS) return false;
    if ((end_ns - start_ns) / LENGTH_TIMES > f->tick_ns) return false;
    f->next_index = index + 1;
    f->end_ns = end_ns;
    *out = (struct tick){.index = (uint32_t)index,
                         .start_ns = start_ns,
                         .end_ns = end_ns,
                         .stage = (uint32_t)columns[FRAME_STAGE],
                         .judged = columns[FRAME_JUDGED] != 0,
                         .last = columns[FRAME_LAST] != 0};
    return true;
}
