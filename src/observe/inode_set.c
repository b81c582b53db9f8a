#include "observe/inode_set.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "observe/proc.h"

#define SLOTS 32768u /* a hash that is at most half full */
static_assert(SLOTS >= 2 * INODE_SET_MAX, "half full");
#define LINK_BYTES 64 /* of a socket; what is longer is a file */

bool inode_set_open(struct inode_set *s, struct arena *arena)
{
    *s = (struct inode_set){.slots = ARENA_ARRAY(arena, SLOTS, uint32_t)};
    return arena_ok(arena);
}

bool inode_set_of_link(struct bytes link, uint64_t *inode)
{
    struct bytes start = BYTES_LIT("socket:[");
    if (!bytes_starts(link, start) || link.at[link.len - 1] != ']') return false;
    struct bytes number = bytes_from(link, start.len);
    return number.len > 1 && bytes_to_u64((struct bytes){number.at, number.len - 1}, inode);
}

/* The slot of `inode`, or the free one where it would be. */
static uint32_t slot_of(const struct inode_set *s, uint32_t inode)
{
    uint32_t at = (inode * UINT32_C(2654435761)) % SLOTS; /* Knuth, TAOCP 3, 6.4 */
    while (s->slots[at] != 0 && s->slots[at] != inode) at = (at + 1) % SLOTS;
    return at;
}

static void add(struct inode_set *s, uint64_t inode)
{
    if (inode == 0 || inode > UINT32_MAX || s->count == INODE_SET_MAX) return;
    uint32_t at = slot_of(s, (uint32_t)inode);
    s->count += s->slots[at] == 0;
    s->slots[at] = (uint32_t)inode;
}

static void add_process(struct inode_set *s, pid_t pid)
{
    char array[64];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "/proc/%d/fd", pid);
    DIR *dir = opendir(array);
    if (!dir) {
        s->denied = s->denied || errno == EACCES; /* or it has ended */
        return;
    }
    for (struct dirent *e = proc_next(dir); e; e = proc_next(dir)) {
        char link[LINK_BYTES];
        uint64_t inode;
        ssize_t len = readlinkat(dirfd(dir), e->d_name, link, sizeof link);
        if (len > 0 && inode_set_of_link((struct bytes){link, (size_t)len}, &inode)) add(s, inode);
    }
    closedir(dir);
}

void inode_set_look(struct inode_set *s, const struct family *f)
{
    memset(s->slots, 0, SLOTS * sizeof *s->slots);
    s->count = 0;
    s->denied = false;
    for (uint32_t i = 0; i < f->process_count; i++) add_process(s, f->processes[i].pid);
}

bool inode_set_has(const struct inode_set *s, uint32_t inode)
{
    return inode != 0 && s->slots[slot_of(s, inode)] == inode;
}
