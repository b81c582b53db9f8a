/* remote.h - answers kept in a Redis or a Memcached that other processes may share.
 *
 * A link is one connection. Whatever goes wrong with it is a miss, never an error of the request:
 * it is counted, said at most once a second, and the next use of the link connects anew.
 * An answer is stored behind the time at which it is too old: Memcached counts in whole seconds
 * only, which is too coarse for CACHE_TTL.
 * Thread: one at a time for a link. Memory: remote_close frees what the link holds. */
#pragma once

#include <stdint.h>

#include "blob.h"
#include "settings.h"

struct redisContext;
struct memcached_st;

struct remote {
    const struct settings *settings;
    struct redisContext *redis;
    struct memcached_st *memcached;
};

/* Connects when it is first used. */
void remote_init(struct remote *remote, const struct settings *settings);
void remote_close(struct remote *remote);

/* The answer under `key`, to be dropped by the caller; NULL if there is none that is fresh. */
struct blob *remote_get(struct remote *remote, const char *key);

/* Keeps `blob` under `key` for CACHE_TTL. */
void remote_put(struct remote *remote, const char *key, const struct blob *blob);
