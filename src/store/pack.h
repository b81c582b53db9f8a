/* pack.h - numbers into the bytes of a run file.
 *
 * Why: most numbers of a tick are small, so seven bits a byte (LEB128) take a third of the room of
 * fixed words; doubles keep their bits, since a replay must give the same figures to the last
 * digit. The other way is unpack.h.
 * Source: docs/run-file.md, "Blob".
 * Thread: one owner.  Memory: the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define PACK_VARINT_MAX 10 /* bytes of the longest varint */

/* Where the next byte goes; the caller has planned the room (PACK_VARINT_MAX a number). */
struct pack {
    unsigned char *at, *end;
};

/* LEB128: seven bits a byte, the low ones first. */
void pack_u64(struct pack *p, uint64_t value);
/* Its eight bytes, the low ones first. */
void pack_double(struct pack *p, double value);
/* Its four. */
void pack_float(struct pack *p, float value);
