#include "base/trace_id.h"

bool trace_id_get64(struct bytes in, uint64_t *out)
{
    uint64_t value = 0;
    if (in.len != SPAN_ID_DIGITS) return false;
    for (size_t i = 0; i < in.len; i++) {
        int digit = bytes_hex_value(in.at[i]);
        if (digit < 0) return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

bool trace_id_get(struct bytes in, struct trace_id *out)
{
    struct trace_id id;
    if (in.len != TRACE_ID_DIGITS) return false;
    struct bytes half = {in.at, SPAN_ID_DIGITS};
    if (!trace_id_get64(half, &id.high)) return false;
    if (!trace_id_get64(bytes_from(in, SPAN_ID_DIGITS), &id.low)) return false;
    if (trace_id_is_none(id)) return false;
    *out = id;
    return true;
}

void trace_id_add(struct text *out, struct trace_id id)
{
    char digits[TRACE_ID_DIGITS];
    if (trace_id_is_none(id)) return;
    trace_id_put64(digits, id.high);
    trace_id_put64(digits + SPAN_ID_DIGITS, id.low);
    text_add(out, (struct bytes){digits, sizeof digits});
}
