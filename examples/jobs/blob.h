/* blob.h - bytes that never change, shared by count.
 *
 * One reply can be in the cache and on its way to several clients at once; the last to drop it
 * frees it. Thread: any. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

struct blob {
    _Atomic unsigned holders;
    size_t len;
    char bytes[];
};

/* A copy of `bytes` with one holder, the caller. NULL: no memory. */
struct blob *blob_copy(const char *bytes, size_t len);

struct blob *blob_keep(struct blob *blob);

/* NULL is legal. */
void blob_drop(struct blob *blob);
