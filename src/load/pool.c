/* Places and queues: which idle connection goes, which flow is next, which target gives way. */
#include "load/pool_priv.h"

#include "load/flow_priv.h"

void pool_unlink_idle(struct worker *w, struct connection *c)
{
    uint32_t id = (uint32_t)(c - w->connections);
    uint32_t *link = &w->pools[c->target].idle;
    while (*link != id) {
        assert(*link != NOBODY);
        link = &w->connections[*link].next_idle;
    }
    *link = c->next_idle;
}

void pool_enqueue(struct worker *w, struct flow *f)
{
    struct pool *pool = &w->pools[f->target];
    uint32_t id = flow_id(w, f);
    f->state = FLOW_QUEUED;
    f->next_queued = NOBODY;
    if (pool->queue_tail == NOBODY) pool->queue_head = id;
    else w->flows[pool->queue_tail].next_queued = id;
    pool->queue_tail = id;
    flow_watch(w, f);
}

void pool_unqueue(struct worker *w, struct flow *f)
{
    struct pool *pool = &w->pools[f->target];
    uint32_t id = flow_id(w, f);
    uint32_t before = NOBODY;
    for (uint32_t at = pool->queue_head; at != id; at = w->flows[at].next_queued) {
        assert(at != NOBODY);
        before = at;
    }
    if (before == NOBODY) pool->queue_head = f->next_queued;
    else w->flows[before].next_queued = f->next_queued;
    if (pool->queue_tail == id) pool->queue_tail = before;
}

/* Of two queues: whose first flow was there earlier. */
static bool waits_longer(const struct worker *w, const struct pool *a, const struct pool *b)
{
    return w->flows[a->queue_head].taken_ns < w->flows[b->queue_head].taken_ns;
}

struct pool *pool_neediest(struct worker *w)
{
    struct pool *best = NULL;
    for (uint32_t i = 0; i < w->setting.plan->target_count; i++) {
        struct pool *pool = &w->pools[i];
        if (pool->queue_head == NOBODY) continue;
        bool needs_more = !best || pool->open < best->open
                          || (pool->open == best->open && waits_longer(w, pool, best));
        if (needs_more) best = pool;
    }
    return best;
}

bool pool_gives_way(struct worker *w, const struct pool *pool)
{
    const struct pool *other = w->setting.plan->target_count > 1 ? pool_neediest(w) : NULL;
    if (!other || other == pool) return false;
    bool alone = pool->queue_head == NOBODY;
    if (other->open == 0) return alone || waits_longer(w, other, pool);
    return other->open + 1 < pool->open;
}

bool pool_next_wants_new(const struct worker *w, const struct pool *pool)
{
    if (pool->queue_head == NOBODY) return false;
    return flow_operation(w, &w->flows[pool->queue_head])->step->new_connection;
}
