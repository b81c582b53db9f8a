#include "judge/keep.h"

#include <string.h>

#include "base/rng.h"

void keep_open(struct keep *k, uint32_t stage_count, struct arena *arena)
{
    size_t most = (size_t)stage_count * (KEEP_SLOWEST + 2) + KEEP_ERRORS + KEEP_SPANS;
    *k = (struct keep){.stage_count = stage_count};
    k->shown = ARENA_ARRAY(arena, most, struct exemplar);
    k->stages = ARENA_ARRAY(arena, stage_count, struct keep_stage);
    k->errors = ARENA_ARRAY(arena, KEEP_ERRORS, struct exemplar);
    k->texts = ARENA_ARRAY(arena, KEEP_ERRORS, struct keep_texts);
    k->spans = ARENA_ARRAY(arena, KEEP_SPANS, struct keep_spans);
}

static struct bytes copy(char *array, size_t size, struct bytes from)
{
    size_t len = from.len < size ? from.len : size;
    if (len > 0) memcpy(array, from.at, len);
    return (struct bytes){array, len};
}

static struct exemplar without_texts(const struct exemplar *from)
{
    struct exemplar e = *from;
    e.detail = e.sample = (struct bytes){0};
    return e;
}

/* Into a list of the slowest, in falling order. */
static void take_slow(struct exemplar *list, uint32_t *count, uint32_t most,
                      const struct exemplar *e)
{
    uint32_t at = *count;
    while (at > 0 && e->response_ns > list[at - 1].response_ns) at--;
    if (at == most) return;
    if (*count < most) ++*count;
    for (uint32_t i = *count - 1; i > at; i--) list[i] = list[i - 1];
    list[at] = without_texts(e);
}

/* The slowest of a second may be that by chance, too. */
static void take_traced(struct keep_stage *s, const struct exemplar *e)
{
    for (uint32_t i = 0; i < s->traced_count; i++) {
        if (trace_id_equal(s->traced[i].trace, e->trace)) return;
    }
    take_slow(s->traced, &s->traced_count, KEEP_TRACED, e);
}

/* Each that comes has the same chance, and a replay draws the same. */
static void take_chance(struct keep_stage *s, const struct exemplar *e)
{
    struct rng_key key = {.seed = e->response_ns, .stage = e->stage, .use = RNG_EXEMPLAR};
    uint64_t draw = rng_at(key, e->intended_ns, e->name).a;
    if (s->has_chance && draw >= s->draw) return;
    s->has_chance = true;
    s->draw = draw;
    s->chance = without_texts(e);
}

static void take_error(struct keep *k, const struct exemplar *e)
{
    for (uint32_t i = 0; i < k->error_count; i++) {
        const struct exemplar *known = &k->errors[i];
        if (known->stage == e->stage && known->name == e->name && known->outcome == e->outcome) {
            return;
        }
    }
    if (k->error_count == KEEP_ERRORS) return;
    struct keep_texts *texts = &k->texts[k->error_count];
    struct exemplar *kept = &k->errors[k->error_count++];
    *kept = *e;
    kept->detail = copy(texts->detail, sizeof texts->detail, e->detail);
    kept->sample = copy(texts->sample, sizeof texts->sample, e->sample);
}

/* Whether a request of this trace may be shown. */
static bool wants_spans(const struct keep *k, const struct exemplar *e)
{
    const struct keep_stage *s = &k->stages[e->stage];
    for (uint32_t i = 0; i < s->traced_count; i++) {
        if (trace_id_equal(s->traced[i].trace, e->trace)) return true;
    }
    for (uint32_t i = 0; i < k->error_count; i++) {
        if (trace_id_equal(k->errors[i].trace, e->trace)) return true;
    }
    return s->has_chance && trace_id_equal(s->chance.trace, e->trace);
}

static struct keep_spans *spans_of(const struct keep *k, struct trace_id trace)
{
    for (uint32_t i = 0; i < k->spans_count; i++) {
        if (trace_id_equal(k->spans[i].of.trace, trace)) return &k->spans[i];
    }
    return NULL;
}

