/* remote_redis.c - a link to Redis. */
#include <hiredis/hiredis.h>

#include "clock.h"
#include "metrics.h"
#include "remote_kind.h"

static void close_link(struct remote *remote)
{
    if (remote->redis) redisFree(remote->redis);
    remote->redis = NULL;
}

static bool open_link(struct remote *remote)
{
    if (remote->redis) return true;
    struct timeval patience = {.tv_usec = REMOTE_PATIENCE_MS * 1000L};
    remote->redis = redisConnectWithTimeout(remote->settings->cache_host,
                                            remote->settings->cache_port, patience);
    if (!remote->redis || remote->redis->err) return false;
    if (redisSetTimeout(remote->redis, patience) != REDIS_OK) return false;
    metrics_add(METRIC_CACHE_OPENS, 1);
    return true;
}

static enum remote_found get(struct remote *remote, struct remote_bytes key,
                             void (*take)(void *arg, struct remote_bytes value), void *arg)
{
    enum remote_found found = REMOTE_BROKEN;
    redisReply *reply = redisCommand(remote->redis, "GET %b", key.at, key.len);
    if (!reply) return REMOTE_BROKEN;
    if (reply->type == REDIS_REPLY_NIL) found = REMOTE_NOT_THERE;
    if (reply->type == REDIS_REPLY_STRING) {
        take(arg, (struct remote_bytes){reply->str, reply->len});
        found = REMOTE_FOUND;
    }
    freeReplyObject(reply);
    return found;
}

static bool put(struct remote *remote, struct remote_bytes key, struct remote_bytes value)
{
    unsigned long long ttl_ms = remote->settings->cache_ttl_ns / NS_PER_MS;
    redisReply *reply = redisCommand(remote->redis, "SET %b %b PX %llu", key.at, key.len, value.at,
                                     value.len, ttl_ms);
    bool good = reply && reply->type == REDIS_REPLY_STATUS;
    if (reply) freeReplyObject(reply);
    return good;
}

const struct remote_calls remote_redis = {open_link, close_link, get, put};
