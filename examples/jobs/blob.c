#include "blob.h"

#include <stdlib.h>
#include <string.h>

struct blob *blob_copy(const char *bytes, size_t len)
{
    struct blob *blob = malloc(sizeof *blob + len);
    if (!blob) return NULL;
    atomic_init(&blob->holders, 1);
    blob->len = len;
    if (len > 0) memcpy(blob->bytes, bytes, len);
    return blob;
}

struct blob *blob_keep(struct blob *blob)
{
    atomic_fetch_add_explicit(&blob->holders, 1, memory_order_relaxed);
    return blob;
}

void blob_drop(struct blob *blob)
{
    /* Releases this holder's reads, and acquires all others' before the memory goes. */
    if (blob && atomic_fetch_sub_explicit(&blob->holders, 1, memory_order_acq_rel) == 1) free(blob);
}
