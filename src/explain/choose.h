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

struct chosen {
    uint32_t good, bad; /* stages; good PLAN_NO_INDEX: none went well, and none had less load */
    /* What missed in it were only iterations of this scenario, so those are what is in flight;
     * PLAN_NO_INDEX: requests are. */
    uint32_t scenario;
};

/* Which stages. */
enum choice choose_stages(const struct recall *r, const struct result *result, struct chosen *out);
/* The objective over what is seen of services that was missed most; NULL: none was. */
const struct objective_result *choose_seen(const struct result *result);
