#include "plan/ask.h"

#include "wire/url.h"

const char *ask_name(enum ask_kind kind)
{
    static const char *const names[ASK_KINDS] = {
        [ASK_POSTGRES] = "postgres",
        [ASK_PGBOUNCER] = "pgbouncer",
        [ASK_REDIS] = "redis",
        [ASK_MEMCACHED] = "memcached",
    };
    return names[kind];
}

void ask_add_masked(struct text *out, const struct ask *ask)
{
    struct bytes shown = ask->text;
    size_t query = bytes_find(shown, BYTES_LIT("?"));
    bool hides = bytes_find(shown, BYTES_LIT("password=")) != SIZE_MAX;
    if (query != SIZE_MAX && hides) shown.len = query;
    char array[2048];
    struct text masked = text_in(array, sizeof array);
    url_add_masked(&masked, shown);
    text_add_safe(out, text_bytes(&masked));
}
