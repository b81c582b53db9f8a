/* pack.h - bytes of a run file: varints, doubles, streams.
 *
 * Why: most numbers of a tick are small, so seven bits a byte (LEB128) take a third of the room of
 * fixed words; doubles keep their bits, since a replay must give the same figures to the last
 * digit. The reader trusts nothing: a short or overlong input makes it `bad`, sticky, tested once.
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

void pack_u64(struct pack *p, uint64_t value);
void pack_double(struct pack *p, double value);
void pack_bytes(struct pack *p, struct bytes b);

struct unpack {
    const unsigned char *at, *end;
    bool bad;
};

struct unpack unpack_of(struct bytes b);
/* Each returns 0 (an empty view) once the input is bad. */
uint64_t unpack_u64(struct unpack *u);
/* A number of at most `max`; above it the input is bad. */
uint32_t unpack_u32(struct unpack *u, uint32_t max);
double unpack_double(struct unpack *u);
struct bytes unpack_bytes(struct unpack *u, size_t len);
size_t unpack_left(const struct unpack *u);
