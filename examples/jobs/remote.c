#include "remote.h"

#include <err.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "metrics.h"
#include "remote_kind.h"

#define KEY_MOST 250 /* of Memcached */
#define PREFIX "jobs:"
#define STAMP_BYTES sizeof(int64_t) /* before the answer: when it is too old, by the wall clock */

static const struct remote_calls *calls_of(const struct remote *remote)
{
    return remote->settings->cache == CACHE_REDIS ? &remote_redis : &remote_memcached;
}

void remote_init(struct remote *remote, const struct settings *settings)
{
    *remote = (struct remote){.settings = settings};
}

void remote_close(struct remote *remote)
{
    if (remote->settings) calls_of(remote)->close(remote);
}

/* A dead cache would otherwise say so with each request. */
static void give_up(struct remote *remote)
{
    static _Atomic uint64_t quiet_until_ns;
    uint64_t now_ns = clock_now_ns();
    uint64_t until_ns = atomic_load(&quiet_until_ns);
    metrics_add(METRIC_CACHE_ERRORS, 1);
    if (now_ns >= until_ns
        && atomic_compare_exchange_strong(&quiet_until_ns, &until_ns, now_ns + NS_PER_S)) {
        warnx("the cache at %s:%u failed: going on without", remote->settings->cache_host,
              remote->settings->cache_port);
    }
    calls_of(remote)->close(remote);
}

/* Memcached allows no space or control character in a key: those are written as in a URL.
 * False: too long, so not to be cached. */
static bool write_key(char out[KEY_MOST + 1], const char *key, struct remote_bytes *bytes)
{
    size_t len = (size_t)snprintf(out, KEY_MOST + 1, "%s", PREFIX);
    for (; *key; key++) {
        unsigned char c = (unsigned char)*key;
        bool plain = c > ' ' && c < 0x7f && c != '%';
        if (len + 3 > KEY_MOST) return false;
        if (plain) out[len++] = *key;
        else len += (size_t)snprintf(out + len, 4, "%%%02x", c);
    }
    *bytes = (struct remote_bytes){out, len};
    return true;
}

static void take_fresh(void *arg, struct remote_bytes value)
{
    struct blob **found = arg;
    int64_t until_ms;
    if (value.len < STAMP_BYTES) return;
    memcpy(&until_ms, value.at, STAMP_BYTES);
    if (clock_wall_ms() >= until_ms) return;
    *found = blob_copy(value.at + STAMP_BYTES, value.len - STAMP_BYTES);
}

struct blob *remote_get(struct remote *remote, const char *key)
{
    char written[KEY_MOST + 1];
    struct remote_bytes bytes;
    struct blob *found = NULL;
    if (write_key(written, key, &bytes)) {
        const struct remote_calls *calls = calls_of(remote);
        if (!calls->open(remote)
            || calls->get(remote, bytes, take_fresh, &found) == REMOTE_BROKEN) {
            give_up(remote);
        }
    }
    metrics_add(found ? METRIC_CACHE_HITS : METRIC_CACHE_MISSES, 1);
    return found;
}

void remote_put(struct remote *remote, const char *key, const struct blob *blob)
{
    char written[KEY_MOST + 1];
    struct remote_bytes bytes;
    uint64_t ttl_ms = remote->settings->cache_ttl_ns / NS_PER_MS;
    if (ttl_ms == 0 || !write_key(written, key, &bytes)) return;
    size_t len = STAMP_BYTES + blob->len;
    char *value = malloc(len);
    if (!value) return;
    int64_t until_ms = clock_wall_ms() + (int64_t)ttl_ms;
    memcpy(value, &until_ms, STAMP_BYTES);
    memcpy(value + STAMP_BYTES, blob->bytes, blob->len);
    const struct remote_calls *calls = calls_of(remote);
    if (!calls->open(remote) || !calls->put(remote, bytes, (struct remote_bytes){value, len})) {
        give_up(remote);
    }
    free(value);
}
