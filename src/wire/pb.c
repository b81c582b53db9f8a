#include "wire/pb.h"

#define VARINT_BITS 64

bool pb_varint(struct bytes *rest, uint64_t *out)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i * 7 < VARINT_BITS; i++) {
        if (i >= rest->len) return false;
        uint64_t byte = (unsigned char)rest->at[i];
        if (i == 9 && byte > 1) return false;
        value |= (byte & 0x7f) << (i * 7);
        if (byte & 0x80) continue;
        *rest = bytes_from(*rest, i + 1);
        *out = value;
        return true;
    }
    return false;
}

/* `size` bytes, least first. */
static bool fixed(struct bytes *rest, uint32_t size, uint64_t *out)
{
    uint64_t value = 0;
    if (rest->len < size) return false;
    for (uint32_t i = size; i > 0; i--) value = value << 8 | (unsigned char)rest->at[i - 1];
    *rest = bytes_from(*rest, size);
    *out = value;
    return true;
}

bool pb_fixed64(struct bytes *rest, uint64_t *out)
{
    return fixed(rest, 8, out);
}

enum pb_step pb_next(struct bytes *rest, struct pb_field *out)
{
    uint64_t tag;
    bool good = false;
    if (rest->len == 0) return PB_END;
    if (!pb_varint(rest, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3) return PB_BROKEN;
    *out = (struct pb_field){.number = (uint32_t)(tag >> 3)};
    switch (tag & 7) {
    case PB_VARINT:
        out->wire = PB_VARINT;
        good = pb_varint(rest, &out->bits);
        break;
    case PB_FIXED64:
        out->wire = PB_FIXED64;
        good = fixed(rest, 8, &out->bits);
        break;
    case PB_FIXED32:
        out->wire = PB_FIXED32;
        good = fixed(rest, 4, &out->bits);
        break;
    case PB_BYTES:
        out->wire = PB_BYTES;
        good = pb_varint(rest, &out->bits) && out->bits <= rest->len;
        if (!good) break;
        out->raw = (struct bytes){rest->at, (size_t)out->bits};
        *rest = bytes_from(*rest, out->raw.len);
        break;
    default:
        break;
    }
    return good ? PB_FIELD : PB_BROKEN;
}
