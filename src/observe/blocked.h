/* blocked.h - where the threads of a service wait: the mean number at each place.
 *
 * Why: glances at all threads, evenly in time, count at each place what a request would meet there.
 * A place is a word with what it is about, and whose: "lock of worker-#", "peer 127.0.0.1:5432 of
 * db", "disk jobs.db of writer". Threads are put together by name without its numbers.
 * Source: PASTA does not hold for even glances, but their mean is that of the time they cut (docs/
 * why.md); place.h.
 * Thread: one owner.  Memory: the arena given, fixed. */
#pragma once

#include "net/sock_table.h"
#include "observe/family.h"
#include "observe/netns.h"
#include "observe/place.h"
#include "observe/slip.h"

#define BLOCKED_PLACES 96 /* of a service; what is beyond counts as "other" */
#define BLOCKED_LABEL 120

struct blocked_place {
    char label[BLOCKED_LABEL];
    uint32_t seen;   /* threads, over the glances since the last look */
    uint32_t series; /* number + 1; 0: not met */
};

/* What a descriptor of a process is, until the next look. */
struct blocked_fd {
    pid_t pid; /* 0: free */
    int64_t fd;
    char label[BLOCKED_LABEL];
};

#define BLOCKED_FDS 1024

struct blocked {
    struct blocked_place *places; /* [BLOCKED_PLACES] */
    struct blocked_fd *fds;       /* [BLOCKED_FDS], hashed by process and number */
    struct sock_table sockets;    /* of the network it lives in, where that may be entered */
    const struct family *family;  /* that is looked at just now */
    struct netns at;
    bool has_sockets;
    uint64_t sockets_ns; /* when they were looked at last */
    uint32_t place_count;
    uint32_t glances;
    uint32_t denied; /* threads that may not be looked at, in the last glance */
    bool denied_told;
};

/* False: no memory, which arena_ok() tells. */
bool blocked_open(struct blocked *b, struct arena *arena);
/* Looks where each thread of the family is. */
void blocked_glance(struct blocked *b, const struct family *f);
/* The means since the last reset, on the pass that is on. */
void blocked_put(struct blocked *b, struct slip *slip, struct bytes service);
void blocked_reset(struct blocked *b);
void blocked_close(struct blocked *b);
