/* fuzz_stat_text.c - what Redis and Memcached tell of themselves: names and values lie in the text,
 * in turn, with their mark between; commands
 * are met once each, and there is an end to them; an answer of Memcached has the same length
 * whatever stands behind it, and at each cut more of it is asked for. Input: the text. */
#include "laws.h"
#include "observe/redis_commands.h"
#include "wire/stat_text.h"

#define MAX_TEXT 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct bytes text, char mark,
                 bool (*next)(struct bytes *rest, struct bytes *name, struct bytes *value))
{
    struct bytes rest = text, name, value;
    const char *end = text.at;
    while (next(&rest, &name, &value)) {
        LAW(name.len > 0 && name.at >= end);
        LAW(value.at == name.at + name.len + 1 || value.len == 0);
        LAW(name.at[name.len] == mark);
        LAW(!memchr(name.at, mark, name.len));
        end = name.at + name.len + 1 + value.len;
        LAW(end <= text.at + text.len);
        LAW(rest.len == 0 || rest.at >= end);
    }
    LAW(rest.len == 0);
}

static void meet_commands(struct bytes text)
{
    static struct redis_commands commands;
    struct bytes name, value;
    commands = (struct redis_commands){0};
    redis_commands_begin(&commands, true);
    while (stat_text_info(&text, &name, &value)) {
        bool is_one = redis_commands_note(&commands, name, value);
        LAW(is_one || !bytes_starts(name, BYTES_LIT("cmdstat_")));
    }
    LAW(commands.count <= REDIS_COMMANDS_MAX);
    for (uint32_t i = 0; i < commands.count; i++) {
        for (uint32_t k = 0; k < i; k++) LAW(strcmp(commands.all[i].name, commands.all[k].name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    struct bytes all = {(const char *)data, size};
    walk(guard_put(&guard, all), ':', stat_text_info);
    walk(guard_put(&guard, all), '=', stat_text_field);
    walk(guard_put(&guard, all), ' ', stat_text_stat);
    meet_commands(guard_put(&guard, all));
    size_t len = stat_text_whole(guard_put(&guard, all));
    LAW(len == SIZE_MAX || len <= size);
    if (len == 0 || len == SIZE_MAX) return 0;
    all.len = len;
    LAW(stat_text_whole(guard_put(&guard, all)) == len);
    for (size_t cut = 0; cut < len; cut++) {
        LAW(stat_text_whole(guard_put(&guard, (struct bytes){all.at, cut})) == 0);
    }
    return 0;
}
