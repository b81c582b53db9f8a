#include "observe/cpu_list.h"

#include "base/proc_text.h"

static bool take_range(struct bytes *rest, uint64_t *first, uint64_t *last)
{
    if (!proc_text_next(rest, first)) return false;
    *last = *first;
    if (!bytes_starts(*rest, BYTES_LIT("-"))) return true;
    *rest = bytes_from(*rest, 1);
    return proc_text_next(rest, last) && *last >= *first;
}

bool cpu_list_read(struct bytes text, struct cpu_list *out)
{
    *out = (struct cpu_list){0};
    text = bytes_trim(text);
    for (;;) {
        uint64_t first;
        uint64_t last;
        if (!take_range(&text, &first, &last)) return false;
        for (uint64_t i = first; i <= last && i < CPU_LIST_MAX; i++) {
            out->bits[i / 64] |= UINT64_C(1) << (i % 64);
        }
        if (!bytes_starts(text, BYTES_LIT(","))) break;
        text = bytes_from(text, 1);
    }
    return (text.len == 0 || text.at[0] == '\n') && cpu_list_count(out) > 0;
}

void cpu_list_cut(struct cpu_list *list, const struct cpu_list *by)
{
    for (uint32_t i = 0; i < CPU_LIST_MAX / 64; i++) list->bits[i] &= by->bits[i];
}

uint32_t cpu_list_count(const struct cpu_list *list)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < CPU_LIST_MAX / 64; i++) {
        count += (uint32_t)__builtin_popcountll(list->bits[i]);
    }
    return count;
}
