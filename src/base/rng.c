#include "base/rng.h"

#include "base/attr.h"

__extension__ typedef unsigned __int128 wide; /* gcc and clang have it; ISO C does not */

#define PHILOX_M0 UINT32_C(0xD2511F53)
#define PHILOX_M1 UINT32_C(0xCD9E8D57)
#define PHILOX_W0 UINT32_C(0x9E3779B9)
#define PHILOX_W1 UINT32_C(0xBB67AE85)

struct rng_pair rng_at(struct rng_key key, uint64_t index, uint32_t sub)
{
    /* Counter: the draw; key: the seed. Stage and use share one counter word: 24 + 8 bits. */
    hot_assert(key.stage < (1u << 24));
    uint32_t c0 = (uint32_t)index;
    uint32_t c1 = (uint32_t)(index >> 32);
    uint32_t c2 = sub;
    uint32_t c3 = key.stage << 8 | (key.use & 0xff);
    uint32_t k0 = (uint32_t)key.seed;
    uint32_t k1 = (uint32_t)(key.seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)PHILOX_M0 * c0;
        uint64_t p1 = (uint64_t)PHILOX_M1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    return (struct rng_pair){(uint64_t)c1 << 32 | c0, (uint64_t)c3 << 32 | c2};
}

double rng_unit(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

int64_t rng_between(uint64_t bits, int64_t lo, int64_t hi)
{
    hot_assert(lo <= hi);
    uint64_t span = (uint64_t)hi - (uint64_t)lo + 1;
    if (span == 0) return (int64_t)bits; /* the full range */
    uint64_t offset = (uint64_t)(((wide)bits * span) >> 64);
    return (int64_t)((uint64_t)lo + offset);
}

struct rng_stream rng_stream_at(struct rng_key key, uint64_t index)
{
    return (struct rng_stream){.key = key, .index = index};
}

uint64_t rng_next(struct rng_stream *s)
{
    if (s->left == 0) {
        s->pair = rng_at(s->key, s->index, s->sub++);
        s->left = 2;
    }
    return s->left-- == 2 ? s->pair.a : s->pair.b;
}
