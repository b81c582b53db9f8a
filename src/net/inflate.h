/* inflate.h - a gzip body made whole, up to a size and no further.
 *
 * Why: a few kilobytes of it may stand for gigabytes, so who takes it says how much is too much.
 * Source: RFC 1952; zlib.h.  Thread: any.  Memory: the caller's; zlib's own 44 KiB for the call. */
#pragma once

#include "base/bytes.h"

enum inflate_status { INFLATE_OK, INFLATE_TOO_BIG, INFLATE_BROKEN };

/* `*len` is set where it is INFLATE_OK. Several members behind one another are one body. */
enum inflate_status inflate_gzip(struct bytes in, char *out, size_t size, size_t *len);
