#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "metrics.h"

static uint32_t set_of(const char *key)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *key; key++) hash = (hash ^ (unsigned char)*key) * 16777619u;
    return (hash ^ (hash >> 16)) % CACHE_SETS;
}

bool cache_init(struct cache *cache, bool on, uint64_t ttl_ns)
{
    *cache = (struct cache){.ttl_ns = ttl_ns};
    for (int i = 0; i < CACHE_LOCKS; i++) pthread_mutex_init(&cache->locks[i], NULL);
    if (!on) return true;
    cache->sets = calloc(CACHE_SETS, sizeof *cache->sets);
    return cache->sets != NULL;
}

void cache_fini(struct cache *cache)
{
    for (int i = 0; cache->sets && i < CACHE_SETS; i++) {
        for (int way = 0; way < CACHE_WAYS; way++) blob_drop(cache->sets[i][way].blob);
    }
    free(cache->sets);
    cache->sets = NULL;
}

struct blob *cache_get(struct cache *cache, const char *key, uint64_t now_ns)
{
    if (!cache->sets) return NULL;
    uint32_t set = set_of(key);
    struct blob *found = NULL;
    pthread_mutex_t *lock = &cache->locks[set % CACHE_LOCKS];
    pthread_mutex_lock(lock);
    for (int way = 0; way < CACHE_WAYS && !found; way++) {
        struct cache_entry *entry = &cache->sets[set][way];
        if (!entry->blob || entry->expires_ns <= now_ns || strcmp(entry->key, key) != 0) continue;
        found = blob_keep(entry->blob);
    }
    pthread_mutex_unlock(lock);
    metrics_add(found ? METRIC_CACHE_HITS : METRIC_CACHE_MISSES, 1);
    return found;
}

/* The place of `key` itself, else a free one, else the one that expires soonest. */
static struct cache_entry *place_for(struct cache_entry *set, const char *key)
{
    struct cache_entry *best = &set[0];
    for (int way = 0; way < CACHE_WAYS; way++) {
        if (set[way].blob && strcmp(set[way].key, key) == 0) return &set[way];
        if (!best->blob) continue;
        if (!set[way].blob || set[way].expires_ns < best->expires_ns) best = &set[way];
    }
    return best;
}

void cache_put(struct cache *cache, const char *key, struct blob *blob, uint64_t now_ns)
{
    size_t len = strlen(key);
    if (!cache->sets || len >= CACHE_KEY_MAX) return;
    uint32_t set = set_of(key);
    pthread_mutex_t *lock = &cache->locks[set % CACHE_LOCKS];
    pthread_mutex_lock(lock);
    struct cache_entry *entry = place_for(cache->sets[set], key);
    struct blob *old = entry->blob;
    memcpy(entry->key, key, len + 1);
    entry->blob = blob_keep(blob);
    entry->expires_ns = now_ns + cache->ttl_ns;
    pthread_mutex_unlock(lock);
    blob_drop(old);
}
