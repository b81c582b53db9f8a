/* fuzz_served_route.c - a path and a route that is to be like it: every path fits itself and what
 * is made of it, and nothing is read beyond either. Input: a route, a zero, a path. */
#include "laws.h"
#include "observe/served_route.h"

#define MAX_TEXT 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guards[2];
    static char array[4 * MAX_TEXT];
    static char again_array[4 * MAX_TEXT];
    struct text general = text_in(array, sizeof array);
    struct text again = text_in(again_array, sizeof again_array);
    if (guards[0].size == 0) guards[0] = guard_open(MAX_TEXT);
    if (guards[1].size == 0) guards[1] = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    const struct bytes all = {(const char *)data, size};
    const char *zero = memchr(all.at, '\0', size);
    size_t cut = zero ? (size_t)(zero - all.at) : size;
    struct bytes route = guard_put(&guards[0], (struct bytes){all.at, cut});
    struct bytes path = guard_put(&guards[1], bytes_from(all, cut + 1));
    bool same = served_route_matches(route, path);
    /* A place needs a character, and takes no '/': both have as many. */
    size_t slashes[2] = {0, 0};
    for (size_t i = 0; i < route.len; i++) slashes[0] += route.at[i] == '/';
    for (size_t i = 0; i < path.len; i++) slashes[1] += path.at[i] == '/';
    if (same) LAW(slashes[0] == slashes[1]);
    if (bytes_equal(route, path)) LAW(same);
    served_route_general(&general, path);
    LAW(!general.cut);
    LAW(served_route_matches(text_bytes(&general), path));
    served_route_general(&again, text_bytes(&general));
    LAW(bytes_equal(text_bytes(&general), text_bytes(&again)));
    return 0;
}
