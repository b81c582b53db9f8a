#include "store/pack.h"

#include "base/attr.h"

void pack_u64(struct pack *p, uint64_t value)
{
    hot_assert(p->end - p->at >= PACK_VARINT_MAX);
    while (value >= 0x80) {
        *p->at++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *p->at++ = (unsigned char)value;
}

void pack_double(struct pack *p, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++) *p->at++ = (unsigned char)(bits >> (8 * i));
}

void pack_float(struct pack *p, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++) *p->at++ = (unsigned char)(bits >> (8 * i));
}
