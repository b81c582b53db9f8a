/* fuzz_trace_id.c - ids of traces and spans: what is taken is written again as it was but for the
 * case of its letters, and nothing else than digits is taken. Input: the text. */
#include "base/trace_id.h"
#include "laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char array[64];
    struct text again = text_in(array, sizeof array);
    struct bytes in = {(const char *)data, size};
    struct trace_id id;
    uint64_t half;
    if (trace_id_get(in, &id)) {
        LAW(size == 32 && !trace_id_is_none(id));
        trace_id_add(&again, id);
        LAW(bytes_same_nocase(text_bytes(&again), in));
    }
    if (trace_id_get64(in, &half)) {
        LAW(size == 16);
        trace_id_put64(array, half);
        LAW(bytes_same_nocase((struct bytes){array, 16}, in));
    }
    return 0;
}
