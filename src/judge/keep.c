#include "judge/keep.h"

#include "base/rng.h"

void keep_open(struct keep *k, uint32_t stage_count, struct arena *arena)
{
    size_t most = (size_t)stage_count * (KEEP_SLOWEST + 1) + KEEP_ERRORS;
    *k = (struct keep){.stage_count = stage_count};
    k->shown = ARENA_ARRAY(arena, most, struct exemplar);
    k->stages = ARENA_ARRAY(arena, stage_count, struct keep_stage);
    k->errors = ARENA_ARRAY(arena, KEEP_ERRORS, struct exemplar);
    k->texts = ARENA_ARRAY(arena, KEEP_ERRORS, struct keep_texts);
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

static void take_slow(struct keep_stage *s, const struct exemplar *e)
{
    uint32_t at = s->slowest_count;
    while (at > 0 && e->response_ns > s->slowest[at - 1].response_ns) at--;
    if (at == KEEP_SLOWEST) return;
    if (s->slowest_count < KEEP_SLOWEST) s->slowest_count++;
    for (uint32_t i = s->slowest_count - 1; i > at; i--) s->slowest[i] = s->slowest[i - 1];
    s->slowest[at] = without_texts(e);
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

void keep_take(struct keep *k, const struct exemplar *e)
{
    if (e->stage >= k->stage_count) return; /* a stray, counted elsewhere */
    switch (e->kind) {
    case EXEMPLAR_SLOW:
        take_slow(&k->stages[e->stage], e);
        break;
    case EXEMPLAR_RANDOM:
        take_chance(&k->stages[e->stage], e);
        break;
    case EXEMPLAR_FIRST_ERROR:
        take_error(k, e);
        break;
    }
}

/* The one by chance may be a slow one, too; it is shown once. */
static bool is_among(const struct keep_stage *s)
{
    for (uint32_t i = 0; i < s->slowest_count; i++) {
        const struct exemplar *e = &s->slowest[i];
        if (e->intended_ns == s->chance.intended_ns && e->response_ns == s->chance.response_ns
            && e->name == s->chance.name) {
            return true;
        }
    }
    return false;
}

uint32_t keep_show(struct keep *k)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < k->stage_count; i++) {
        const struct keep_stage *s = &k->stages[i];
        for (uint32_t j = 0; j < s->slowest_count; j++) k->shown[count++] = s->slowest[j];
        if (s->has_chance && !is_among(s)) k->shown[count++] = s->chance;
    }
    for (uint32_t i = 0; i < k->error_count; i++) k->shown[count++] = k->errors[i];
    return count;
}
