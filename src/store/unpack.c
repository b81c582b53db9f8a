#include "store/unpack.h"

struct unpack unpack_of(struct bytes b)
{
    const unsigned char *at = (const unsigned char *)b.at;
    return (struct unpack){.at = at, .end = at ? at + b.len : at};
}

size_t unpack_left(const struct unpack *u)
{
    return u->bad ? 0 : (size_t)(u->end - u->at);
}

uint64_t unpack_long(struct unpack *u)
{
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64 && unpack_left(u) > 0; shift += 7) {
        uint64_t byte = *u->at++;
        uint64_t part = byte & 0x7f;
        if (shift == 63 && part > 1) break; /* over 64 bits */
        value |= part << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0) break; /* overlong: one number, one form */
            return value;
        }
    }
    u->bad = true;
    return 0;
}

float unpack_float(struct unpack *u)
{
    if (unpack_left(u) < 4) {
        u->bad = true;
        return 0;
    }
    uint32_t bits = 0;
    for (int i = 0; i < 4; i++) bits |= (uint32_t)*u->at++ << (8 * i);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double unpack_double(struct unpack *u)
{
    if (unpack_left(u) < 8) {
        u->bad = true;
        return 0;
    }
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) bits |= (uint64_t)*u->at++ << (8 * i);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
