/* fuzz_h1.c - responses: every cut gives the same outcome, and skipping agrees with stepping.
 *
 * Input: a byte of how (bit 0: answers HEAD, bit 1: the peer closes behind it, the rest: bytes at
 * a time after the cut), two bytes of the cut, the response. */
#include "laws_h1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct h1_law law;
    if (law.guard.size == 0) law.guard = guard_open(1 << 20);
    if (size < 3 || size > 1 << 20) return 0;
    struct bytes in = {(const char *)data + 3, size - 3};
    size_t cut = ((size_t)data[1] << 8 | data[2]) % (in.len + 1);
    law.head_request = data[0] & 1;
    law.close = data[0] & 2;

    struct h1_outcome whole = h1_law_whole(&law, in);
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = in.len, .skip = true});
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = cut});
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = cut, .skip = true});
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = cut, .stride = 1u + (data[0] >> 2)});
    h1_outcome_free(&whole);
    return 0;
}
