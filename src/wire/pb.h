/* pb.h - the fields of a protobuf message, one after the other.
 *
 * Why not protobuf-c: it builds a tree of what comes in, ten times its size, by an allocator; of
 * the messages that prony reads it needs a few numbers of each, in place, whoever sent them.
 * Source: Protocol Buffers, "Encoding".  Deviation: groups, long out of use, are no message.
 * Thread: any.  Memory: none; `raw` points into the message. */
#pragma once

#include "base/attr.h"
#include "base/bytes.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
    uint32_t number;
    enum pb_wire wire;
    uint64_t bits;    /* of the three kinds of number */
    struct bytes raw; /* PB_BYTES */
};

enum pb_step { PB_FIELD, PB_END, PB_BROKEN };

/* Takes the next field off. */
enum pb_step pb_next(struct bytes *rest, struct pb_field *out);
/* Takes a number off: of a packed list, too. False: it is cut, or longer than 64 bits. */
MUST_USE bool pb_varint(struct bytes *rest, uint64_t *out);
/* The same of 8 bytes, least first. */
MUST_USE bool pb_fixed64(struct bytes *rest, uint64_t *out);
