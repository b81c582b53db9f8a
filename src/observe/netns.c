#include "observe/netns.h"

#include <unistd.h>

#include "base/text.h"

/* Of `who`: a number, or "self". False: it may not be asked. */
static bool name_of(const char *who, char name[NETNS_NAME_BYTES])
{
    char array[64];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "/proc/%s/ns/net", who);
    ssize_t len = readlink(array, name, NETNS_NAME_BYTES - 1);
    name[len > 0 ? len : 0] = '\0';
    return len > 0;
}

bool netns_look(struct netns *n, const struct family *f)
{
    struct netns now = {.name = ""};
    char ours[NETNS_NAME_BYTES];
    for (uint32_t i = 0; i < f->process_count && now.pid == 0; i++) {
        char array[16];
        struct text number = text_in(array, sizeof array);
        text_addf(&number, "%d", f->processes[i].pid);
        if (name_of(array, now.name)) now.pid = f->processes[i].pid;
    }
    now.other = now.pid != 0 && name_of("self", ours) && strcmp(ours, now.name) != 0;
    bool moved = strcmp(now.name, n->name) != 0;
    *n = now;
    return moved;
}