/* A free place, or that of one which is not wanted any more; NULL: all are. */
static struct keep_spans *place_of(struct keep *k)
{
    if (k->spans_count < KEEP_SPANS) return &k->spans[k->spans_count++];
    for (uint32_t i = 0; i < KEEP_SPANS; i++) {
        if (!wants_spans(k, &k->spans[i].of)) return &k->spans[i];
    }
    return NULL;
}

/* Several services tell of one request, one after the other. */
static void take_spans(struct keep *k, const struct exemplar *e)
{
    if (trace_id_is_none(e->trace) || !wants_spans(k, e)) return;
    struct keep_spans *to = spans_of(k, e->trace);
    if (!to) {
        to = place_of(k);
        if (!to) return;
        to->of = without_texts(e);
        to->len = 0;
    }
    struct bytes new = copy(to->text + to->len, sizeof to->text - to->len, e->sample);
    while (new.len<e->sample.len &&new.len> 0 && new.at[new.len - 1] != '\n') new.len--;
    to->len += (uint32_t) new.len;
}

void keep_take(struct keep *k, const struct exemplar *e)
{
    if (e->stage >= k->stage_count) return; /* a stray, counted elsewhere */
    struct keep_stage *s = &k->stages[e->stage];
    if (e->sampled && e->kind != EXEMPLAR_SPANS) take_traced(s, e);
    switch (e->kind) {
    case EXEMPLAR_SLOW:
        take_slow(s->slowest, &s->slowest_count, KEEP_SLOWEST, e);
        break;
    case EXEMPLAR_TRACED: /* it is in its list */
        break;
    case EXEMPLAR_SPANS:
        take_spans(k, e);
        break;
    case EXEMPLAR_RANDOM:
        take_chance(&k->stages[e->stage], e);
        break;
    case EXEMPLAR_FIRST_ERROR:
        take_error(k, e);
        break;
    }
}

static bool is_same(const struct exemplar *a, const struct exemplar *b)
{
    return a->intended_ns == b->intended_ns && a->response_ns == b->response_ns
           && a->name == b->name;
}

/* One that is kept for two reasons is shown once. */
static bool is_among(const struct exemplar *list, uint32_t count, const struct exemplar *one)
{
    for (uint32_t i = 0; i < count; i++) {
        if (is_same(&list[i], one)) return true;
    }
    return false;
}

/* The slowest whose spans are known; NULL: none is. */
static const struct exemplar *told_of(const struct keep *k, const struct keep_stage *s)
{
    for (uint32_t i = 0; i < s->traced_count; i++) {
        if (spans_of(k, s->traced[i].trace)) return &s->traced[i];
    }
    return NULL;
}

/* Behind the first `count`, those that belong to them. */
static uint32_t show_spans(struct keep *k, uint32_t count)
{
    uint32_t requests = count;
    for (uint32_t i = 0; i < k->spans_count; i++) {
        const struct keep_spans *s = &k->spans[i];
        bool any = false;
        for (uint32_t j = 0; j < requests && !any; j++) {
            any = trace_id_equal(k->shown[j].trace, s->of.trace);
        }
        if (!any) continue;
        k->shown[count] = s->of;
        k->shown[count++].sample = (struct bytes){s->text, s->len};
    }
    return count;
}

uint32_t keep_show(struct keep *k)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < k->stage_count; i++) {
        const struct keep_stage *s = &k->stages[i];
        const struct exemplar *first = &k->shown[count];
        uint32_t from = count;
        for (uint32_t j = 0; j < s->slowest_count; j++) k->shown[count++] = s->slowest[j];
        if (s->has_chance && !is_among(first, count - from, &s->chance)) {
            k->shown[count++] = s->chance;
        }
        const struct exemplar *told = told_of(k, s);
        if (!told || is_among(first, count - from, told)) continue;
        k->shown[count] = *told;
        k->shown[count++].kind = EXEMPLAR_TRACED;
    }
    for (uint32_t i = 0; i < k->error_count; i++) k->shown[count++] = k->errors[i];
    return show_spans(k, count);
}
