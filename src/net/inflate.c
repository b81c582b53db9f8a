#define ZLIB_CONST /* what it reads is not its to change */
#include "net/inflate.h"

#include <limits.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* of zlib: the largest, with a header of gzip */

/* What zlib takes at once is an unsigned int; so much is never read at once. */
static bool fits(size_t len)
{
    return len < UINT_MAX;
}

static enum inflate_status inflate_all(z_stream *z, size_t *len)
{
    for (;;) {
        int code = inflate(z, Z_NO_FLUSH);
        bool full = z->avail_out == 0;
        if (code == Z_STREAM_END && z->avail_in == 0) {
            *len = z->total_out;
            return INFLATE_OK;
        }
        if (code == Z_STREAM_END) { /* another member */
            uLong before = z->total_out;
            if (inflateReset(z) != Z_OK) return INFLATE_BROKEN;
            z->total_out = before;
            continue;
        }
        if (full) return INFLATE_TOO_BIG;
        if (code != Z_OK || z->avail_in == 0) return INFLATE_BROKEN;
    }
}

enum inflate_status inflate_gzip(struct bytes in, char *out, size_t size, size_t *len)
{
    z_stream z = {0};
    if (!fits(in.len) || !fits(size)) return INFLATE_TOO_BIG;
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK) return INFLATE_BROKEN;
    z.next_in = (const Bytef *)in.at;
    z.avail_in = (uInt)in.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)size;
    enum inflate_status status = inflate_all(&z, len);
    inflateEnd(&z);
    return status;
}
