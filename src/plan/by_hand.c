#include "plan/by_hand.h"

#include "base/text.h"

uint32_t by_hand_first(const struct plan *plan)
{
    uint32_t first = 0;
    while (first < plan->stage_count && !plan->stages[first].by_hand) first++;
    return first;
}

static struct bytes name_of(struct arena *arena, const char *word, uint32_t number)
{
    char array[32];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "%s-%u", word, number);
    return arena_copy(arena, text_bytes(&text));
}

/* As large as it may ever be asked to be, since memory is planned by it. */
static void add(struct plan *plan, struct arena *arena, const struct stage *like, uint32_t number)
{
    struct stage *s = &plan->stages[plan->stage_count++];
    *s = *like;
    s->name = s->group = name_of(arena, like->model == MODEL_OPEN ? "steered" : "held", number);
    s->length_ns = s->settle_ns = s->requests = 0;
    s->judged = s->warmup = false;
    s->by_hand = true;
}

bool by_hand_reserve(struct plan *plan, struct arena *arena)
{
    uint32_t count = plan->stage_count;
    struct stage open = {0};
    struct stage closed = {0};
    if (by_hand_first(plan) < count) return true;
    for (uint32_t i = 0; i < count; i++) {
        const struct stage *s = &plan->stages[i];
        struct stage *like = s->model == MODEL_OPEN ? &open : &closed;
        double rate = s->rate_from > s->rate_to ? s->rate_from : s->rate_to;
        uint32_t users = s->users_from > s->users_to ? s->users_from : s->users_to;
        double most = like->rate_to > rate * BY_HAND_MOST ? like->rate_to : rate * BY_HAND_MOST;
        users = like->users_to > users ? like->users_to : users;
        *like = *s;
        like->rate_from = like->rate_to = most;
        like->users_from = like->users_to = users;
    }
    uint32_t more = (open.mix ? BY_HAND_OPEN : 0) + (closed.mix ? BY_HAND_CLOSED : 0);
    struct stage *stages = ARENA_ARRAY(arena, count + more, struct stage);
    if (!stages) return false;
    memcpy(stages, plan->stages, count * sizeof *stages);
    plan->stages = stages;
    for (uint32_t i = 0; open.mix && i < BY_HAND_OPEN; i++) add(plan, arena, &open, i + 1);
    for (uint32_t i = 0; closed.mix && i < BY_HAND_CLOSED; i++) add(plan, arena, &closed, i + 1);
    return arena_ok(arena);
}
