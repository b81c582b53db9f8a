#include "story.h"

#include <math.h>

#include "check.h"

#define TICKS 6
#define MEMORY_TICKS 30

static struct scene scene;
static struct explain *explain;

static struct event event; /* of the tick in hand, of a watch */
static uint32_t event_count;

static void add_samples(const struct story *story, const struct tick *tick, bool high,
                        struct series *series, struct sample *samples, uint32_t *count)
{
    for (*count = 0; *count < STORY_SAMPLES && story->samples[*count].of; ++*count) {
        const struct story_sample *from = &story->samples[*count];
        series[*count] = (struct series){*count, bytes_of(from->of), bytes_of(from->name),
                                         bytes_of(from->label), from->unit};
        if (bytes_is(series[*count].name, "memory.anon")) {
            double grown_s = fmin((double)tick->end_ns / 1e9, from->high);
            samples[*count] = (struct sample){*count, tick->end_ns, tick->end_ns,
                                              50 * 1048576.0 + from->low * grown_s};
            continue;
        }
        samples[*count] =
            (struct sample){*count, tick->start_ns, tick->end_ns, high ? from->high : from->low};
    }
}

static void tell_second(const struct story *story, uint32_t stage, bool high, bool first)
{
    static struct series series[STORY_SAMPLES];
    static struct sample samples[STORY_SAMPLES];
    const struct story_load *load = high ? &story->high : &story->low;
    scene_tick(&scene, stage, 1000);
    uint32_t count = 0;
    add_samples(story, &scene.tick, high, series, samples, &count);
    scene.tick.series = series;
    scene.tick.series_count = first ? count : 0;
    scene.tick.samples = samples;
    scene.tick.sample_count = count;
    scene.tick.events = &event;
    scene.tick.event_count = event_count;
    scene_levels(&scene, 0, load->in_flight, 0);
    scene_requests(&scene, 0, OUTCOME_OK, load->rate, load->ms * MS);
    if (load->lag_ms > 0) scene_lag(&scene, load->rate, load->lag_ms * MS);
    scene_put(&scene);
}

static const struct story_sample *memory_of(const struct story *story)
{
    for (uint32_t i = 0; i < STORY_SAMPLES && story->samples[i].of; i++) {
        if (strcmp(story->samples[i].name, "memory.anon") == 0) return &story->samples[i];
    }
    return NULL;
}

static const struct cause *story_told(const struct story *story, bool alone)
{
    struct err err = {0};
    story_close();
    event_count = 0;
    scene_open(&scene);
    assert_true(explain_open(&explain, &err));
    scene_stage(&scene, "low", MODEL_OPEN, true);
    if (!alone) scene_stage(&scene, "high", MODEL_OPEN, true);
    scene_objective(&scene, "p95 < 100ms");
    const struct story_sample *memory = memory_of(story);
    if (memory && memory->label[0]) scene_objective(&scene, "leak of api < 1MiB/m");
    bus_add(&scene.bus, explain_sink(explain));
    scene_begin(&scene);
    uint32_t ticks = memory ? MEMORY_TICKS : TICKS;
    for (uint32_t i = 0; i < 2 * ticks; i++)
        tell_second(story, !alone && i >= ticks, i >= ticks, i == 0);
    scene_end(&scene, RUN_COMPLETE);
    const struct cause *cause = explain_cause(explain);
    assert_non_null(cause);
    return cause;
}

const struct cause *story_tell(const struct story *story)
{
    return story_told(story, false);
}

const struct cause *story_tell_alone(const struct story *story)
{
    return story_told(story, true);
}

static void hear(void)
{
    struct text text = text_in(event.text, sizeof event.text);
    event_count = judge_news(scene.judge, &text);
    event.kind = EVENT_OBJECTIVE;
}

const struct cause *story_watch(const struct story *story)
{
    struct err err = {0};
    story_close();
    scene_open(&scene);
    assert_true(explain_open(&explain, &err));
    scene_stage(&scene, "14h", MODEL_OPEN, true);
    scene_objective(&scene, "p95 < 100ms");
    scene.header.watch_ns = 10 * SECOND;
    bus_add(&scene.bus, explain_sink(explain));
    scene_begin(&scene);
    event_count = 0;
    for (uint32_t i = 0; i < 60; i++) {
        tell_second(story, 0, i >= 20 && i < 40, i == 0);
        hear();
    }
    scene_end(&scene, RUN_INTERRUPTED);
    return explain_cause(explain);
}

void story_close(void)
{
    if (!explain) return;
    explain_close(explain);
    explain = NULL;
    scene_close(&scene);
}

const struct cause_suspect *story_suspect(const struct cause *cause, const char *id)
{
    for (uint32_t i = 0; i < cause->suspect_count; i++) {
        if (strcmp(cause->suspects[i].id, id) == 0) return &cause->suspects[i];
    }
    return NULL;
}
