#include "base/proc_text.h"

bool proc_text_next(struct bytes *rest, uint64_t *out)
{
    struct bytes text = *rest;
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t')) text = bytes_from(text, 1);
    size_t len = 0;
    while (len < text.len && bytes_is_digit(text.at[len])) len++;
    if (!bytes_to_u64((struct bytes){text.at, len}, out)) return false;
    *rest = bytes_from(text, len);
    return true;
}

uint64_t proc_text_after(struct bytes text, const char *label)
{
    size_t at = bytes_find(text, bytes_of(label));
    if (at == SIZE_MAX) return 0;
    struct bytes rest = bytes_from(text, at + bytes_of(label).len);
    uint64_t value;
    return proc_text_next(&rest, &value) ? value : 0;
}
