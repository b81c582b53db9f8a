/* story.h - a run in two stages, `low` and `high`, with samples of what was seen meanwhile.
 *
 * Why: a cause is a matter of a few numbers before and after; a test says just those. */
#pragma once

#include "explain/explain.h"
#include "scene.h"

#define STORY_SAMPLES 16

/* A series and its value in each stage. Of `memory.anon`: 50 MiB, and more by `low` bytes a second
 * for `high` seconds of stages that are then of 30; with the label "asked" its leak is an
 * objective. */
struct story_sample {
    const char *of, *name, *label;
    enum series_unit unit;
    double low, high;
};

/* What is done a second, how long it takes, what is in flight. */
struct story_load {
    uint32_t rate;
    uint32_t ms;
    double in_flight;
    uint32_t lag_ms;
};

struct story {
    const char *name;
    struct story_load low, high;                /* high misses p95 < 100ms where it takes longer */
    struct story_sample samples[STORY_SAMPLES]; /* of NULL: the list ends */
};

/* Tells it to judge and explain and hands the cause over; valid until the next story. */
const struct cause *story_tell(const struct story *story);
/* The same with both in one stage, `low`, which changes in its middle. */
const struct cause *story_tell_alone(const struct story *story);
/* The same as one hour of a watch with windows of ten seconds: low, high, and low again, twenty
 * seconds each; the events are told a tick later, as a run has them. */
const struct cause *story_watch(const struct story *story);
void story_close(void);
/* The suspect of that id; NULL: it is in no list. */
const struct cause_suspect *story_suspect(const struct cause *cause, const char *id);
