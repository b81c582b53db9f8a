/* remote_memcached.c - a link to Memcached. */
#include <libmemcached/memcached.h>
#include <stdlib.h>

#include "clock.h"
#include "metrics.h"
#include "remote_kind.h"

static void close_link(struct remote *remote)
{
    if (remote->memcached) memcached_free(remote->memcached);
    remote->memcached = NULL;
}

static void set(memcached_st *link, memcached_behavior_t behavior, uint64_t value)
{
    /* Each is a way to fail sooner; a library that refuses one works all the same. */
    if (memcached_behavior_set(link, behavior, value) != MEMCACHED_SUCCESS) return;
}

/* The connection itself is made by the first command. */
static bool open_link(struct remote *remote)
{
    if (remote->memcached) return true;
    memcached_st *link = memcached_create(NULL);
    remote->memcached = link;
    if (!link) return false;
    set(link, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, REMOTE_PATIENCE_MS);
    set(link, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, REMOTE_PATIENCE_MS);
    set(link, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    metrics_add(METRIC_CACHE_OPENS, 1);
    return memcached_server_add(link, remote->settings->cache_host, remote->settings->cache_port)
           == MEMCACHED_SUCCESS;
}

static enum remote_found get(struct remote *remote, struct remote_bytes key,
                             void (*take)(void *arg, struct remote_bytes value), void *arg)
{
    size_t len = 0;
    uint32_t flags = 0;
    memcached_return_t code = MEMCACHED_FAILURE;
    char *value = memcached_get(remote->memcached, key.at, key.len, &len, &flags, &code);
    if (code == MEMCACHED_SUCCESS && value) take(arg, (struct remote_bytes){value, len});
    free(value);
    if (code == MEMCACHED_SUCCESS) return REMOTE_FOUND;
    return code == MEMCACHED_NOTFOUND ? REMOTE_NOT_THERE : REMOTE_BROKEN;
}

/* Rounded up to whole seconds: the stamp before the answer says it to the millisecond. */
static bool put(struct remote *remote, struct remote_bytes key, struct remote_bytes value)
{
    time_t ttl_s = (time_t)((remote->settings->cache_ttl_ns + NS_PER_S - 1) / NS_PER_S);
    memcached_return_t code =
        memcached_set(remote->memcached, key.at, key.len, value.at, value.len, ttl_s + 1, 0);
    return code == MEMCACHED_SUCCESS;
}

const struct remote_calls remote_memcached = {open_link, close_link, get, put};
