/* trace_id.h - the identity of a request beyond prony: 128 bits, written as 32 hex digits.
 *
 * Why: it is made where requests are sent, read where services tell of their spans, kept with a
 * run and shown; all must mean the same by it.
 * Source: W3C Trace Context (2021), 3.2.2.3.  Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/text.h"

#define TRACE_ID_DIGITS 32
#define SPAN_ID_DIGITS 16

struct trace_id {
    uint64_t high, low; /* both 0: none */
};

/* Writes 16 digits, no NUL. On the path of each request: a dozen instructions. */
static inline void trace_id_put64(char *out, uint64_t value)
{
    value = __builtin_bswap64(value);
#if defined(__SSE2__)
    const __m128i nibble = _mm_set1_epi8(15);
    __m128i bytes = _mm_cvtsi64_si128((long long)value);
    __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble);
    __m128i digits = _mm_unpacklo_epi8(high, _mm_and_si128(bytes, nibble));
    __m128i is_letter = _mm_cmpgt_epi8(digits, _mm_set1_epi8(9));
    __m128i base = _mm_add_epi8(digits, _mm_set1_epi8('0'));
    __m128i step = _mm_and_si128(is_letter, _mm_set1_epi8('a' - '0' - 10));
    _mm_storeu_si128((__m128i_u *)(void *)out, _mm_add_epi8(base, step));
#else
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 8; i++, value >>= 8) {
        *out++ = hex[value >> 4 & 15];
        *out++ = hex[value & 15];
    }
#endif
}

/* The id of nothing: all zeros, which the standard allows nobody. */
static inline bool trace_id_is_none(struct trace_id id)
{
    return id.high == 0 && id.low == 0;
}

/* One and the same request. */
static inline bool trace_id_equal(struct trace_id a, struct trace_id b)
{
    return a.high == b.high && a.low == b.low;
}

/* 16 digits; false: they are none. */
bool trace_id_get64(struct bytes in, uint64_t *out);
/* 32 digits, not all 0. */
bool trace_id_get(struct bytes in, struct trace_id *out);
/* Appends the 32 digits; of none nothing. */
void trace_id_add(struct text *out, struct trace_id id);
