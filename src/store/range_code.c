#include "store/range_code.h"

#include "base/attr.h"

#define PROBABILITY_BITS 12 /* a model holds the chance of a 0 in 4096ths */
#define ADAPTION 4          /* a sixteenth of the way at each answer */
#define TOP (UINT32_C(1) << 24)

void range_code_model(struct range_model *model)
{
    const uint16_t even = 1 << (PROBABILITY_BITS - 1);
    for (int c = 0; c < RANGE_CONTEXTS; c++) {
        for (int i = 0; i < RANGE_LENGTHS; i++) {
            model->lengths[c][i] = even;
            for (int k = 0; k < RANGE_TREE; k++) model->trees[c][i][k] = even;
        }
    }
}

static void adapt(uint16_t *zero, bool bit)
{
    uint16_t room = (1 << PROBABILITY_BITS) - 1;
    if (bit) *zero = (uint16_t)(*zero - (*zero >> ADAPTION));
    else *zero = (uint16_t)(*zero + ((room - *zero) >> ADAPTION));
}

/* How a number is asked for: its length in unary, then the bits below the leading one, of which the
 * highest three have a model and the rest are as likely as not. */
static uint32_t length_of(uint64_t value)
{
    return 63 - (uint32_t)__builtin_clzll(value + 1);
}

/* ---- encoding ---- */

static void put_byte(struct range_encoder *e, unsigned char byte)
{
    if (e->at == e->end) e->full = true;
    else *e->at++ = byte;
}

/* The highest byte of `low` leaves as soon as no carry can reach it. */
static void shift_low(struct range_encoder *e)
{
    if (e->low < UINT64_C(0xff000000) || e->low > UINT32_MAX) {
        unsigned char carry = (unsigned char)(e->low >> 32);
        unsigned char byte = e->cache;
        for (; e->pending > 0; e->pending--) {
            put_byte(e, (unsigned char)(byte + carry));
            byte = 0xff;
        }
        e->cache = (unsigned char)(e->low >> 24);
    }
    e->pending++;
    e->low = (e->low << 8) & UINT32_MAX;
}

static void normalise(struct range_encoder *e)
{
    while (e->range < TOP) {
        e->range <<= 8;
        shift_low(e);
    }
}

static void put_bit(struct range_encoder *e, uint16_t *zero, bool bit)
{
    uint32_t bound = (e->range >> PROBABILITY_BITS) * *zero;
    if (bit) {
        e->low += bound;
        e->range -= bound;
    } else {
        e->range = bound;
    }
    adapt(zero, bit);
    normalise(e);
}

static void put_even(struct range_encoder *e, bool bit)
{
    e->range >>= 1;
    if (bit) e->low += e->range;
    normalise(e);
}

void range_code_start(struct range_encoder *e, struct range_model *model, unsigned char *array,
                      size_t size)
{
    range_code_model(model);
    *e = (struct range_encoder){.model = model, .range = UINT32_MAX, .pending = 1};
    e->at = array;
    e->end = array + size;
}

void range_code_put(struct range_encoder *e, uint32_t context, uint64_t value)
{
    hot_assert(context < RANGE_CONTEXTS && value < UINT64_C(1) << 63);
    uint32_t length = length_of(value);
    uint16_t *lengths = e->model->lengths[context];
    uint16_t *tree = e->model->trees[context][length];
    for (uint32_t i = 0; i < length; i++) put_bit(e, &lengths[i], true);
    if (length < RANGE_LENGTHS - 1) put_bit(e, &lengths[length], false);
    uint32_t node = 1;
    for (uint32_t left = length; left > 0; left--) {
        bool bit = (value + 1) >> (left - 1) & 1;
        if (node < RANGE_TREE / 2) put_bit(e, &tree[node], bit);
        else put_even(e, bit);
        node = node < RANGE_TREE / 2 ? node << 1 | bit : node;
    }
}

void range_code_finish(struct range_encoder *e)
{
    for (int i = 0; i < 5; i++) shift_low(e);
}

/* ---- decoding ---- */

static uint32_t next_byte(struct range_decoder *d)
{
    if (d->in.len == 0) {
        d->bad = true;
        return 0;
    }
    unsigned char byte = (unsigned char)*d->in.at++;
    d->in.len--;
    return byte;
}

static void refill(struct range_decoder *d)
{
    while (d->range < TOP) {
        d->range <<= 8;
        d->code = d->code << 8 | next_byte(d);
    }
}

static bool get_bit(struct range_decoder *d, uint16_t *zero)
{
    uint32_t bound = (d->range >> PROBABILITY_BITS) * *zero;
    bool bit = d->code >= bound;
    if (bit) {
        d->code -= bound;
        d->range -= bound;
    } else {
        d->range = bound;
    }
    adapt(zero, bit);
    refill(d);
    return bit;
}

static bool get_even(struct range_decoder *d)
{
    d->range >>= 1;
    bool bit = d->code >= d->range;
    if (bit) d->code -= d->range;
    refill(d);
    return bit;
}

void range_code_open(struct range_decoder *d, struct range_model *model, struct bytes in)
{
    range_code_model(model);
    *d = (struct range_decoder){.model = model, .in = in, .range = UINT32_MAX};
    if (next_byte(d) != 0) d->bad = true; /* the first byte is the carry that never comes */
    for (int i = 0; i < 4; i++) d->code = d->code << 8 | next_byte(d);
}

uint64_t range_code_get(struct range_decoder *d, uint32_t context)
{
    hot_assert(context < RANGE_CONTEXTS);
    uint16_t *lengths = d->model->lengths[context];
    uint32_t length = 0;
    while (!d->bad && length < RANGE_LENGTHS - 1 && get_bit(d, &lengths[length])) length++;
    uint16_t *tree = d->model->trees[context][length];
    uint32_t node = 1;
    uint64_t value = 1;
    for (uint32_t left = length; left > 0 && !d->bad; left--) {
        bool bit = node < RANGE_TREE / 2 ? get_bit(d, &tree[node]) : get_even(d);
        value = value << 1 | bit;
        node = node < RANGE_TREE / 2 ? node << 1 | bit : node;
    }
    return d->bad ? 0 : value - 1;
}

bool range_code_done(const struct range_decoder *d)
{
    return !d->bad && d->in.len == 0;
}
