/* place.h - the place at which a thread waits, told by its system call.
 *
 * Why: /proc/PID/task/TID/syscall names call and arguments of a thread that waits, without root
 * and without stopping it. Twenty looks a second give the mean number of threads at each place,
 * which is what Little's law adds up (docs/why.md).
 * Source: proc(5) "syscall"; futex(2); glibc's nptl/futex-internal.c (a condition waits with
 * FUTEX_WAIT_BITSET, a mutex with FUTEX_WAIT).
 * Thread: any.  Memory: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum place_kind {
    PLACE_RUNNING,   /* on a core or waiting for one */
    PLACE_LOCK,      /* a mutex */
    PLACE_CONDITION, /* a condition, a semaphore: for work, or for a place in a pool */
    PLACE_DISK,      /* reads, writes and syncs of files */
    PLACE_ACCEPT,    /* for a connection */
    PLACE_POLL,      /* for any of several descriptors: an event loop */
    PLACE_PEER,      /* for one descriptor: a socket or a pipe */
    PLACE_SLEEP,
    PLACE_CHILD,  /* for a process to end */
    PLACE_MEMORY, /* mapping, unmapping */
    PLACE_SIGNAL,
    PLACE_OTHER,
    PLACE_KINDS
};

struct place {
    enum place_kind kind;
    int64_t fd;     /* PLACE_PEER and PLACE_DISK: which descriptor, or -1 */
    uint64_t fds;   /* PLACE_PEER by poll(2): address of its one pollfd in that process; else 0 */
    uint64_t futex; /* PLACE_LOCK, PLACE_CONDITION: its address */
    int64_t number; /* PLACE_OTHER: of the call */
};

/* From the text of `syscall`. False: it says nothing (the thread has ended). */
bool place_of(struct bytes text, struct place *out);
/* "lock", "condition", ...: static. */
const char *place_kind_name(enum place_kind kind);
