#include "load/steer.h"

#include <math.h>

#include "base/clock.h"
#include "plan/by_hand.h"

#define RATE_LEAST 0.1 /* per second */

void steer_open(struct steer *s, struct timeline *timeline, struct stage *stages)
{
    *s = (struct steer){.timeline = timeline,
                        .stages = stages,
                        .next = by_hand_first(timeline->plan),
                        .held = STEER_NOBODY};
}

static void add_name(struct text *words, const struct stage *stage)
{
    text_add_safe(words, stage->name);
}

static void add_rate(struct text *words, double rate)
{
    text_addf(words, rate < 100 ? "%.1f/s" : "%.0f/s", rate);
}

/* A stage by hand that was not used yet; STEER_NOBODY: there is none left. */
static uint32_t take_free(struct steer *s, enum model model, struct text *words)
{
    for (uint32_t i = s->next; i < s->timeline->plan->stage_count; i++) {
        bool fresh = timeline_start(s->timeline, i) == UINT64_MAX;
        if (fresh && s->stages[i].model == model) return i;
    }
    text_adds(words, "the load was changed by hand as often as one run can keep apart");
    return STEER_NOBODY;
}

/* The stage at `at_ns`; STEER_NOBODY: only the drain is left, or nothing can be steered. */
static uint32_t stage_at(const struct steer *s, uint64_t at_ns, struct text *words)
{
    uint32_t stage = timeline_stage(s->timeline, at_ns);
    if (s->stages && stage < s->timeline->plan->stage_count) return stage;
    text_adds(words, s->stages ? "all stages are over: there is no load to change"
                               : "this run was not started to be steered");
    return STEER_NOBODY;
}

/* The load of `like` as it is `at_ns` of it, from then on without an end of its own. */
static void fill(struct stage *out, const struct stage *like, uint64_t at_ns)
{
    double share = like->length_ns > 0 ? (double)at_ns / (double)like->length_ns : 0;
    double rate = like->rate_from + (like->rate_to - like->rate_from) * (share < 1 ? share : 1);
    struct bytes name = out->name;
    *out = *like;
    out->name = out->group = name;
    out->rate_from = out->rate_to = rate;
    out->users_from = out->users_to;
    out->requests = out->settle_ns = 0;
    out->judged = out->warmup = out->until_steady = false;
    out->by_hand = true;
    /* So many in a given time means nothing where the time is not given. */
    if (out->arrivals == ARRIVALS_EXACT || like->requests > 0) out->arrivals = ARRIVALS_POISSON;
}

static void release(struct steer *s, uint64_t at_ns, struct text *words)
{
    uint64_t start_ns = timeline_start(s->timeline, s->held);
    timeline_end_stage(s->timeline, s->held, at_ns > start_ns ? at_ns : start_ns);
    text_adds(words, "released: ");
    add_name(words, &s->stages[s->held]);
    text_adds(words, at_ns > start_ns ? " ends" : " will not begin");
    s->held = STEER_NOBODY;
}

void steer_hold(struct steer *s, uint64_t at_ns, struct text *words)
{
    uint32_t stage = stage_at(s, at_ns, words);
    if (stage == STEER_NOBODY) return;
    if (s->held != STEER_NOBODY) {
        release(s, at_ns, words);
        return;
    }
    const struct stage *like = &s->stages[stage];
    if (like->model == MODEL_CLOSED && like->requests > 0) {
        text_adds(words, "not held: a stage by count ends with its last request");
        return;
    }
    uint32_t fresh = take_free(s, like->model, words);
    if (fresh == STEER_NOBODY) return;
    fill(&s->stages[fresh], like, like->length_ns);
    s->stages[fresh].length_ns = BY_HAND_HOLD_NS;
    timeline_insert(s->timeline, stage, fresh, timeline_end(s->timeline, stage), BY_HAND_HOLD_NS);
    s->held = fresh;
    text_adds(words, "held: ");
    add_name(words, like);
    text_adds(words, " goes on behind its end as ");
    add_name(words, &s->stages[fresh]);
    text_adds(words, ", not judged");
}

/* What may be asked for: memory and descriptors were planned for twice the plan's highest rate. */
static double bounded(const struct steer *s, double rate)
{
    double most = 0;
    for (uint32_t i = 0; i < s->timeline->planned; i++) {
        most = fmax(most, fmax(s->stages[i].rate_from, s->stages[i].rate_to));
    }
    return fmax(fmin(rate, most * BY_HAND_MOST), RATE_LEAST);
}

void steer_rate(struct steer *s, uint64_t at_ns, uint32_t per_mille, struct text *words)
{
    uint32_t stage = stage_at(s, at_ns, words);
    if (stage == STEER_NOBODY) return;
    const struct stage *like = &s->stages[stage];
    if (like->model == MODEL_CLOSED) {
        text_adds(words,
                  "a closed stage has no rate to change: its users send when they are ready");
        return;
    }
    uint32_t fresh = take_free(s, MODEL_OPEN, words);
    if (fresh == STEER_NOBODY) return;
    struct stage *out = &s->stages[fresh];
    fill(out, like, at_ns - timeline_start(s->timeline, stage));
    double before = out->rate_from;
    out->rate_from = out->rate_to = bounded(s, before * per_mille / 1000);
    out->length_ns = timeline_end(s->timeline, stage) - at_ns;
    text_adds(words, "rate by hand: ");
    add_rate(words, before);
    text_adds(words, " → ");
    add_rate(words, out->rate_to);
    text_adds(words, " as ");
    add_name(words, out);
    text_adds(words, ", in the place of the rest of ");
    add_name(words, like);
    /* What is held goes on with the rate that it is held at. */
    if (s->held == stage) s->held = fresh;
    else if (s->held != STEER_NOBODY && timeline_next(s->timeline, stage) == s->held)
        s->stages[s->held].rate_from = s->stages[s->held].rate_to = out->rate_to;
    timeline_insert(s->timeline, stage, fresh, at_ns, 0);
}
