/* unpack.h - numbers out of the bytes of a run file; the inverse of pack.h.
 *
 * Why: a file may come from anywhere. Nothing is trusted: a short or overlong input makes the
 * reader `bad`, sticky, tested once.
 * Source: docs/run-file.md, "Blob".
 * Thread: one owner.  Memory: borrows the input. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct unpack {
    const unsigned char *at, *end;
    bool bad;
};

/* A reader at the start of `b`. */
struct unpack unpack_of(struct bytes b);
/* A number of any length; see unpack_u64(). */
uint64_t unpack_long(struct unpack *u);

/* Each returns 0 once the input is bad. Here since most of a file are numbers of one byte. */
static inline uint64_t unpack_u64(struct unpack *u)
{
    bool is_short = !u->bad && u->at < u->end && *u->at < 0x80;
    return is_short ? *u->at++ : unpack_long(u);
}

/* A number of at most `max`; above it the input is bad. */
static inline uint32_t unpack_u32(struct unpack *u, uint32_t max)
{
    uint64_t value = unpack_u64(u);
    if (value > max) u->bad = true;
    return u->bad ? 0 : (uint32_t)value;
}

/* Eight bytes, least first; any bits. 0 once the input is bad. */
double unpack_double(struct unpack *u);
/* Four, likewise. */
float unpack_float(struct unpack *u);
/* Bytes that were not read yet. */
size_t unpack_left(const struct unpack *u);
