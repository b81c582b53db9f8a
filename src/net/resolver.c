#include "net/resolver.h"

#include "base/clock.h"

#define PAUSE_NS (50 * NS_PER_MS)     /* between looks for work, so that a stop is seen soon */
#define PATIENCE_NS (250 * NS_PER_MS) /* with a look-up under way at the end */

static void *run(void *arg)
{
    struct resolver *r = arg;
    struct route *routes = r->routes;
    uint64_t next_ns = clock_now_ns() + RESOLVER_EVERY_NS;
    while (!shared_see(&r->leave)) {
        clock_sleep_until(clock_now_ns() + PAUSE_NS);
        if (clock_now_ns() < next_ns) continue;
        next_ns = clock_now_ns() + RESOLVER_EVERY_NS;
        for (uint32_t i = 0; i < r->count && !shared_see(&r->leave); i++) {
            struct route *route = &routes[i];
            if (!route->named || !shared_see(&route->wanted)) continue;
            shared_publish(&route->wanted, 0);
            route_look_again(route);
        }
    }
    shared_publish(&r->left, 1);
    return NULL;
}

bool resolver_start(struct resolver *r, struct route *routes, uint32_t count, struct err *err)
{
    bool named = false;
    for (uint32_t i = 0; i < count; i++) named = named || routes[i].named;
    *r = (struct resolver){.count = count};
    if (!named) return true;
    r->routes = routes;
    int failed = pthread_create(&r->thread, NULL, run, r);
    if (failed) r->routes = NULL;
    return failed == 0 || err_set(err, ERR_LIMIT, failed, "cannot start the thread for look-ups");
}

bool resolver_stop(struct resolver *r)
{
    if (!r->routes) return true;
    uint64_t deadline_ns = clock_now_ns() + PATIENCE_NS;
    r->routes = NULL;
    shared_publish(&r->leave, 1);
    while (!shared_see(&r->left) && clock_now_ns() < deadline_ns) {
        clock_sleep_until(clock_now_ns() + PAUSE_NS / 10);
    }
    if (!shared_see(&r->left)) {
        pthread_detach(r->thread);
        return false;
    }
    pthread_join(r->thread, NULL);
    return true;
}
