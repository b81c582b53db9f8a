/* remote_kind.h - what Redis and Memcached have to know, for remote.c only.
 *
 * Thread: one at a time for a link. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "remote.h"

#define REMOTE_PATIENCE_MS 250 /* for a connection or an answer: a cache that is slower is none */

struct remote_bytes {
    const char *at;
    size_t len;
};

enum remote_found { REMOTE_FOUND, REMOTE_NOT_THERE, REMOTE_BROKEN };

struct remote_calls {
    bool (*open)(struct remote *remote); /* makes the link good if it is not */
    void (*close)(struct remote *remote);
    /* REMOTE_FOUND: `take` was called with the value. */
    enum remote_found (*get)(struct remote *remote, struct remote_bytes key,
                             void (*take)(void *arg, struct remote_bytes value), void *arg);
    bool (*put)(struct remote *remote, struct remote_bytes key, struct remote_bytes value);
};

extern const struct remote_calls remote_redis, remote_memcached;
