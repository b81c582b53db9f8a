/* choose.h - which two stages are held against each other.
 *
 * Why: the cause is what differs between the last stage in which all was well and the first in
 * which it was not.
 * Source: docs/why.md, "The two stages".  Thread: any.  Memory: none. */
#pragma once

#include "explain/recall.h"
#include "tick/result.h"

enum choice {
    CHOICE_MADE,
    CHOICE_WELL,  /* no stage missed anything */
    CHOICE_UNSEEN /* nothing of any stage was judged */
};

/* `good` PLAN_NO_INDEX: no stage went well, and none had less load. */
enum choice choose_stages(const struct recall *r, const struct result *result, uint32_t *good,
                          uint32_t *bad);
