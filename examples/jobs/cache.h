/* cache.h - answers kept in memory for a while.
 *
 * A table of fixed size, four places to a key: a new answer takes the place that has expired or
 * expires soonest, so memory is bounded and nothing is ever searched or resized.
 * Thread: any (a lock per stripe of the table). */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"

#define CACHE_SETS 4096
#define CACHE_WAYS 4
#define CACHE_LOCKS 64
#define CACHE_KEY_MAX 128 /* bytes with the end; longer keys are not cached */

struct cache_entry {
    char key[CACHE_KEY_MAX];
    uint64_t expires_ns;
    struct blob *blob; /* NULL: free */
};

struct cache {
    pthread_mutex_t locks[CACHE_LOCKS];
    struct cache_entry (*sets)[CACHE_WAYS]; /* NULL: the cache is off */
    uint64_t ttl_ns;
};

/* With `on` false every look-up misses and nothing is kept. False: no memory. */
bool cache_init(struct cache *cache, bool on, uint64_t ttl_ns);
void cache_fini(struct cache *cache);

/* The answer under `key`, to be dropped by the caller; NULL if there is none that is fresh. */
struct blob *cache_get(struct cache *cache, const char *key, uint64_t now_ns);

/* Keeps `blob` under `key` until now + TTL. */
void cache_put(struct cache *cache, const char *key, struct blob *blob, uint64_t now_ns);
