/* flush_preload.c - the slow flush as a library, for a server of somebody else: with
 * LD_PRELOAD=libslowflush.so and SLOW_FLUSH_US=5000 each fdatasync(2) takes 5 ms at least; with
 * SLOW_FLUSH_WHILE=FILE as long as there is that file. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "flush.h"

__attribute__((constructor)) static void slow_down(void)
{
    const char *text = getenv("SLOW_FLUSH_US");
    const char *path = getenv("SLOW_FLUSH_WHILE");
    static char kept[4096]; /* PostgreSQL writes its titles over its environment */
    if (path && strlen(path) < sizeof kept) {
        memcpy(kept, path, strlen(path) + 1);
        flush_slow_while(kept);
    }
    if (text) flush_slow_down(strtoull(text, NULL, 10) * NS_PER_US);
}
