/* steer.h - holding a stage and changing a rate while the run goes on.
 *
 * Why: a person who sees a service bend wants to look longer, or push on. The plan's own stages
 * stay what they are: what is done by hand is a stage of its own that is never judged, put in
 * behind the one that is held or in the place of its rest, and its schedule is a function of (plan,
 * seed, stage, k) like any other. Source: docs/live.md, "Steering". Thread: main.  Memory: in
 * place; the stages by hand are the plan's. */
#pragma once

#include "base/text.h"
#include "load/timeline.h"

#define STEER_NOBODY UINT32_MAX

struct steer {
    struct timeline *timeline;
    struct stage *stages; /* the plan's, those by hand may be written; NULL: none is kept free */
    uint32_t next;        /* the first that was not looked at for use yet */
    uint32_t held;        /* the stage that lasts until it is released; STEER_NOBODY: none */
};

/* `stages` are the plan's, or NULL for a run that can't be steered. */
void steer_open(struct steer *s, struct timeline *timeline, struct stage *stages);
/* The stage that is on goes on behind its end, or where one is held it is released. The caller
 * holds `at_ns` in the timeline (timeline_hold()). What becomes of it goes into `words`. */
void steer_hold(struct steer *s, uint64_t at_ns, struct text *words);
/* From `at_ns`, held likewise, to the end of the stage, so many thousandths of the rate. */
void steer_rate(struct steer *s, uint64_t at_ns, uint32_t per_mille, struct text *words);
