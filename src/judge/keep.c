#include "judge/keep.h"

void keep_open(struct keep *k, struct arena *arena)
{
    *k = (struct keep){0};
    k->shown = ARENA_ARRAY(arena, KEEP_SLOWEST + KEEP_ERRORS, struct exemplar);
    k->slowest = ARENA_ARRAY(arena, KEEP_SLOWEST, struct exemplar);
    k->errors = ARENA_ARRAY(arena, KEEP_ERRORS, struct exemplar);
    k->slowest_texts = ARENA_ARRAY(arena, KEEP_SLOWEST, struct keep_texts *);
    k->error_texts = ARENA_ARRAY(arena, KEEP_ERRORS, struct keep_texts);
    struct keep_texts *texts = ARENA_ARRAY(arena, KEEP_SLOWEST, struct keep_texts);
    if (!arena_ok(arena)) return;
    for (uint32_t i = 0; i < KEEP_SLOWEST; i++) k->slowest_texts[i] = &texts[i];
}

static struct bytes copy(char *array, size_t size, struct bytes from)
{
    size_t len = from.len < size ? from.len : size;
    if (len > 0) memcpy(array, from.at, len);
    return (struct bytes){array, len};
}

static struct exemplar copied(const struct exemplar *from, struct keep_texts *texts)
{
    struct exemplar e = *from;
    e.detail = copy(texts->detail, sizeof texts->detail, from->detail);
    e.sample = copy(texts->sample, sizeof texts->sample, from->sample);
    return e;
}

static void take_slow(struct keep *k, const struct exemplar *e)
{
    uint32_t at = k->slowest_count;
    while (at > 0 && e->response_ns > k->slowest[at - 1].response_ns) at--;
    if (at == KEEP_SLOWEST) return;
    if (k->slowest_count < KEEP_SLOWEST) k->slowest_count++;
    struct keep_texts *texts =
        k->slowest_texts[k->slowest_count - 1]; /* of the one that falls out */
    for (uint32_t i = k->slowest_count - 1; i > at; i--) {
        k->slowest[i] = k->slowest[i - 1];
        k->slowest_texts[i] = k->slowest_texts[i - 1];
    }
    k->slowest_texts[at] = texts;
    k->slowest[at] = copied(e, texts);
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
    k->errors[k->error_count] = copied(e, &k->error_texts[k->error_count]);
    k->error_count++;
}

void keep_take(struct keep *k, const struct exemplar *exemplar)
{
    switch (exemplar->kind) {
    case EXEMPLAR_SLOW:
        take_slow(k, exemplar);
        break;
    case EXEMPLAR_FIRST_ERROR:
        take_error(k, exemplar);
        break;
    case EXEMPLAR_RANDOM:
        break; /* the run file has them */
    }
}

uint32_t keep_show(struct keep *k)
{
    for (uint32_t i = 0; i < k->slowest_count; i++) k->shown[i] = k->slowest[i];
    for (uint32_t i = 0; i < k->error_count; i++) k->shown[k->slowest_count + i] = k->errors[i];
    return k->slowest_count + k->error_count;
}
