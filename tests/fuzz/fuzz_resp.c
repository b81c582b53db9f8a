/* fuzz_resp.c - replies of Redis: a whole one has the same length whatever stands behind it, and at
 * each cut more of it is asked for; its items lie in it, one behind the other, and are as many as
 * its lists say. Input: the bytes. */
#include "laws.h"
#include "wire/resp.h"

#define MAX_TEXT 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct bytes whole)
{
    struct bytes rest = whole;
    int64_t left = 1;
    while (left > 0) {
        const char *before = rest.at;
        struct resp_item item;
        LAW(resp_next(&rest, &item) == RESP_ITEM);
        LAW(rest.at > before);
        bool inside =
            item.text.len == 0 || (item.text.at > before && item.text.at + item.text.len < rest.at);
        LAW(inside);
        LAW(item.kind != RESP_LIST || item.number >= 0);
        left += item.kind == RESP_LIST ? item.number - 1 : -1;
    }
    LAW(rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    struct bytes all = {(const char *)data, size};
    size_t len = resp_whole(guard_put(&guard, all));
    LAW(len == SIZE_MAX || len <= size);
    if (len == 0 || len == SIZE_MAX) return 0;
    all.len = len;
    LAW(resp_whole(guard_put(&guard, all)) == len);
    walk(guard_put(&guard, all));
    for (size_t cut = 0; cut < len; cut++) {
        LAW(resp_whole(guard_put(&guard, (struct bytes){all.at, cut})) == 0);
    }
    return 0;
}
