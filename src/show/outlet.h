/* outlet.h - where a form of the result goes, piece by piece.
 *
 * Why: what is written may be larger than any array (a row for each second and name), and this room
 * knows no files.
 * Source: own.  Thread: collecting thread.  Memory: pieces are borrowed for the call. */
#pragma once

#include "base/bytes.h"

struct outlet {
    void (*put)(void *ctx, struct bytes piece);
    void *ctx;
};

/* Hands a piece on; whether it could be written is the other side's to say. */
static inline void outlet_put(const struct outlet *to, struct bytes piece)
{
    to->put(to->ctx, piece);
}
