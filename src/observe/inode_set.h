/* inode_set.h - the sockets that processes hold, by inode.
 *
 * Why: whose a socket is, is told by the links below /proc/PID/fd only; reading them takes a us
 * each, so they are read seldom and looked up often.
 * Source: proc(5), "/proc/PID/fd".  Thread: one owner.  Memory: the arena given, fixed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "observe/family.h"

#define INODE_SET_MAX 16384 /* what is beyond is not known to be the service's */

struct inode_set {
    uint32_t *slots; /* hash: the inode, 0: free */
    uint32_t count;
    bool denied; /* of some process they may not be read */
};

/* False: no memory, which arena_ok() tells. */
bool inode_set_open(struct inode_set *s, struct arena *arena);
/* Those of all processes of the family, instead of what it had. */
void inode_set_look(struct inode_set *s, const struct family *f);
bool inode_set_has(const struct inode_set *s, uint32_t inode);
/* The inode of a link's text, "socket:[4711]"; false: it is no socket. */
bool inode_set_of_link(struct bytes link, uint64_t *inode);
