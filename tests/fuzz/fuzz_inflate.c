/* fuzz_inflate.c - bodies that came compressed: never more than there is room for, and the same
 * again in just as much room. Input: the body. */
#include "laws.h"
#include "net/inflate.h"

#define ROOM 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char first[ROOM], second[ROOM];
    struct bytes in = {(const char *)data, size};
    size_t len;
    size_t again;
    if (inflate_gzip(in, first, sizeof first, &len) != INFLATE_OK) return 0;
    LAW(len <= sizeof first);
    LAW(inflate_gzip(in, second, len, &again) == INFLATE_OK);
    LAW(again == len && memcmp(first, second, len) == 0);
    if (len > 0) LAW(inflate_gzip(in, second, len - 1, &again) == INFLATE_TOO_BIG);
    return 0;
}
